/**
 * What lies where in the files of a store: what verify must name where a byte of it is hit. Written from docs/FORMATS.md, not from the
 * engine's readers; of a store that is whole.
 */

import type { FileFinding } from '../main/verify/file-findings.ts';
import { TABLE_BY_ID } from '../shared/model/tables.ts';
import type { FileTree } from './file-tree.ts';

/** Rows of a table in one page. */
interface HeldRows {
  readonly page: number;
  readonly table: string;
  readonly rows: readonly [number, number];
}

/** A header, a frame, a page, a chunk, a line, or what lies between them: [from, to) of a file. */
export interface Place {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** First and last LSN of a frame. */
  readonly lsns?: readonly [number, number];
  /** Number of the line, from 1, where its file counts them. */
  readonly entry?: number;
  /** One record with one checksum: nothing finer can be named. */
  readonly whole?: true;
  /** Of a page, or of every page of a chunk; not where it is free. */
  readonly held: readonly HeldRows[];
}

const HEAD_BYTES = 4096;
const PAGE_BYTES = 4096;
const FRAME_MAGIC = 0x4d524652;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const empty = (what: string, from: number, to: number): Place => ({ what, from, to, held: [] });

/** @param at where the page's header lies */
function heldAt(view: DataView, at: number): HeldRows[] {
  const table = at + PAGE_BYTES > view.byteLength ? undefined : TABLE_BY_ID.get(view.getUint16(at + 24, true));
  if (!table) return [];
  const first = view.getUint32(at + 20, true) * table.rowsPerPage;
  return [{ page: view.getUint32(at + 16, true), table: table.name, rows: [first, first + table.rowsPerPage - 1] }];
}

const pagePlace = (view: DataView, what: string, at: number): Place => ({ what, from: at, to: at + PAGE_BYTES, held: heldAt(view, at) });

function ofMapped(view: DataView): Place[] {
  const places = [
    empty('header', 0, HEAD_BYTES),
    empty('acknowledged LSN', 4096, 4096 + 16),
    empty('its second copy', 4160, 4160 + 16),
    empty('header of slot 0', 8192, 8192 + 72),
    empty('header of slot 1', 12_288, 12_288 + 72),
  ];
  for (let at = 16_384; at < view.byteLength; at += PAGE_BYTES) {
    const number = (at - 16_384) / PAGE_BYTES;
    places.push(pagePlace(view, `page ${number >> 1} of slot ${number & 1}`, at));
  }
  return places;
}

function ofSlot(view: DataView): Place[] {
  const tableAt = HEAD_BYTES;
  const pagesAt = tableAt + Math.ceil((view.getUint32(32, true) * 16) / 4096) * 4096;
  const pages = view.getUint32(44, true);
  const places = [empty('header', 0, HEAD_BYTES)];
  for (let page = 0; page < pages; page += 1) {
    const at = pagesAt + page * PAGE_BYTES;
    const from = tableAt + page * 16;
    places.push({ what: `entry of page ${page}`, from, to: from + 16, held: heldAt(view, at) }, pagePlace(view, `page ${page}`, at));
  }
  return places;
}

/** @param held of each page: its pages are compressed, and are for the same as those of other files */
function ofSnapshot(view: DataView, held: ReadonlyMap<number, HeldRows>): Place[] {
  const chunks = view.getUint32(32, true);
  const perChunk = view.getUint32(36, true);
  const pages = view.getUint32(44, true);
  const tableAt = 128 + chunks * 32;
  const places = [empty('header, directory and page table', 0, tableAt + pages * 16)];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const from = Number(view.getBigUint64(128 + chunk * 32, true));
    const inside: HeldRows[] = [];
    for (let page = chunk * perChunk; page < Math.min(pages, (chunk + 1) * perChunk); page += 1) {
      const isFree = view.getBigUint64(tableAt + page * 16 + 8, true) === 0n;
      if (!isFree && held.has(page)) inside.push(held.get(page)!);
    }
    places.push({ what: `chunk ${chunk}`, from, to: from + view.getUint32(128 + chunk * 32 + 8, true), held: inside });
  }
  return places;
}

function ofSegment(view: DataView): Place[] {
  const places = [empty('header', 0, HEAD_BYTES)];
  let at = HEAD_BYTES;
  while (at + 80 <= view.byteLength && view.getUint32(at + 8, true) === FRAME_MAGIC) {
    const to = at + 80 + view.getUint32(at + 60, true);
    const first = Number(view.getBigUint64(at + 48, true));
    places.push({ what: `frame of LSN ${first}`, from: at, to, lsns: [first, first + view.getUint32(at + 56, true) - 1], held: [] });
    at = to;
  }
  places.push(empty('what is not written yet', at, view.byteLength));
  return places;
}

const ofRecord = (bytes: Uint8Array): Place[] => [{ ...empty('the whole file', 0, bytes.length), whole: true }];

/** With its line feed. */
function ofLines(bytes: Uint8Array, counted: boolean): Place[] {
  const places: Place[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end + 1;
    const entry = places.length + 1;
    places.push({ ...empty(`line ${entry}`, from, to), ...(counted && { entry }) });
    from = to;
  }
  return places;
}

/** The places of one store, made once for each of its files. */
export class Places {
  readonly #tree: FileTree;
  readonly #known = new Map<string, readonly Place[]>();
  #held: Map<number, HeldRows> | undefined;

  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  /** Of a byte that belongs to nothing, the byte. */
  at(path: string, offset: number): Place {
    let places = this.#known.get(path);
    if (places === undefined) {
      places = this.#of(path);
      this.#known.set(path, places);
    }
    return places.find(({ from, to }) => from <= offset && offset < to) ?? empty('nothing', offset, offset + 1);
  }

  #of(path: string): readonly Place[] {
    const bytes = this.#tree.bytes(path);
    if (path.endsWith('.snapshot')) return ofSnapshot(viewOf(bytes), this.#heldPages());
    const of = path.endsWith('.map') ? ofMapped : path.endsWith('.slot') ? ofSlot : path.endsWith('.wal') ? ofSegment : null;
    if (of) return of(viewOf(bytes));
    const isLog = path.endsWith('.log');
    return isLog || path.endsWith('.side') ? ofLines(bytes, isLog) : ofRecord(bytes);
  }

  /** What each page is for, as the slots tell. */
  #heldPages(): ReadonlyMap<number, HeldRows> {
    this.#held ??= new Map(
      this.#tree
        .files()
        .filter((path) => path.endsWith('.slot'))
        .flatMap((path) => this.#of(path))
        .flatMap(({ held }) => held)
        .map((held) => [held.page, held]),
    );
    return this.#held;
  }
}

/** Whether these findings of its file name the place, and the rows that it holds. @param byte that was hit: nothing behind it is to blame */
export function isNamed(place: Place, byte: number, findings: readonly FileFinding[]): boolean {
  const { from, lsns, entry, whole, held } = place;
  const here = findings.filter((finding) => {
    const { offset, lsn } = finding;
    if (whole) return finding.whole === true && offset === undefined;
    if (entry !== undefined) return finding.entry === entry && offset === from;
    return (offset !== undefined && from <= offset && offset <= byte) || (lsns && lsn !== undefined && lsns[0] <= lsn && lsn <= lsns[1]);
  });
  const names = (one: HeldRows): boolean =>
    here.some(({ page, table, rows }) => page === one.page && table === one.table && rows?.every((row, i) => row === one.rows[i]));
  return here.length > 0 && held.every(names);
}
