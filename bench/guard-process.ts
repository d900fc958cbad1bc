/**
 * A process whose system calls or allocations the guard counts: `guard-process.ts commits ROOT MODE COUNT` commits and ends, so that two counts
 * differ by their commits; `guard-process.ts posts ROOT COUNT` prints the bytes that a post allocates; `guard-process.ts groups ROOT
 * COUNT` prints how many times the processor time of its operations as JSON, written and read, a group takes.
 */

import type { EngineConfig } from '../main/engine/config.ts';
import { intentToJson } from '../shared/model/json.ts';
import type { Intent } from '../shared/model/operations.ts';
import { Day, type DeskSize, openDesk } from './desk.ts';
import { collectGarbage } from './garbage.ts';
import { takeTurns } from './turns.ts';

const SIZE: DeskSize = { positions: 200, orders: 1_000 };
/** So many that all of it is compiled by then. */
const WARM_UP = 20_000;
const GROUP = 1_000;
/** Small: preallocating one is most of what a short life costs. */
const SEGMENT_BYTES = 1 << 20;

/** So large that no second one is preallocated, and little else is done by the clock: two lives differ by their commits alone. */
const COMMITS_ALONE = { tiers: 'off', segmentBytes: 4 << 20, l1Ms: 1e9, markMs: 1e9, pruneMs: 1e9 } as const;

async function commits(root: string, mode: EngineConfig['commit'], count: number): Promise<void> {
  const engine = await openDesk({ root, size: SIZE, config: { ...COMMITS_ALONE, commit: mode } });
  const day = new Day(SIZE);
  day.prepare(count);
  for (let i = 0; i < count; i += 1) await engine.commit(day.take());
  await engine.close();
}

/** Bytes that one allocates. The young generation must be so large (--max-semi-space-size) that nothing is collected meanwhile. */
async function posts(root: string, count: number): Promise<number> {
  const engine = await openDesk({
    root,
    size: SIZE,
    config: { commit: 'threaded', tiers: 'off', segmentBytes: SEGMENT_BYTES, ringBytes: 16 << 20 },
  });
  const day = new Day(SIZE);
  for (let done = 0; done < WARM_UP; done += GROUP) {
    day.prepare(GROUP);
    for (let i = 0; i < GROUP; i += 1) engine.post(day.take());
    await engine.flush();
  }
  day.prepare(count);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i += 1) engine.post(day.take());
  const bytes = process.memoryUsage().heapUsed - before;
  await engine.close();
  return bytes / count;
}

/** Of the fastest of each: whatever else the machine does hits neither then. */
/** Milliseconds of the processor, of all threads: what else the machine does does not count. */
function processorMs(from?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

async function groups(root: string, count: number): Promise<number> {
  const engine = await openDesk({ root, size: SIZE, config: { tiers: 'off', segmentBytes: 4 * SEGMENT_BYTES } });
  const day = new Day(SIZE);
  let intents: Intent[] = [];
  const samples = await takeTurns(
    {
      ours: async () => {
        day.prepare(GROUP);
        intents = Array.from({ length: GROUP }, () => day.take());
        const start = process.cpuUsage();
        for (let i = 1; i < GROUP; i += 1) engine.post(intents[i - 1]!);
        await engine.commit(intents[GROUP - 1]!);
        return processorMs(start);
      },
      json: () => {
        const start = process.cpuUsage();
        for (const intent of intents) JSON.parse(JSON.stringify(intentToJson(intent)));
        return processorMs(start);
      },
    },
    count,
  );
  await engine.close();
  return Math.min(...samples.ours) / Math.min(...samples.json);
}

const [kind, root, ...rest] = process.argv.slice(2);
if (kind === 'commits') await commits(root!, rest[0] as EngineConfig['commit'], Number(rest[1]));
else process.stdout.write(String(await (kind === 'posts' ? posts : groups)(root!, Number(rest[0]))));
