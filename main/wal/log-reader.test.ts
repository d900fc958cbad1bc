/** Every length at which a log can be cut, and every byte of it that can be hit: torn tail or damage, and never one frame too many. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES } from './frame.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { type LogEnd, type LogSegment, readLog, scanSegments } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import { SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';

const storage = new NativeStorage();
const storeId = new Uint8Array(16).fill(0xab);
const root = fs.mkdtempSync(join(os.tmpdir(), 'rearm-log-'));
const layout = storeLayout(root);
const path = [{ epoch: 1, from: 0, to: Number.POSITIVE_INFINITY }];
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

function write(writer: LogWriter, firstLsn: number, count: number): void {
  const frame = new FrameBuffer(4096);
  for (let i = 0; i < count; i += 1) {
    frame.reserve(32);
    frame.quads[frame.end >> 2] = 32;
    frame.quads[(frame.end >> 2) + 6] = 0x01020304 * (firstLsn + i);
    frame.added(frame.end + 32, firstLsn + i, true);
  }
  writer.write(frame);
  writer.sync();
}

const newWriter = (segmentBytes: number) =>
  new LogWriter({
    storage,
    clock: systemClock,
    layout,
    storeId,
    lock: { holds: () => true, release: () => {} },
    segmentBytes,
    start: { epoch: 1, lsn: 0, headHash: 0n },
  });

beforeAll(() => {
  fs.mkdirSync(layout.wal, { recursive: true });
  const writer = newWriter(SEGMENT_HEADER_BYTES + 4096);
  let lsn = 1;
  for (const count of COUNTS) {
    const from = writer.position.offset;
    write(writer, lsn, count);
    frames.push({ from, to: writer.position.offset, firstLsn: lsn, lastLsn: lsn + count - 1, hash: writer.headHash });
    lsn += count;
  }
  writer.close();
  whole = fs.readFileSync(file);
  segment = scanSegments(storage, layout, storeId, path).segments[0]!;
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

function read(bytes: Buffer, fromLsn = 1): { end: LogEnd; lsns: number[] } {
  fs.writeFileSync(file, bytes);
  const lsns: number[] = [];
  const end = readLog({
    storage,
    storeId,
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

  it('with a frame of another place, store, epoch or segment in it does not take that frame', () => {
    const [first, second] = [frames[0]!, frames[2]!];
    expect(second.to - second.from).toBe(first.to - first.from);
    const copied = Buffer.from(whole);
    whole.copy(copied, first.from, second.from, second.to);
    expect(read(copied).end).toMatchObject({ kind: 'damaged', lastLsn: 0, resumesAt: 2 });
    fs.writeFileSync(file, whole);
    for (const change of [{ epoch: 2 }, { segment: 2 }]) {
      const end = readLog({ storage, storeId, segments: [{ ...segment, ...change }], fromLsn: 1, visit: () => undefined });
      expect(end.lastLsn).toBe(0);
    }
    expect(readLog({ storage, storeId: new Uint8Array(16), segments: [segment], fromLsn: 1, visit: () => undefined }).lastLsn).toBe(0);
  });

  it('stops at the end of its stretch of the lineage', () => {
    fs.writeFileSync(file, whole);
    const end = readLog({ storage, storeId, segments: [{ ...segment, lastLsnAllowed: 5 }], fromLsn: 1, visit: () => undefined });
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
      const scan = scanSegments(storage, layoutOf, storeId, path);
      expect(scan.segments, `byte ${byte}`).toHaveLength(0);
      expect(scan.errors).toHaveLength(1);
      expect(scan.errors[0]!.error).toBeInstanceOf(RearmError);
    }
  });

  it('that is zero is a segment that was prepared', () => {
    const layoutOf = storeLayout(join(root, 'prepared'));
    fs.mkdirSync(layoutOf.wal, { recursive: true });
    fs.writeFileSync(join(layoutOf.wal, segmentName(1, 1)), Buffer.alloc(8192));
    expect(scanSegments(storage, layoutOf, storeId, path)).toMatchObject({ segments: [], errors: [], prepared: [segmentName(1, 1)] });
  });
});

describe('several segments', () => {
  const several = storeLayout(join(root, 'several'));
  const names: string[] = [];

  beforeAll(() => {
    fs.mkdirSync(several.wal, { recursive: true });
    const writer = new LogWriter({
      storage,
      clock: systemClock,
      layout: several,
      storeId,
      lock: { holds: () => true, release: () => {} },
      segmentBytes: SEGMENT_HEADER_BYTES + 4096,
      start: { epoch: 1, lsn: 0, headHash: 0n },
    });
    for (let lsn = 1; lsn <= 120; lsn += 1) write(writer, lsn, 1);
    writer.close();
    names.push(...fs.readdirSync(several.wal).sort());
  });

  const readAll = (fromLsn = 1) => {
    const scan = scanSegments(storage, several, storeId, path);
    return readLog({ storage, storeId, segments: scan.segments, fromLsn, visit: () => undefined });
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

  it('of which one is cut are damaged: the tail of an inner segment is never torn', () => {
    const cut = join(several.wal, names[1]!);
    const bytes = fs.readFileSync(cut);
    fs.truncateSync(cut, SEGMENT_HEADER_BYTES + 300);
    const end = readAll();
    fs.writeFileSync(cut, bytes);
    expect(end.kind).toBe('damaged');
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
});
