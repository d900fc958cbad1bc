/**
 * What must not become dearer unnoticed, on any machine: counts, of calls, bytes and allocations, that do not depend on how fast it is; and one
 * ratio of times, with much room. Beside each bound stands what was measured when it was set.
 */

import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recover } from '../main/cascade/recover.ts';
import type { EngineConfig } from '../main/engine/config.ts';
import type { Engine } from '../main/engine/engine.ts';
import { nativePlatform } from '../main/engine/native-platform.ts';
import { PAGE_BYTES } from '../shared/model/schema.ts';
import { SteppedClock, SteppedScheduler } from '../simulation/stepped.ts';
import { CountingStorage } from './counting-storage.ts';
import { amendment, Day, openDesk } from './desk.ts';

const SIZE = { positions: 200, orders: 2_000 };
const GROUP = 1_000;
/** On the disk of the checkout: what is temporary may be memory, which takes no time to sync. */
const OUTPUT = fileURLToPath(new URL('../dist/bench', import.meta.url));
fs.mkdirSync(OUTPUT, { recursive: true });
const directory = fs.mkdtempSync(join(OUTPUT, 'guard-'));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

/** A count per piece of work, and what it may be. What is not there at all was not counted. */
function expectAtMost(what: string, measured: number, bound: number): void {
  expect(measured, what).toBeGreaterThan(0);
  expect(measured, `${what}: ${measured}, at most ${bound}`).toBeLessThanOrEqual(bound);
}

/** An engine whose time stands still, so that nothing happens but what is asked for, on a storage that counts. */
async function counted(name: string): Promise<{ engine: Engine; day: Day; storage: CountingStorage; clock: SteppedClock; root: string }> {
  const root = join(directory, name);
  const clock = new SteppedClock();
  const storage = new CountingStorage(nativePlatform.storage);
  const engine = await openDesk({
    root,
    size: SIZE,
    config: { tiers: 'inline', segmentBytes: 4 << 20 },
    moreOrders: 10_000,
    platform: { ...nativePlatform, storage, clock, scheduler: new SteppedScheduler(clock) },
  });
  storage.clear();
  return { engine, day: new Day(SIZE, clock), storage, clock, root };
}

async function group(engine: Engine, day: Day): Promise<void> {
  for (let i = 1; i < GROUP; i += 1) engine.post(day.take());
  await engine.commit(day.take());
}

describe('calls of the storage', () => {
  test('a commit writes once and syncs once', async () => {
    const { engine, day, storage } = await counted('commits');
    const commits = 600;
    day.prepare(commits);
    for (let i = 0; i < commits; i += 1) await engine.commit(day.take());
    // Measured: 1 write, 1 sync, 1 look at the lock, 1 watermark in L1.
    expectAtMost('writes', storage.tally('wal write').calls / commits, 1);
    expectAtMost('syncs', storage.tally('wal sync').calls / commits, 1);
    expectAtMost(`calls (${storage.tallies})`, storage.calls / commits, 4);
    // Measured: 295 bytes, of which 80 are the frame's.
    expectAtMost('bytes', storage.tally('wal write').bytes / commits, 320);
    await engine.close();
  });

  test('a group of 1,000 is one write and one sync', async () => {
    const { engine, day, storage } = await counted('groups');
    const groups = 3;
    for (let i = 0; i < groups; i += 1) {
      day.prepare(GROUP);
      await group(engine, day);
    }
    // Measured: 1 write, 1 sync, 4 calls in all. A group of more than 256 KiB may be written in pieces.
    expectAtMost('writes', storage.tally('wal write').calls / groups, 2);
    expectAtMost('syncs', storage.tally('wal sync').calls / groups, 1);
    expectAtMost(`calls (${storage.tallies})`, storage.calls / groups, 6);
    // Measured: 231 bytes.
    expectAtMost('bytes of an operation', storage.tally('wal write').bytes / groups / GROUP, 245);
    await engine.close();
  });

  test('checkpoints of 10 changed rows copy and write the pages of 10 rows', async () => {
    const { engine, storage, clock } = await counted('checkpoints');
    const change = (row: number, round: number) => engine.commit(amendment(row * 200, round, clock.wallNs()));
    // Both slots of both tiers have everything then.
    for (const round of [1, 2, 3]) {
      await change(0, round);
      await engine.checkpoint();
    }
    for (let row = 0; row < 10; row += 1) await change(row, 4);
    storage.clear();
    await engine.checkpoint();
    expect(engine.state.image.pageCount).toBeGreaterThan(60);
    // Measured: 10 pages of 94.
    expectAtMost('pages copied to L1', Math.floor(storage.tally('l1 copyIn').bytes / PAGE_BYTES), 11);
    // Measured: 45,216 bytes: 10 pages with their entries, and a header.
    expectAtMost('bytes written to L2', storage.tally('l2 write').bytes, 12 * (PAGE_BYTES + 16));
    expectAtMost('syncs of L2', storage.tally('l2 sync').calls, 2);
    await engine.close();
  });

  test('a recovery reads the log a few times and each copy once', async () => {
    const { engine, day, storage, clock, root } = await counted('recovery');
    await engine.checkpoint();
    day.prepare(3 * GROUP);
    for (let i = 0; i < 3; i += 1) await group(engine, day);
    const crashed = join(directory, 'crashed');
    fs.cpSync(root, crashed, { recursive: true });
    const last = engine.nextLsn - 1;
    const imageBytes = engine.state.image.pageCount * PAGE_BYTES;
    await engine.close();
    const segments = fs.readdirSync(join(crashed, 'wal')).map((name) => fs.statSync(join(crashed, 'wal', name)).size);
    const logBytes = segments.reduce((sum, bytes) => sum + bytes, 0);
    storage.clear();
    const { image } = recover({ storage, clock, root: crashed, bootId: nativePlatform.bootId, brief: true });
    expect(image?.lsn).toBe(last);
    // Measured: 4.5: once for the mark of each copy, once for the replay, and what is behind the last frame twice more, to judge it.
    expectAtMost('times that the log is read', storage.tally('wal read').bytes / logBytes, 5);
    // Measured: 3.1: two slots of L1, one of L2 with its page table.
    expectAtMost('images read', (storage.tally('l1 read').bytes + storage.tally('l2 read').bytes) / imageBytes, 3.5);
  });
});

