/** Groups of operations under one sync: what a busy desk gets done. */

import fs from 'node:fs';
import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import type { EngineConfig } from '../../main/engine/config.ts';
import { Day, ORDINARY, openDesk } from '../desk.ts';
import { openPeers } from '../peers/peers.ts';
import { type Row, rowOf } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { type Contestant, pairedRatios, takeTurns } from '../turns.ts';
import { BareFile } from './bare-file.ts';
import { type Bench, type Measurement, repetitions } from './measurement.ts';
import { frameBytesOf, recordsOfDay } from './records.ts';

/** Against a peer of its size: performance of the design document. */
const GROUPS = [
  { size: 100, peerCostMax: 1 / 2 },
  { size: 1_000, peerCostMax: 1 / 4.5 },
] as const;
const LIMIT_COST_MAX = 1 / 0.75;

const ROUNDS = 300;
const ROUNDS_SHORT = 30;
const WARM_UP = 10;

/** Milliseconds of one group. */
const timed = (work: () => unknown): Contestant => {
  return async () => {
    const start = performance.now();
    const working = work();
    if (working instanceof Promise) await working;
    return performance.now() - start;
  };
};

async function groupsOf(
  { directory, short }: Bench,
  { size, peerCostMax }: (typeof GROUPS)[number],
  mode: EngineConfig['commit'],
  records: readonly Uint8Array[],
): Promise<Row> {
  const own = join(directory, `group-${mode}-${size}`);
  fs.mkdirSync(own);
  const engine = await openDesk({ root: join(own, 'store'), size: ORDINARY, config: { commit: mode, segmentBytes: 64 << 20 } });
  const file = new BareFile(join(own, 'bare'));
  const peers = await openPeers(own);
  const day = new Day(ORDINARY);
  const group = records.slice(0, size);
  const bytes = new Uint8Array(frameBytesOf(group)).fill(7);
  const rounds = WARM_UP + (short ? ROUNDS_SHORT : ROUNDS);
  let lsn = 0;
  const contestants: Record<string, Contestant> = {
    ours: async () => {
      day.prepare(size);
      return timed(() => {
        for (let i = 1; i < size; i += 1) engine.post(day.take());
        return engine.commit(day.take());
      })();
    },
    limit: timed(() => {
      xxh64(bytes);
      fs.writeSync(file.fd, bytes, 0, bytes.length, file.place(bytes.length));
      fs.fdatasyncSync(file.fd);
    }),
  };
  for (const peer of peers)
    contestants[peer.name] = timed(() => {
      lsn += size;
      return peer.store(lsn, group);
    });
  const samples = await takeTurns(contestants, rounds);
  await engine.close();
  for (const peer of peers) await peer.close();
  file.close();
  fs.rmSync(own, { recursive: true });
  const rates = (name: string) => repetitions(samples[name]!.subarray(WARM_UP).map((ms) => (size / ms) * 1_000));
  const spread = (name: string) => spreadOf(rates(name).map(median));
  return rowOf({
    name: `group commit of ${size}, ${mode}`,
    unit: 'operations/s',
    ours: spread('ours'),
    limit: { by: 'bare Node', spread: spread('limit') },
    peers: Object.fromEntries(peers.map(({ name }) => [name, spread(name)])),
    pairedCost: median(pairedRatios(samples.ours!.subarray(WARM_UP), samples.limit!.subarray(WARM_UP))),
    targets: [
      { against: 'limit', costMax: LIMIT_COST_MAX },
      { against: 'bestPeer', costMax: peerCostMax },
    ],
    note: `limit: hash, write and sync of the same ${bytes.length} bytes`,
  });
}

export const group: Measurement = {
  name: 'group commit',
  async run(bench) {
    const records = await recordsOfDay(bench.directory, ORDINARY, 1_200);
    const rows: Row[] = [];
    for (const size of GROUPS) {
      for (const mode of ['inline', 'threaded'] as const) {
        bench.tell(`${size.size} per sync, ${mode}`);
        rows.push(await groupsOf(bench, size, mode, records));
      }
    }
    return rows;
  },
};
