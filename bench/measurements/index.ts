/** Every measurement, in the order of the table. */

import { archive } from './archive.ts';
import { commit } from './commit.ts';
import { consoleScreens } from './console.ts';
import { group } from './group.ts';
import { growth } from './growth.ts';
import { mapped } from './mapped.ts';
import type { Measurement } from './measurement.ts';
import { memory } from './memory.ts';
import { post } from './post.ts';
import { replay } from './replay.ts';
import { rto } from './rto.ts';
import { slots } from './slots.ts';
import { snapshot } from './snapshot.ts';
import { tails } from './tails.ts';

export const MEASUREMENTS: readonly Measurement[] = [
  commit,
  group,
  post,
  tails,
  mapped,
  slots,
  snapshot,
  archive,
  growth,
  replay,
  rto,
  memory,
  consoleScreens,
];
