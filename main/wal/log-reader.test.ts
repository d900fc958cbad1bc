/** Every length at which a log can be cut, and every byte of it that can be hit: torn tail or damage, and never one frame too many. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { NativeStorage } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES } from './frame.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { LINEAGE, newLog, STORE_ID } from './log.test-support.ts';
import { type LogEnd, readLog } from './log-reader.ts';
import type { LogWriter } from './log-writer.ts';
import { SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';
import type { LogSegment } from './segment-reader.ts';
import { scanSegments } from './segment-scan.ts';

const storage = new NativeStorage();
const root = fs.mkdtempSync(join(os.tmpdir(), 'rearm-log-'));
const layout = storeLayout(root);
const file = join(layout.wal, segmentName(1, 1));
const COUNTS = [1, 3, 1, 2, 1];

interface Written {
  readonly from: number;
  readonly to: number;
  readonly firstLsn: number;
  readonly lastLsn: number;
  readonly hash: bigint;
}
const frames: Written[] = [];
let whole: Buffer;
let segment: LogSegment;

function write(writer: LogWriter, firstLsn: number, count: number, synced = true): void {
  const frame = new FrameBuffer(4096);
  for (let i = 0; i < count; i += 1) {
    frame.reserve(32);
    frame.quads[frame.end >> 2] = 32;
    frame.quads[(frame.end >> 2) + 6] = 0x01020304 * (firstLsn + i);
    frame.added(frame.end + 32, firstLsn + i, true);
  }
  writer.write(frame);
  if (synced) writer.sync();
}

beforeAll(() => {
  fs.mkdirSync(layout.wal, { recursive: true });
  const writer = newLog({ storage, layout });
  let lsn = 1;
  for (const count of COUNTS) {
    const from = writer.position.offset;
    write(writer, lsn, count);
    frames.push({ from, to: writer.position.offset, firstLsn: lsn, lastLsn: lsn + count - 1, hash: writer.headHash });
    lsn += count;
  }
  writer.close();
  whole = fs.readFileSync(file);
  segment = scanSegments(storage, layout, STORE_ID, LINEAGE).segments[0]!;
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function read(bytes: Buffer, fromLsn = 1): { end: LogEnd; lsns: number[] } {
  fs.writeFileSync(file, bytes);
  const lsns: number[] = [];
  const end = readLog({
    storage,
    storeId: STORE_ID,
    segments: [segment],
    fromLsn,
    visit: ({ header }) => {
      for (let i = 0; i < header.count; i += 1) lsns.push(header.firstLsn + i);
      return undefined;
    },
  });
  return { end, lsns };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('a log', () => {
  it('that is whole ends where it ends', () => {
    const { end, lsns } = read(whole);
    expect(end).toMatchObject({ kind: 'end', lastLsn: 8, headHash: frames.at(-1)!.hash, tornBytes: 0, resumesAt: null });
    expect(lsns).toEqual(upTo(8));
    // Each frame was synced before the next one, which says so.
    expect(end.durableSeen).toBe(frames.at(-2)!.lastLsn);
  });

  it('that is cut at any length gives the frames that are whole, and calls the rest a torn tail', () => {
    for (let length = SEGMENT_HEADER_BYTES; length <= frames.at(-1)!.to; length += 1) {
      const { end, lsns } = read(whole.subarray(0, length));
      const last = frames.findLast((frame) => frame.to <= length);
      expect(lsns, `cut at ${length}`).toEqual(upTo(last?.lastLsn ?? 0));
      expect(end.lastLsn).toBe(last?.lastLsn ?? 0);
      expect(end.headHash).toBe(last?.hash ?? 0n);
      const left = length - (last?.to ?? SEGMENT_HEADER_BYTES);
      expect(end.kind === 'tornTail', `cut at ${length}, ${left} bytes left`).toBe(
        left >= FRAME_HEADER_BYTES || (left > 0 && end.tornBytes > 0),
      );
      expect(end.tornBytes).toBeLessThanOrEqual(left);
    }
  });

  it('whose next segment was being prepared when the engine died goes on from what is there', () => {
    const next = join(layout.wal, segmentName(1, 2));
    for (const length of [0, 1, SEGMENT_HEADER_BYTES - 1, SEGMENT_HEADER_BYTES, 3 * SEGMENT_HEADER_BYTES]) {
      fs.writeFileSync(next, Buffer.alloc(length));
      const scan = scanSegments(storage, layout, STORE_ID, LINEAGE);
      expect(scan, `${length} bytes`).toMatchObject({ prepared: [segmentName(1, 2)], errors: [] });
    }
    // A header that was there, and was cut off, is no such thing.
    fs.writeFileSync(next, fs.readFileSync(file).subarray(0, 1000));
    expect(scanSegments(storage, layout, STORE_ID, LINEAGE).errors).toMatchObject([{ name: segmentName(1, 2) }]);
    fs.rmSync(next);
  });

  it('that ends in less than a frame header of garbage has a torn tail too', () => {
    const last = frames.at(-1)!;
    for (const length of [1, 8, 79])
      expect(read(whole.subarray(0, last.from + length)).end, `${length} bytes`).toMatchObject({ kind: 'tornTail', lastLsn: 7 });
  });

  it('with any byte of a frame changed is damaged where valid frames follow, and torn where none does', () => {
    for (const [index, frame] of frames.entries()) {
      for (let at = frame.from; at < frame.to; at += 1) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 1 << (at % 8);
        const { end, lsns } = read(bytes);
        const before = frames[index - 1];
        expect(lsns, `byte ${at}`).toEqual(upTo(before?.lastLsn ?? 0));
        expect(end.lastLsn).toBe(before?.lastLsn ?? 0);
        if (index < frames.length - 1) expect(end, `byte ${at}`).toMatchObject({ kind: 'damaged', resumesAt: frames[index + 1]!.firstLsn });
        else expect(end, `byte ${at}`).toMatchObject({ kind: 'tornTail', resumesAt: null });
      }
    }
  });

  it('with bytes behind its last frame has a torn tail that reaches to the last of them', () => {
    const from = frames.at(-1)!.to;
    for (let at = from; at < whole.length; at += at < from + 200 ? 1 : 97) {
      const bytes = Buffer.from(whole);
      bytes[at] = 0x40;
      const { end, lsns } = read(bytes);
      expect(lsns).toEqual(upTo(8));
      expect(end, `byte ${at}`).toMatchObject({ kind: 'tornTail', lastLsn: 8, tornBytes: at - from + 1 });
    }
  });

  it('passes over damage that lies before what is asked for', () => {
    const hit = frames[1]!;
    const bytes = Buffer.from(whole);
    bytes[hit.from + 90]! ^= 4;
    const { end, lsns } = read(bytes, 6);
    expect(lsns).toEqual([6, 7, 8]);
    expect(end).toMatchObject({ kind: 'end', lastLsn: 8 });
    expect(end.passedOver).toHaveLength(1);
  });

  it('with a whole frame in it that does not go on from the one before it is damaged from there on', () => {
    for (const { from, to, firstLsn } of [frames[1]!, frames.at(-1)!])
      for (const field of [48, 72]) {
        const bytes = Buffer.from(whole);
        bytes.writeBigUInt64LE(bytes.readBigUInt64LE(from + field) + 1n, from + field);
        bytes.writeBigUInt64LE(xxh64(bytes.subarray(from + 8, to)), from);
        const { end, lsns } = read(bytes);
        expect(end).toMatchObject({ kind: 'damaged', lastLsn: firstLsn - 1, at: { offset: from } });
        expect(end.reason).toContain('does not continue the chain');
        expect(lsns).toEqual(upTo(firstLsn - 1));
      }
  });

  it.each<[string, false | string, () => object]>([
    [
      'is over where its reader has enough',
      false,
      () => ({ kind: 'end', reason: 'stopped on request', at: null, durableSeen: frames[1]!.firstLsn - 1 }),
    ],
    [
      'is damaged where its reader says that no engine writes that',
      'a riddle',
      () => ({
        kind: 'damaged',
        reason: expect.stringContaining('holds what no engine writes: a riddle'),
        at: { file: segment.name, offset: frames[2]!.from },
        // What the frames behind it say was acknowledged.
        durableSeen: frames.at(-1)!.firstLsn - 1,
      }),
    ],
  ])('%s, and nothing behind it is read', (_, said, expected) => {
    fs.writeFileSync(file, whole);
    const { firstLsn } = frames[2]!;
    const seen: number[] = [];
    const end = readLog({
      storage,
      storeId: STORE_ID,
      segments: [segment],
      fromLsn: 1,
      visit: ({ header }) => {
        seen.push(header.firstLsn);
        return header.firstLsn === firstLsn ? said : undefined;
      },
    });
    expect(end).toMatchObject({ ...expected(), lastLsn: frames[1]!.lastLsn, headHash: frames[1]!.hash });
    expect(seen).toEqual(frames.slice(0, 3).map((frame) => frame.firstLsn));
  });

  it('with a frame of another place, store, epoch or segment in it does not take that frame', () => {
    const [first, second] = [frames[0]!, frames[2]!];
    expect(second.to - second.from).toBe(first.to - first.from);
    const copied = Buffer.from(whole);
    whole.copy(copied, first.from, second.from, second.to);
    expect(read(copied).end).toMatchObject({ kind: 'damaged', lastLsn: 0, resumesAt: 2 });
    fs.writeFileSync(file, whole);
    for (const change of [{ epoch: 2 }, { segment: 2 }]) {
      const end = readLog({ storage, storeId: STORE_ID, segments: [{ ...segment, ...change }], fromLsn: 1, visit: () => undefined });
      expect(end.lastLsn).toBe(0);
    }
    expect(readLog({ storage, storeId: new Uint8Array(16), segments: [segment], fromLsn: 1, visit: () => undefined }).lastLsn).toBe(0);
  });

  it('stops at the end of its stretch of the lineage', () => {
    fs.writeFileSync(file, whole);
    const end = readLog({ storage, storeId: STORE_ID, segments: [{ ...segment, lastLsnAllowed: 5 }], fromLsn: 1, visit: () => undefined });
    expect(end).toMatchObject({ kind: 'end', lastLsn: 5 });
  });
});

describe('the header of a segment', () => {
  it('is refused with any byte of it changed', () => {
    const layoutOf = storeLayout(join(root, 'headers'));
    fs.mkdirSync(layoutOf.wal, { recursive: true });
    const at = join(layoutOf.wal, segmentName(1, 1));
    for (let byte = 0; byte < SEGMENT_HEADER_BYTES; byte += 1) {
      const bytes = Buffer.from(whole.subarray(0, SEGMENT_HEADER_BYTES));
      bytes[byte]! ^= 1 << (byte % 8);
      fs.writeFileSync(at, bytes);
      const scan = scanSegments(storage, layoutOf, STORE_ID, LINEAGE);
      expect(scan.segments, `byte ${byte}`).toHaveLength(0);
      expect(scan.errors).toHaveLength(1);
      expect(scan.errors[0]!.error).toBeInstanceOf(RearmError);
    }
  });

  it('that is zero is a segment that was prepared', () => {
    const layoutOf = storeLayout(join(root, 'prepared'));
    fs.mkdirSync(layoutOf.wal, { recursive: true });
    fs.writeFileSync(join(layoutOf.wal, segmentName(1, 1)), Buffer.alloc(8192));
    expect(scanSegments(storage, layoutOf, STORE_ID, LINEAGE)).toMatchObject({ segments: [], errors: [], prepared: [segmentName(1, 1)] });
  });
});

describe('several segments', () => {
  const several = storeLayout(join(root, 'several'));
  const names: string[] = [];

  beforeAll(() => {
    fs.mkdirSync(several.wal, { recursive: true });
    const writer = newLog({ storage, layout: several });
    for (let lsn = 1; lsn <= 120; lsn += 1) write(writer, lsn, 1);
    writer.close();
    names.push(...fs.readdirSync(several.wal).sort());
  });

  const readAll = (fromLsn = 1) => {
    const scan = scanSegments(storage, several, STORE_ID, LINEAGE);
    return readLog({ storage, storeId: STORE_ID, segments: scan.segments, fromLsn, visit: () => undefined });
  };

  it('are read as one', () => {
    expect(names.length).toBeGreaterThan(3);
    expect(readAll()).toMatchObject({ kind: 'end', lastLsn: 120 });
  });

  it('with one missing are damaged before the next', () => {
    const gone = join(several.wal, names[1]!);
    fs.renameSync(gone, `${gone}.away`);
    const end = readAll();
    fs.renameSync(`${gone}.away`, gone);
    expect(end.kind).toBe('damaged');
    expect(end.resumesAt).toBeGreaterThan(end.lastLsn + 1);
  });

  it('of which one does not go on from the one before it are damaged from its beginning on', () => {
    const { segments } = scanSegments(storage, several, STORE_ID, LINEAGE);
    const [, second] = segments;
    const strange = segments.with(1, { ...second!, previousHash: second!.previousHash + 1n });
    const { name, firstLsn } = second!;
    expect(readLog({ storage, storeId: STORE_ID, segments: strange, fromLsn: 1, visit: () => undefined })).toMatchObject({
      ...{ kind: 'damaged', lastLsn: firstLsn - 1, at: { file: name, offset: 0 }, resumesAt: firstLsn },
      reason: `${name}: it does not continue the chain`,
    });
  });

  it('of which one is cut are damaged: the tail of an inner segment is never torn', () => {
    const cut = join(several.wal, names[1]!);
    const bytes = fs.readFileSync(cut);
    fs.truncateSync(cut, SEGMENT_HEADER_BYTES + 300);
    const { segments } = scanSegments(storage, several, STORE_ID, LINEAGE);
    const end = readAll();
    fs.writeFileSync(cut, bytes);
    expect(end).toMatchObject({ kind: 'damaged', at: { file: names[1] }, resumesAt: segments[2]!.firstLsn });
    expect(end.reason).toContain(`${names[2]} goes on at LSN ${segments[2]!.firstLsn}`);
  });

  it('say what was durable in the frames behind damage: it cannot have been less', () => {
    const hit = join(several.wal, names[1]!);
    const bytes = fs.readFileSync(hit);
    const spoilt = Buffer.from(bytes);
    spoilt[SEGMENT_HEADER_BYTES + 90]! ^= 1;
    fs.writeFileSync(hit, spoilt);
    const end = readAll();
    fs.writeFileSync(hit, bytes);
    expect(end.kind).toBe('damaged');
    expect(end.durableSeen).toBeGreaterThan(110);
  });

  it('of which one lacks its end are read from the next, where nothing before that is asked for', () => {
    const [, second, third] = scanSegments(storage, several, STORE_ID, LINEAGE).segments;
    const hit = join(several.wal, second!.name);
    const bytes = fs.readFileSync(hit);
    const end = bytes.findLastIndex((byte) => byte !== 0);
    const spoilt = Buffer.from(bytes);
    spoilt[end]! ^= 1;
    fs.writeFileSync(hit, spoilt);
    const lastOfIt = third!.firstLsn - 1;
    const read = (fromLsn: number, neededFrom: number) => {
      const { segments } = scanSegments(storage, several, STORE_ID, LINEAGE);
      return readLog({ storage, storeId: STORE_ID, segments, fromLsn, neededFrom, visit: () => undefined });
    };
    const after = read(lastOfIt, lastOfIt + 1);
    const within = read(lastOfIt, lastOfIt);
    fs.writeFileSync(hit, bytes);
    expect(after).toMatchObject({ kind: 'end', lastLsn: 120, passedOver: [{ file: second!.name }] });
    expect(within).toMatchObject({ kind: 'damaged', lastLsn: lastOfIt - 1 });
  });
});

describe('a segment whose end was written anew in the next one', () => {
  const failing = storeLayout(join(root, 'failing'));
  const [old, anew] = [1, 2].map((number) => join(failing.wal, segmentName(1, number))) as [string, string];
  const FRAME = FRAME_HEADER_BYTES + 64;
  const frameAt = (index: number) => SEGMENT_HEADER_BYTES + index * FRAME;
  let bytes: Buffer;
  let told: string[];

  beforeAll(() => {
    fs.mkdirSync(failing.wal, { recursive: true });
    told = [];
    let failsNext = false;
    const open: NativeStorage['open'] = (at, mode) => {
      const opened = storage.open(at, mode);
      const { sync } = Object.getPrototypeOf(opened) as typeof opened;
      return Object.assign(opened, {
        sync: () => {
          if (failsNext) {
            failsNext = false;
            throw new RearmError('IO_FAILED', 'the sync failed', {});
          }
          sync.call(opened);
        },
      });
    };
    const writer = newLog({
      storage: Object.assign(Object.create(storage) as NativeStorage, { open }),
      layout: failing,
      tell: ({ code }) => told.push(code),
    });
    for (const lsn of [1, 3, 5, 7]) {
      write(writer, lsn, 2, lsn < 4);
    }
    expect(writer.durableLsn).toBe(4);
    failsNext = true;
    writer.sync();
    expect(writer.durableLsn).toBe(8);
    write(writer, 9, 2);
    writer.close();
    bytes = fs.readFileSync(old);
  });

  const readAll = () => {
    const { segments, errors } = scanSegments(storage, failing, STORE_ID, LINEAGE);
    const places: string[] = [];
    const visit = ({ header, segment: { segment: number } }: { header: { firstLsn: number }; segment: LogSegment }) => {
      places.push(`${header.firstLsn} in ${number}`);
      return undefined;
    };
    return { end: readLog({ storage, storeId: STORE_ID, segments, fromLsn: 1, visit }), places, errors };
  };
  const whole = ['1 in 1', '3 in 1', '5 in 2', '7 in 2', '9 in 2'];

  it('was told', () => expect(told).toEqual(['LOG_REWRITTEN']));

  it.each<[string, (first: Buffer) => void]>([
    ['with every frame of it valid still', () => {}],
    ['with the first of it lost', (first) => first.fill(0, frameAt(2), frameAt(3))],
    ['with the last of it torn', (first) => first.fill(0, frameAt(3) + 90)],
    ['with nothing of it left', (first) => first.fill(0, frameAt(2))],
    ['with other bytes in its place', (first) => first.fill(0x5a, frameAt(2))],
  ])('is read up to there, %s', (_, change) => {
    const changed = Buffer.from(bytes);
    change(changed);
    fs.writeFileSync(old, changed);
    const { end, places } = readAll();
    fs.writeFileSync(old, bytes);
    expect(places).toEqual(whole);
    expect(end).toMatchObject({ kind: 'end', lastLsn: 10, resumesAt: null, passedOver: [] });
    const left = changed.subarray(frameAt(2)).some((byte) => byte !== 0);
    expect(end.superseded).toEqual(left ? [{ file: segmentName(1, 1), offset: frameAt(2) }] : []);
  });

  it('is damaged where a frame before that is bad: what does not count any more does not bridge it', () => {
    const changed = Buffer.from(bytes);
    for (const index of [1, 2]) changed[frameAt(index) + 90]! ^= 1;
    fs.writeFileSync(old, changed);
    const { end, places } = readAll();
    fs.writeFileSync(old, bytes);
    expect(places).toEqual(['1 in 1']);
    expect(end).toMatchObject({ kind: 'damaged', lastLsn: 2, resumesAt: 5, durableSeen: 8 });
  });

  it('counts whole while the next one has no header yet', () => {
    const next = fs.readFileSync(anew);
    fs.writeFileSync(anew, Buffer.from(next).fill(0, 0, SEGMENT_HEADER_BYTES));
    const { places } = readAll();
    fs.writeFileSync(anew, next);
    expect(places).toEqual(['1 in 1', '3 in 1', '5 in 1', '7 in 1']);
  });

  it('is read up to there where the header of the next one is bad: its first frame says as much', () => {
    const next = fs.readFileSync(anew);
    const changed = Buffer.from(next);
    changed[50]! ^= 1;
    fs.writeFileSync(anew, changed);
    const { places, errors } = readAll();
    fs.writeFileSync(anew, next);
    expect(errors).toHaveLength(1);
    expect(places).toEqual(whole);
  });
});
