/** The crash, record by record: one cursor on an LSN, and what was fetched around it. Belongs to the store on the screen. */

import type { CellChange, DeathReport, OperationRow, StateAt, Timeline } from '../../../shared/contract/postmortem.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { nothing, type Subject } from '../subject.ts';

/** Operations per request: the most that the contract gives. */
export const OPERATIONS_PAGE = 2000;

export type Fetched<T> =
  | { readonly state: 'asking' }
  | { readonly state: 'here'; readonly value: T }
  | { readonly state: 'failed'; readonly error: ErrorData };

export interface Change {
  readonly operation: OperationRow;
  readonly changes: readonly CellChange[];
}

export interface PostmortemSlice {
  /** Counts the recoveries that were read: an answer to a question about another one is dropped. */
  readonly reading: number;
  readonly timeline: Subject<Timeline>;
  readonly death: Subject<DeathReport>;
  /** First LSN of a page -> the page. */
  readonly operations: Readonly<Record<number, Fetched<readonly OperationRow[]>>>;
  readonly states: Readonly<Record<number, Fetched<StateAt>>>;
  readonly changes: Readonly<Record<number, Fetched<Change>>>;
  readonly cursor: number | null;
  /** LSNs that the engineer marked, ascending. */
  readonly marks: readonly number[];
  /** The LSN that the cursor is compared with; null: none. */
  readonly comparedWith: number | null;
}

export const postmortemSlice = (): PostmortemSlice => ({
  reading: 0,
  timeline: nothing(),
  death: nothing(),
  operations: {},
  states: {},
  changes: {},
  cursor: null,
  marks: [],
  comparedWith: null,
});

/** The log goes elsewhere than it went: what was read of it is asked for anew, the engineer's marks stay. */
export const readAnew = ({ reading, marks }: PostmortemSlice): PostmortemSlice => ({ ...postmortemSlice(), reading: reading + 1, marks });

/** First LSN of the page that holds `lsn`, for a log that begins at `from`. */
export const pageOf = (lsn: number, from: number): number => from + Math.floor((lsn - from) / OPERATIONS_PAGE) * OPERATIONS_PAGE;
