/** What an engine takes of memory and of the disk over an hour of its desk: bounded, and flat once it is as large as it gets. */

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Row, rowOf } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { type Hour, type HourSample, PER_SECOND, SAMPLES } from './hour.ts';
import type { Measurement } from './measurement.ts';

const HOUR_SECONDS = 3_600;
const SHORT_SECONDS = 360;
const HOUR = fileURLToPath(new URL('./hour.ts', import.meta.url));

/** Of the last quarter against the second. */
const GROWTH_MAX = 1.1;
/** Of a row of the archive, its share of the indexes included. */
const ARCHIVED_ROW_BYTES_MAX = 256;

const quarter = (samples: readonly HourSample[], index: number): readonly HourSample[] =>
  samples.slice((samples.length / 4) * index, (samples.length / 4) * (index + 1));

/**
 * The log may hold what was written since the floor: the oldest of the window's covering snapshot, the second newest snapshot and the
 * last archived LSN, which is as old as their cadence and as their runs took; and it is freed with the next snapshot only.
 */
export function logBound({ cadences: { windowMs, l2Ms, l3Ms, l4Ms } }: Hour, samples: readonly HourSample[], now: HourSample): number {
  const reachMs = Math.max(windowMs, l3Ms, l4Ms) + 2 * (l2Ms + l3Ms + now.tierMsMax);
  const then = samples.findLast(({ ms }) => ms <= now.ms - reachMs)?.segmentsMade ?? 0;
  // That of the floor, the present one, and the one that is prepared.
  return now.segmentsMade - then + 3;
}

/** Those of the window and the one before it, or as many as are kept in any case; and the one that was just written. */
export const snapshotsBound = ({ windowMs, l3Ms, l3Keep }: Hour['cadences']): number =>
  Math.max(l3Keep, Math.floor(windowMs / l3Ms) + 2) + 1;

/** The newest images, and one that is being written; and its history, which is for ever: fills and orders once, the other tables with every run. */
export const archiveBound = ({ l4Keep }: Hour['cadences'], { imageBytes, rowsByKey, rowsOfRuns }: HourSample): number =>
  (l4Keep + 1) * imageBytes + (rowsByKey + rowsOfRuns) * ARCHIVED_ROW_BYTES_MAX;

/** @param bareBytes what a bare process takes that holds the image in one buffer */
export function memoryRows(hour: Hour, bareBytes: number): Row[] {
  const { samples, cadences, operations } = hour;
  const resident = (index: number) => quarter(samples, index).map(({ residentBytes }) => residentBytes);
  const last = samples.at(-1)!;
  const worst = (ratio: (sample: HourSample) => number) => spreadOf([Math.max(...samples.map(ratio))]);
  const bounded = (name: string, ratio: (sample: HourSample) => number, note: string): Row =>
    rowOf({
      name: `memory, ${name} against its bound`,
      unit: 'times',
      ours: worst(ratio),
      targets: [{ against: 'bound', bound: 1 }],
      note,
    });
  const segments = `${last.segments} of ${last.segmentsMade} segments at the end`;
  return [
    rowOf({
      name: 'memory, resident size',
      unit: 'bytes',
      ours: spreadOf(resident(3)),
      limit: { by: 'bare Node', spread: spreadOf([bareBytes]) },
      targets: [],
      note: `last quarter of ${operations} operations; limit: a process that holds the image of ${last.imageBytes} bytes in one buffer`,
    }),
    rowOf({
      name: 'memory, resident size, last quarter against the second',
      unit: 'times',
      ours: spreadOf(resident(3).map((bytes) => bytes / median(resident(1)))),
      targets: [{ against: 'bound', bound: GROWTH_MAX }],
    }),
    bounded('log', (sample) => sample.segments / logBound(hour, samples, sample), segments),
    bounded('snapshots', ({ snapshots }) => snapshots / snapshotsBound(cadences), `at most ${snapshotsBound(cadences)} files`),
    bounded(
      'archive',
      (sample) => sample.archiveBytes / archiveBound(cadences, sample),
      `${last.archiveBytes} bytes at the end: ${cadences.l4Keep} images, and ${last.rowsByKey + last.rowsOfRuns} rows at most`,
    ),
  ];
}

const run = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--no-warnings', ...args], { maxBuffer: 64 << 20 })).stdout;

export const memory: Measurement = {
  name: 'memory',
  async run({ directory, short, tell }) {
    const seconds = short ? SHORT_SECONDS : HOUR_SECONDS;
    tell(`${seconds} seconds of ${PER_SECOND} operations each, ${SAMPLES} samples`);
    const root = join(directory, 'hour');
    const hour = JSON.parse(await run(HOUR, root, String(seconds))) as Hour;
    fs.rmSync(root, { recursive: true });
    const { imageBytes } = hour.samples.at(-1)!;
    const bareBytes = Number(
      await run('--eval', `globalThis.image = Buffer.alloc(${imageBytes}, 7); process.stdout.write(String(process.memoryUsage.rss()))`),
    );
    return memoryRows(hour, bareBytes);
  },
};
