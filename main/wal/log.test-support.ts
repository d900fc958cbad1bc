/** A log by itself: without an engine, in a store that has nothing else. */

import { expect } from 'vitest';
import { systemClock } from '../storage/native.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { LogWriter, type LogWriterOptions } from './log-writer.ts';
import type { LogSegment } from './segment-reader.ts';
import { scanSegments } from './segment-scan.ts';

export const STORE_ID = new Uint8Array(16).fill(0xab);
/** Its first epoch is its only one. */
export const LINEAGE = [{ epoch: 1, from: 0, to: Number.POSITIVE_INFINITY }] as const;

/** Of small segments; nothing fails that a test does not make fail. */
export const newLog = (options: Pick<LogWriterOptions, 'storage' | 'layout'> & Partial<LogWriterOptions>): LogWriter =>
  new LogWriter({
    clock: systemClock,
    storeId: STORE_ID,
    lock: { holds: () => true, release: () => {} },
    segmentBytes: 8192,
    frameAlignmentBytes: 8,
    start: { epoch: 1, lsn: 0, headHash: 0n },
    tell: (trouble) => expect.unreachable(trouble.message),
    ...options,
  });

export const segmentsOf = (storage: Storage, layout: StoreLayout, storeId: Uint8Array = STORE_ID): readonly LogSegment[] =>
  scanSegments(storage, layout, storeId, LINEAGE).segments;