const PROCESS = fileURLToPath(new URL('./guard-process.ts', import.meta.url));
const run = promisify(execFile);

describe('system calls', () => {
  const CALLS = ['pwrite64', 'fdatasync', 'statx', 'read', 'write'] as const;
  const FEW = 100;
  /** Many more: how the desk's beginning falls into frames is a matter of time, and must not count. */
  const MANY = 2_000;
  const counts = new Map<string, Record<string, number>>();

  /** Calls of a process by their name. */
  async function traced(mode: EngineConfig['commit'], commits: number): Promise<Record<string, number>> {
    const output = join(directory, `${mode}-${commits}.strace`);
    const root = join(directory, `traced-${mode}-${commits}`);
    const command = [process.execPath, '--no-warnings', PROCESS, 'commits', root, mode, String(commits)];
    await run('strace', ['-f', '--seccomp-bpf', '-c', '-e', `trace=${CALLS.join(',')}`, '-o', output, ...command]);
    const lines = fs.readFileSync(output, 'utf8').split('\n');
    const rows = lines.map((line) => line.trim().split(/\s+/)).filter((cells) => CALLS.includes(cells.at(-1) as 'read'));
    return Object.fromEntries(rows.map((cells) => [cells.at(-1)!, Number(cells[3])]));
  }

  const canTrace = spawnSync('strace', ['-V']).status === 0;
  beforeAll(async () => {
    if (!canTrace) return;
    for (const mode of ['inline', 'threaded'] as const) {
      const [few, many] = await Promise.all([traced(mode, FEW), traced(mode, MANY)]);
      counts.set(mode, Object.fromEntries(CALLS.map((name) => [name, ((many[name] ?? 0) - (few[name] ?? 0)) / (MANY - FEW)])));
    }
  });

  // Measured, inline: 1 pwrite64, 1 fdatasync, 2 statx (the lock, by name and as it is open). Threaded: the same, and 2 reads and 2 writes
  // by which one thread wakes the other.
  test.for([
    ['inline', 4.4],
    ['threaded', 9.5],
  ] as const)('%s, a commit takes one pwrite64, one fdatasync and few others', ([mode, callsMax], context) => {
    if (!canTrace) context.skip('strace is not installed');
    const of = counts.get(mode)!;
    expectAtMost('pwrite64', of.pwrite64!, 1.1);
    expectAtMost('fdatasync', of.fdatasync!, 1.1);
    expectAtMost(
      `calls (${JSON.stringify(of)})`,
      CALLS.reduce((sum, name) => sum + of[name]!, 0),
      callsMax,
    );
  });
});

test('a post allocates little', async () => {
  const flags = ['--no-warnings', '--min-semi-space-size=128', '--max-semi-space-size=128'];
  const { stdout } = await run(process.execPath, [...flags, PROCESS, 'posts', join(directory, 'posts'), '10000']);
  // Measured: 465 bytes.
  expectAtMost('bytes allocated by a post', Number(stdout), 560);
});

test('a group of 1,000, applied, recorded and durable, takes not much more of the processor than its operations as JSON', async () => {
  const { stdout } = await run(process.execPath, ['--no-warnings', PROCESS, 'groups', join(directory, 'timed'), '40']);
  // Measured: 1.2 to 1.3, on a machine that did much else.
  expectAtMost('times its operations as JSON', Number(stdout), 2.5);
});
