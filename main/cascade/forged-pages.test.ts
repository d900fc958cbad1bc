/**
 * A slot of L2 whose pages say what no engine wrote, under right checksums: the hash of the page, the page table, the root and the header are
 * mended. It is one copy of several: the state comes from the others and the log, and the report names the copy.
 */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID, TABLES } from '../../shared/model/tables.ts';
import { replayed } from '../../simulation/model/reference.ts';
import { crashedDesk, slotsOf } from '../../tests/support/crashed.ts';
import { BOOT, type Desk } from '../../tests/support/desk.ts';
import { copyStore, filesIn, removeFiles } from '../../tests/support/store-files.ts';
import { canonicalState } from '../image/canonical.ts';
import { pagesFor } from '../image/image.ts';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { readIdentity } from '../store/identity.ts';
import { PAGE_ENTRY_BYTES } from '../tiers/checkpoint.ts';
import { MAPPED_SLOT_HEADER_BYTES, mappedSlotAt } from '../tiers/mapped.ts';
import { SLOT_HEADER_BYTES, SLOT_MARK_AT, slotPageAt } from '../tiers/slots.ts';
import { verify } from '../verify/verify.ts';
import { recover } from './recover.ts';

const storage = new NativeStorage();
/** Slots of L2 early in the log: logged roots follow them. And late: none does. */
let early: Desk;
let late: Desk;
beforeAll(async () => {
  early = await crashedDesk(120, [30, 60]);
  late = await crashedDesk(120, [100, 117], 5);
});
afterAll(() => {
  for (const { root } of [early, late]) fs.rmSync(dirname(root), { recursive: true, force: true });
});

function copyOf(desk: Desk, ...without: readonly string[]): string {
  const root = copyStore(desk.root, 'forged');
  removeFiles(root, ...without);
  return root;
}

type Name = keyof typeof TABLES;
/** @param at of the page in the file */
type Change = (view: DataView, at: number) => void;

/** Changes the first page of a table, and mends what covers it. @returns the name of the slot */
function forge(root: string, table: Name, change: Change, slots = slotsOf(root).slice(-1)): string {
  for (const { name, mark, pageAt } of slots) {
    const path = join(root, name);
    const bytes = Uint8Array.from(fs.readFileSync(path));
    const view = new DataView(bytes.buffer);
    const pages = Array.from({ length: mark!.pageCount }, (_, page) => page).filter(
      (page) => view.getUint16(pageAt!(page) + 24, true) !== 0,
    );
    change(view, pageAt!(pages.find((page) => view.getUint16(pageAt!(page) + 24, true) === TABLES[table].id)!));
    const roots: [bigint, bigint] = [0n, 0n];
    for (const page of pages) {
      const at = pageAt!(page);
      const hash = xxh64(bytes.subarray(at + 8, at + PAGE_BYTES));
      const entry = SLOT_HEADER_BYTES + page * PAGE_ENTRY_BYTES;
      view.setBigUint64(at, hash, true);
      view.setBigUint64(entry, view.getBigUint64(at + 8, true), true);
      view.setBigUint64(entry + 8, hash, true);
      roots[TABLE_BY_ID.get(view.getUint16(at + 24, true))?.hot ? 0 : 1] += hash;
    }
    view.setBigUint64(SLOT_MARK_AT + 24, BigInt.asUintN(64, roots[0]), true);
    view.setBigUint64(SLOT_MARK_AT + 32, BigInt.asUintN(64, roots[1]), true);
    view.setBigUint64(0, xxh64(bytes.subarray(8, SLOT_HEADER_BYTES)), true);
    fs.writeFileSync(path, bytes);
  }
  return slots[0]!.name;
}

/** The state is right to its end; the files of whose copies the report, and a verification, says that they are damaged. */
function damagedIn(desk: Desk, root: string): { readonly told: string[]; readonly verified: string[] } {
  const { report, image } = recover({ storage, clock: systemClock, root, bootId: BOOT });
  expect(['recovered', 'salvaged'], report.sentence).toContain(report.outcome);
  expect(report.lsn).toBe(desk.lines.length);
  expect(canonicalState(image!).stateDigest).toBe(replayed(desk.lines, { fillsMax: 32_768 }).digest());
  const { files } = verify({ storage, clock: systemClock, root, bootId: BOOT });
  return {
    told: report.findings.flatMap(({ severity, file }) => (severity === 'damage' && file ? [file] : [])),
    verified: files.flatMap(({ path, status }) => (status === 'damaged' ? [path] : [])),
  };
}

