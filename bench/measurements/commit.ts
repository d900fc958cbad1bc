/** One durable operation at a time: what its caller waits for. */

import fs from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../main/engine/engine.ts';
import { Day, ORDINARY, openDesk } from '../desk.ts';
import { openPeers } from '../peers/peers.ts';
import { type Row, rowOf, type Target } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { type Contestant, pairedRatios, takeTurns } from '../turns.ts';
import { BareFile } from './bare-file.ts';
import { BareWorker } from './bare-worker.ts';
import { type Bench, type Measurement, repetitions } from './measurement.ts';
import { frameBytesOf, recordsOfDay } from './records.ts';

const ROUNDS = 4_000;
const ROUNDS_SHORT = 400;
const WARM_UP = 200;

const us = (ms: number): number => ms * 1_000;

/** Microseconds of an awaited piece of work. */
const timed = (work: () => unknown): Contestant => {
  return async () => {
    const start = performance.now();
    const working = work();
    if (working instanceof Promise) await working;
    return us(performance.now() - start);
  };
};

function rowFor(
  name: string,
  by: 'C' | 'bare Node',
  samples: Readonly<Record<string, Float64Array>>,
  targets: readonly Target[],
  note?: string,
): Row {
  const spread = (contestant: string) => spreadOf(repetitions(samples[contestant]!.subarray(WARM_UP)).map(median));
  const peers = Object.keys(samples).filter((contestant) => contestant !== 'ours' && contestant !== 'limit');
  return rowOf({
    name,
    unit: 'us',
    ours: spread('ours'),
    limit: { by, spread: spread('limit') },
    peers: Object.fromEntries(peers.map((peer) => [peer, spread(peer)])),
    pairedCost: median(pairedRatios(samples.ours!.subarray(WARM_UP), samples.limit!.subarray(WARM_UP))),
    targets,
    note,
  });
}

async function inline({ directory, limit, short }: Bench, bytes: Uint8Array, records: readonly Uint8Array[]): Promise<Row> {
  const engine = await openDesk({ root: join(directory, 'inline'), size: ORDINARY, config: { commit: 'inline' } });
  const file = new BareFile(join(directory, 'bare'));
  const peers = await openPeers(directory);
  const day = new Day(ORDINARY);
  const rounds = WARM_UP + (short ? ROUNDS_SHORT : ROUNDS);
  day.prepare(rounds);
  let lsn = 0;
  const contestants: Record<string, Contestant> = {
    ours: timed(() => engine.commit(day.take())),
    limit: () => limit.commit(file.fd, bytes, file.place(bytes.length)) / 1_000,
  };
  for (const peer of peers) contestants[peer.name] = timed(() => peer.store(lsn++, [records[lsn % records.length]!]));
  const samples = await takeTurns(contestants, rounds);
  await engine.close();
  for (const peer of peers) await peer.close();
  file.close();
  return rowFor('commit, inline, p50', limit.by, samples, [
    { against: 'limit', costMax: 1.15 },
    { against: 'bestPeer', costMax: 1 },
  ]);
}

async function threaded({ directory, short }: Bench, bytes: Uint8Array): Promise<Row> {
  const engine: Engine = await openDesk({ root: join(directory, 'threaded'), size: ORDINARY, config: { commit: 'threaded' } });
  const file = new BareFile(join(directory, 'bare'));
  const worker = await BareWorker.start(file.fd, bytes.length);
  const day = new Day(ORDINARY);
  const rounds = WARM_UP + (short ? ROUNDS_SHORT : ROUNDS);
  day.prepare(rounds);
  const samples = await takeTurns(
    { ours: timed(() => engine.commit(day.take())), limit: timed(() => worker.commit(bytes, file.place(bytes.length))) },
    rounds,
  );
  await worker.stop();
  file.close();
  await engine.close();
  return rowFor('commit, threaded, p50', 'bare Node', samples, [{ against: 'limit', costMax: 1.25 }], 'limit: a bare worker thread');
}

export const commit: Measurement = {
  name: 'commit',
  async run(bench) {
    const records = await recordsOfDay(bench.directory, ORDINARY, 1_200);
    const bytes = new Uint8Array(
      Math.round(records.reduce((sum, record) => sum + frameBytesOf([record]), 0) / records.length / 8) * 8,
    ).fill(7);
    bench.tell(`a frame of one operation has ${bytes.length} bytes`);
    const rows = [await inline(bench, bytes, records), await threaded(bench, bytes)];
    for (const name of ['inline', 'threaded', 'bare']) fs.rmSync(join(bench.directory, name), { recursive: true, force: true });
    return rows;
  },
};
