/** What a simulated process did, in order: changes of the disk, operations that it submitted, acknowledgements that it gave. */

import type { Effect } from './effect.ts';
import type { Operation } from './model/reference.ts';

export type Event =
  | { readonly kind: 'effect'; readonly effect: Effect; readonly call: string }
  /** Told before the engine sees it. */
  | { readonly kind: 'submitted'; readonly operation: Operation }
  /** Told after the engine said so: everything up to this LSN is durable. */
  | { readonly kind: 'acknowledged'; readonly lsn: number };
