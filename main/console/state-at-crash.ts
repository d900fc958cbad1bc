/** What the engine had when it died, kept beside the state that an acceptance changes. */

import type { Image } from '../image/image.ts';
import { readOurs } from '../reconcile/ours.ts';
import { textOf } from '../venues/decimal.ts';
import { type Worth, worthInState } from '../venues/worth.ts';

export interface StateAtCrash {
  /** Reporting currency. */
  readonly gross: string;
  /** Signed. */
  readonly net: string;
  readonly worth: Worth;
}

export function stateAtCrash(image: Image, store: string): StateAtCrash {
  const ours = readOurs(image, store);
  return { gross: textOf(ours.risk.gross), net: textOf(ours.risk.net), worth: worthInState(ours) };
}
