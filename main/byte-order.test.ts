/** A machine of the other byte order would write every magic number the other way round: each reader says that the file is none of its own. */

import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RearmError } from '../shared/errors.ts';
import { BOOT, Desk } from '../tests/support/desk.ts';
import { copyStore, filesIn, framesOf } from '../tests/support/store-files.ts';
import { recover } from './cascade/recover.ts';
import { readIdentity, storeIdBytes } from './store/identity.ts';
import { ARCHIVE_SUMS_NAME, storeLayout } from './store/layout.ts';
import { readLineage } from './store/lineage.ts';
import { readArchive } from './tiers/archive-reader.ts';
import { readSums } from './tiers/archive-sums.ts';
import { MAPPED_SLOT_HEADER_BYTES, mappedSlotAt } from './tiers/mapped.ts';
import { readMapped } from './tiers/mapped-reader.ts';
import { readSlots } from './tiers/slot-reader.ts';
import { readSnapshots } from './tiers/snapshot-reader.ts';
import { verify } from './verify/verify.ts';
import { readSegmentHeader } from './wal/segment.ts';

const MAGIC_AT = 8;
const SLOT_AT = mappedSlotAt(0);
let desk: Desk;
let root: string;

beforeAll(async () => {
  desk = await Desk.create();
  for (let day = 1; day <= 60; day += 1) {
    await desk.engine.commit({ type: 'risk.day', day, time: 1n });
    desk.pass(11);
  }
  await desk.engine.checkpoint();
  root = copyStore(desk.root, 'left');
  await desk.engine.close();
});
afterAll(() => fs.rmSync(dirname(root), { recursive: true, force: true }));

/** Turns four bytes round. */
function swap(path: string, at: number): void {
  const bytes = fs.readFileSync(path);
  expect(bytes.subarray(at, at + 1).toString(), path).toBe('R');
  bytes.subarray(at, at + 4).reverse();
  // Its checksum covers the magic, and is looked at first.
  if (at === SLOT_AT + MAGIC_AT) bytes.writeBigUInt64LE(xxh64(bytes.subarray(SLOT_AT + 8, SLOT_AT + MAPPED_SLOT_HEADER_BYTES)), SLOT_AT);
  fs.writeFileSync(path, bytes);
}

type Told = { readonly code: string; readonly message: string } | null | undefined;

function thrownBy(read: () => unknown): Told {
  try {
    read();
    return null;
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    return error;
  }
}

it.each([
  ['an epoch', 'lineage', MAGIC_AT, /^FORMAT_INVALID: .* is not an epoch$/],
  ['a segment', 'wal', MAGIC_AT, /^FORMAT_INVALID: .* is not a log segment$/],
  ['a mapped file', 'l1', MAGIC_AT, /^torn: the header of .* does not match its checksum$/],
  ['a slot of a mapped file', 'l1', SLOT_AT + MAGIC_AT, /^damaged: .* is not slot 0$/],
  ['a slot', 'l2', MAGIC_AT, /^torn: the header of .* does not match its checksum$/],
  ['a snapshot', 'l3', MAGIC_AT, /^damaged: .* is not a snapshot$/],
  ['the sums of the archive', 'l4', MAGIC_AT, /^FORMAT_INVALID: .* holds no page checksums$/],
] as const)('%s of the other byte order is refused by name', (what, folder, at, told) => {
  const copy = copyStore(root, what);
  const [path] = filesIn(copy, folder, folder === 'l4' ? /sums$/ : /./) as [string];
  swap(path, at);
  const { storage } = desk.platform;
  const layout = storeLayout(copy);
  const id = storeIdBytes(readIdentity(storage, copy));
  const readers: Readonly<Record<typeof folder, () => Told>> = {
    lineage: () => readLineage(storage, layout, id).errors[0],
    wal: () =>
      thrownBy(() => {
        const file = storage.open(path, 'read');
        try {
          readSegmentHeader(file, id);
        } finally {
          file.close();
        }
      }),
    l1: () => readMapped(storage, layout, id, BOOT).heads.find(({ problem }) => problem)?.problem,
    l2: () => readSlots(storage, layout, id).find(({ problem }) => problem)?.problem,
    l3: () => readSnapshots(storage, layout, id).find(({ problem }) => problem)?.problem,
    l4: () => thrownBy(() => readSums(storage, join(layout.l4, ARCHIVE_SUMS_NAME), id)),
  };
  const { code, message } = readers[folder]()!;
  expect(`${code}: ${message}`).toMatch(told);
});

it('the archive of the other byte order is no database', () => {
  const copy = copyStore(root, 'archive');
  const path = join(copy, 'l4', 'archive.db');
  const bytes = fs.readFileSync(path);
  bytes.subarray(0, 16).swap32();
  fs.writeFileSync(path, bytes);
  const [head] = readArchive(storeLayout(copy), readIdentity(desk.platform.storage, copy).storeId, false);
  expect(head!.problem).toMatchObject({ code: 'damaged', message: expect.stringContaining('not a database') });
});

it('a frame of the other byte order is damage of the log, named with its place, and never its end', () => {
  const copy = copyStore(root, 'frame');
  const { path, offset } = framesOf(copy).at(-2)!;
  swap(path, offset + MAGIC_AT);
  // L1 and the rest of the tiers hold what it held: the log alone has to tell.
  for (const tier of ['l1', 'l2', 'l3', 'l4']) fs.rmSync(join(copy, tier), { recursive: true });
  const options = { storage: desk.platform.storage, clock: desk.clock, root: copy, bootId: BOOT };
  const { report } = recover(options);
  expect(report).toMatchObject({ outcome: 'refused' });
  expect(report.findings).toContainEqual(expect.objectContaining({ code: 'LOG_DAMAGED', file: `wal/${basename(path)}`, offset }));
  const found = verify(options).files.find((file) => file.path === `wal/${basename(path)}`)!;
  expect(found.status).toBe('damaged');
  expect(found.findings).toContainEqual(expect.objectContaining({ offset }));
});