const CHANGES: readonly (readonly [string, (table: Name) => Change])[] = [
  ['an LSN of the future', () => (view, at) => view.setBigUint64(at + 8, 1n << 40n, true)],
  ['an LSN beyond what is exact', () => (view, at) => view.setBigUint64(at + 8, (1n << 63n) + 5n, true)],
  ['the place behind its own', () => (view, at) => view.setUint32(at + 20, view.getUint32(at + 20, true) + 1, true)],
  ['a place far away', () => (view, at) => view.setUint32(at + 20, 3_000_000, true)],
  ['a place beyond all memory', () => (view, at) => view.setUint32(at + 20, 0xffff_fff0, true)],
  ['another table', () => (view, at) => view.setUint16(at + 24, TABLES.balances.id, true)],
  ['a byte that must be zero', () => (view, at) => view.setUint32(at + 28, 7, true)],
  ['a row that is neither there nor free', () => (view, at) => view.setUint8(at + 32, 2)],
  [
    'a row twice',
    (table) => (view, at) => {
      const { rowBytes, rowsPerPage } = TABLES[table];
      for (let i = 0; i < rowBytes; i += 1) view.setUint8(at + 32 + (rowsPerPage - 1) * rowBytes + i, view.getUint8(at + 32 + i));
    },
  ],
];
const FORGED = (['orders', 'positions', 'risk', 'fills', 'dictionary'] as const).flatMap((table) =>
  CHANGES.map(([what, changeOf]) => [table, what, changeOf(table)] as const),
);

it.each(FORGED)('a page of %s with %s: the other slot, and the log, give the state, and the copy is named', (table, _, change) => {
  const root = copyOf(early, 'l1', 'l3');
  const name = forge(root, table, change);
  const { told, verified } = damagedIn(early, root);
  expect(told).toContain(name);
  expect(verified).toContain(name);
});

it.each(FORGED)('a page of %s with %s in both slots: the log alone gives the state', (table, _, change) => {
  const root = copyOf(early, 'l1', 'l3');
  forge(root, table, change, slotsOf(root));
  damagedIn(early, root);
});

it.each(['orders', 'positions', 'risk', 'fills', 'balances', 'profits'] as const)(
  'a page of %s of the future, where no logged root shows it: it is bad, and nothing of the log is left out',
  (table) => {
    const root = copyOf(late, 'l1', 'l3');
    const name = forge(root, table, CHANGES[0]![1](table));
    expect(damagedIn(late, root).told).toContain(name);
  },
);

describe('counts that the store has no room for are never allocated, and named', () => {
  const seal = (bytes: Uint8Array, from: number, to: number): void =>
    new DataView(bytes.buffer).setBigUint64(from, xxh64(bytes.subarray(from + 8, to)), true);

  it.each([
    [0xffff_ffff, 0xffff_ffff],
    [0xffff_ffff, 1 << 21],
    [1 << 22, 1 << 19],
    [1 << 22, 1],
  ])('L2: of %d pages at most, %d', (atMost, pages) => {
    const root = copyOf(early, 'l1', 'l3');
    const { name } = slotsOf(root).at(-1)!;
    const bytes = Uint8Array.from(fs.readFileSync(join(root, name)));
    const view = new DataView(bytes.buffer);
    view.setUint32(32, atMost, true);
    view.setUint32(SLOT_MARK_AT + 4, pages, true);
    seal(bytes, 0, SLOT_HEADER_BYTES);
    fs.writeFileSync(join(root, name), bytes);
    const { told, verified } = damagedIn(early, root);
    expect([told, verified]).toEqual([[name], [name]]);
  });

  it.each([10, 3_000])('L2: %d free pages more than the image has', (more) => {
    const root = copyOf(early, 'l1', 'l3');
    const { name, mark, pageAt } = slotsOf(root).at(-1)!;
    const old = Uint8Array.from(fs.readFileSync(join(root, name)));
    const pages = pagesFor(readIdentity(storage, root).rowsMax) + more;
    const bytes = new Uint8Array(slotPageAt(pages, pages));
    bytes.set(old.subarray(0, SLOT_HEADER_BYTES + mark!.pageCount * PAGE_ENTRY_BYTES));
    bytes.set(old.subarray(pageAt!(0), pageAt!(mark!.pageCount)), slotPageAt(pages, 0));
    const view = new DataView(bytes.buffer);
    for (const at of [32, SLOT_MARK_AT + 4]) view.setUint32(at, pages, true);
    seal(bytes, 0, SLOT_HEADER_BYTES);
    fs.writeFileSync(join(root, name), bytes);
    const { told, verified } = damagedIn(early, root);
    expect([told, verified]).toEqual([[name], [name]]);
  });

  it('L1: of as many pages as a number can say', () => {
    const root = copyOf(late);
    const [path] = filesIn(root, 'l1') as [string];
    const bytes = Uint8Array.from(fs.readFileSync(path));
    const view = new DataView(bytes.buffer);
    view.setUint32(36, 0xffff_ffff, true);
    seal(bytes, 0, 4096);
    const slots = ([0, 1] as const).map(mappedSlotAt).filter((at) => view.getUint32(at + 8, true) !== 0);
    expect(slots).not.toEqual([]);
    for (const at of slots) {
      view.setUint32(at + 20, 0xffff_ffff, true);
      seal(bytes, at, at + MAPPED_SLOT_HEADER_BYTES);
    }
    fs.writeFileSync(path, bytes);
    const { told, verified } = damagedIn(late, root);
    expect(told).toHaveLength(slots.length);
    expect(verified).toEqual([`l1/${path.split('/').at(-1)}`]);
  });
});
