/** Every measurement, in the order of the table. */

import { commit } from './commit.ts';
import { group } from './group.ts';
import type { Measurement } from './measurement.ts';
import { memory } from './memory.ts';
import { post } from './post.ts';
import { tails } from './tails.ts';

export const MEASUREMENTS: readonly Measurement[] = [commit, group, post, tails, memory];
