/** Every measurement, in the order of the table. */

import { commit } from './commit.ts';
import { consoleScreens } from './console.ts';
import { group } from './group.ts';
import type { Measurement } from './measurement.ts';

export const MEASUREMENTS: readonly Measurement[] = [commit, group, consoleScreens];
