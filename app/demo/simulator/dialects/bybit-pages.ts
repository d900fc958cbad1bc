/**
 * Pages by cursor. A cursor names the sequence number behind which the next page begins, so that it stays right while rows
 * come and go. It is percent-encoded already, as the venue's are: a client sends it back as it is.
 */

import { badCursor, badParameter } from './bybit-errors.ts';
import { cutRows, type HalfPage, type Params } from './dialect.ts';
import { integer } from './parameters.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageCursor: string;
}

interface Sequenced {
  readonly sequence: number;
}

const text = (first: number, last: number): string => encodeURIComponent(`${first}:0,${last}:0`);

/** The cursor of a page that was cut; asking for what is behind it fails. */
const CUT_CURSOR = encodeURIComponent('cut:0,cut:0');

function after(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const match = /^\d+:0,(\d+):0$/.exec(decodeURIComponentSafe(cursor));
  if (!match) throw badCursor();
  return Number(match[1]);
}

function decodeURIComponentSafe(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw badCursor();
  }
}

/**
 * A page of `rows`, which come newest first. The cursor is there whenever the page is full, even where nothing follows, as
 * at the real venue: the next page is empty then.
 */
export function pageOf<T extends Sequenced>(
  rows: readonly T[],
  params: Params,
  limits: { readonly fallback: number; readonly max: number },
  halfPage: HalfPage | null,
): Page<T> {
  const limit = integer(params, 'limit', 1, Number.MAX_SAFE_INTEGER, limits.fallback);
  if (limit === undefined) throw badParameter('limit');
  const size = Math.min(limit, limits.max);
  const from = after(params.get('cursor'));
  const visible = cutRows(rows, halfPage);
  const page = visible.filter((row) => from === null || row.sequence < from).slice(0, size);
  const last = page.at(-1);
  if (last === undefined) return { rows: [], nextPageCursor: '' };
  const cut = visible.length < rows.length && last === visible.at(-1);
  if (cut) return { rows: page, nextPageCursor: CUT_CURSOR };
  return { rows: page, nextPageCursor: page.length < size ? '' : text(page[0]!.sequence, last.sequence) };
}
