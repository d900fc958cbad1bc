/** Operations brought back from the log, a process each: by the public `recover`, by bare Node, by C; and out of the peers. */

import { join } from 'node:path';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { type History, historyOf, words } from '../history.ts';
import { dropPages } from '../page-cache.ts';
import { openPeers, PEER_NAMES, peerDirectory } from '../peers/peers.ts';
import { fresh } from '../processes/fresh.ts';
import { replayOf } from '../report.ts';
import { type Row, rowOf } from '../row.ts';
import { median, type Spread, spreadOf } from '../statistics.ts';
import { type Contestant, pairedRatios, takeTurns } from '../turns.ts';
import { type Bench, type Measurement, REPETITIONS } from './measurement.ts';
import { readRecords } from './records.ts';

const OPERATIONS = 1_000_000;
const OPERATIONS_SHORT = 100_000;
const REPETITIONS_SHORT = 1;
/** Of operations a second; a disk that must be read has a bound of its own. */
const RATE_MIN = 2_500_000;
const LIMIT_COST_MAX = 1 / 0.7;
const PEER_COST_MAX = 1 / 4;
/** The peers store as many in one transaction. */
const GROUP = 10_000;

type Cache = 'warm' | 'cold';
interface Answer {
  readonly ms: number;
  readonly records: number;
}

/** Stores in every peer what the log has above the LSN. */
async function fillPeers(directory: string, root: string, from: number): Promise<void> {
  const peers = await openPeers(directory);
  for (let lsn = from + 1; ; lsn += GROUP) {
    const records = readRecords(root, lsn, GROUP);
    for (const peer of peers) if (records.length > 0) await peer.store(lsn, records);
    if (records.length < GROUP) break;
  }
  for (const peer of peers) await peer.close();
}

/** @param count operations, all of which must come back */
async function replayOfAll({ directory, short, limit }: Bench, history: History, count: number, cache: Cache): Promise<Row> {
  const { root, lastLsn } = history;
  const from = lastLsn - count;
  const counted = (work: () => Answer): number => {
    const { ms, records } = work();
    if (records !== count) throw new Error(`${records} of ${count} records came back`);
    return ms;
  };
  const reading = (files: string, work: () => number): Contestant => {
    return () => {
      if (cache === 'cold') dropPages(files);
      return work();
    };
  };
  const contestants: Record<string, Contestant> = {
    ours: reading(root, () => replayOf(fresh<RecoveryReport>('recover', root), count).ms),
    bare: reading(root, () => counted(() => fresh('bare-replay', root, from))),
  };
  if (limit.by === 'C') contestants.c = reading(root, () => counted(() => fresh('limit-replay', root, from)));
  for (const name of PEER_NAMES)
    contestants[name] = reading(peerDirectory(directory, name), () => counted(() => fresh('peer-replay', root, name, directory)));
  // What was written a moment ago is in the page cache; not so what later work has driven out of it.
  if (cache === 'warm' && !short) await takeTurns(contestants, 1);
  const samples = await takeTurns(contestants, short ? REPETITIONS_SHORT : REPETITIONS);
  const spread = (name: string): Spread => spreadOf(samples[name]!.map((ms) => (count / ms) * 1_000));
  const c = samples.c ? `C: ${words(Math.round(spread('c').median))} operations/s; ` : '';
  return rowOf({
    name: `replay of ${words(count)}, ${cache}`,
    unit: 'operations/s',
    ours: spread('ours'),
    limit: { by: 'bare Node', spread: spread('bare') },
    peers: Object.fromEntries(PEER_NAMES.map((name) => [name, spread(name)])),
    pairedCost: median(pairedRatios(samples.ours!, samples.bare!)),
    targets: [
      ...(cache === 'warm' ? [{ against: 'bound', bound: RATE_MIN } as const] : []),
      { against: 'limit', costMax: LIMIT_COST_MAX },
      { against: 'bestPeer', costMax: PEER_COST_MAX },
    ],
    note: `${c}limit: the same frames checked, after-images copied and pages hashed; peers: every record read in order, its after-images copied${cache === 'cold' ? '; pages dropped with posix_fadvise' : ''}`,
  });
}

export const replay: Measurement = {
  name: 'replay',
  async run(bench) {
    const history = await historyOf(bench);
    const count = bench.short ? OPERATIONS_SHORT : OPERATIONS;
    history.arrange(count, 0);
    const directory = join(bench.directory, 'replay');
    bench.tell('the same operations into the peers');
    await fillPeers(directory, history.root, history.lastLsn - count);
    const rows: Row[] = [];
    for (const cache of ['warm', 'cold'] as const) {
      bench.tell(`${words(count)} operations, ${cache}`);
      rows.push(await replayOfAll({ ...bench, directory }, history, count, cache));
    }
    return rows;
  },
};
