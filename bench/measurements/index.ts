/** Every measurement, in the order of the table. */

import { commit } from './commit.ts';
import { group } from './group.ts';
import type { Measurement } from './measurement.ts';
import { replay } from './replay.ts';
import { rto } from './rto.ts';

export const MEASUREMENTS: readonly Measurement[] = [commit, group, replay, rto];
