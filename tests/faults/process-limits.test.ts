/** What the system may do to a process that trades, short of ending it: no more files, no larger ones, calls done by half, and a clock that is somebody else's. */

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext, test } from 'vitest';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { History } from '../../simulation/model/history.ts';
import { runAndKill } from '../crash/run.ts';
import { logged, Tally } from '../crash/tally.ts';
import { SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';

const CONFIG = { segmentBytes: 65_536, l1Ms: 5, l2Ms: 20, l3Ms: 100, l4Ms: 200, syncMs: 7, markMs: 40, pruneMs: 50, windowMs: 86_400_000 };

function desk(context: TestContext) {
  const directory = temporaryDirectory();
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const history = new History({ fillsMax: SMALL_ROWS.fills });
  const task = (life: number, commit: 'inline' | 'threaded') => {
    const before = join(directory, 'history');
    fs.writeFileSync(before, history.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return {
      root: join(directory, 'store'),
      submissions: join(directory, `submissions-${life}`),
      history: life === 0 ? null : before,
      seed: 11 + life,
      firstStep: life * 1_000_000,
      config: { ...CONFIG, commit },
      generator: {},
      rowsMax: SMALL_ROWS,
    };
  };
  return { root: join(directory, 'store'), history, task, tally: new Tally() };
}

test.for(['inline', 'threaded'] as const)(
  'no more descriptors (%s commit): refused by name, and nothing acknowledged is lost',
  { timeout: 60_000 },
  async (commit, context) => {
    if (spawnSync('prlimit', ['--version']).error) context.skip('prlimit is not installed');
    const { root, history, task, tally } = desk(context);
    const noMore = (pid: number): void => {
      // A new descriptor takes the lowest free number, and below this there is none: also where one that was open is closed meanwhile.
      const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), '--nofile=3:']);
      if (status !== 0) throw new Error(String(stderr));
    };
    // It ends by itself, when it needs the next segment.
    const death = await runAndKill(task(0, commit), 300, history, { strike: noMore, thenMs: 45_000 });
    expect(death.words).toContain('WRITER_POISONED');
    expect(death.alarms.join('\n')).toContain('EMFILE');
    const { report } = tally.judge(root, history, death.acknowledged)!;
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  },
);

test('files of a bounded size: a store that cannot be made is refused by name, and can be made when the bound is gone', {
  timeout: 60_000,
}, async (context) => {
  if (spawnSync('prlimit', ['--version']).error) context.skip('prlimit is not installed');
  const { root, history, task, tally } = desk(context);
  const bounded = task(0, 'inline');
  const worker = fileURLToPath(new URL('../crash/worker.ts', import.meta.url));
  const words = JSON.stringify({ ...bounded, config: { ...bounded.config, segmentBytes: 4 << 20 } });
  const { signal, stderr } = spawnSync('prlimit', ['--fsize=1000000', process.execPath, '--no-warnings', worker, words], {
    encoding: 'utf8',
  });
  // No signal of the system ends it: it is told.
  expect(signal).toBeNull();
  expect(stderr).toContain('DISK_FULL');
  expect(stderr).toContain('EFBIG');
  expect(() => tally.judge(root, history, 0)).not.toThrow();
  expect([...tally.outcomes.keys()]).toEqual(['STORE_MISSING']);
  // What is left of it is nobody's to take away.
  await expect(runAndKill(bounded, 200, history)).rejects.toThrow('STORE_EXISTS');
  fs.rmSync(root, { recursive: true });
  const death = await runAndKill(bounded, 200, history);
  expect(death.acknowledgements).toBeGreaterThan(0);
  expect(tally.judge(root, history, death.acknowledged)!.report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
});

test.for(['inline', 'threaded'] as const)(
  'calls that are interrupted, and that read and write less than they were asked for (%s commit): nothing is taken for done, or for the end',
  { timeout: 60_000 },
  async (commit, context) => {
    if (spawnSync('cc', ['--version']).error) context.skip('there is no C compiler');
    const { root, history, task, tally } = desk(context);
    const library = join(root, '..', 'short-calls.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, fileURLToPath(new URL('./short-calls.c', import.meta.url))]);
    const under = ['env', `LD_PRELOAD=${library}`, `SHORT_CALLS_UNDER=${root}`];
    for (let life = 0; life < 3; life += 1) {
      const already = history.lastLsn;
      const death = await runAndKill({ ...task(life, commit), under }, 300, history);
      expect(death.alarms).toEqual([]);
      expect(death.acknowledgements).toBeGreaterThan(0);
      const { report } = tally.judge(root, history, Math.max(already, death.acknowledged))!;
      expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
      history.cut(report.lsn);
      await acceptRecovery({ platform: nativePlatform, root, by: 'the test' });
      for (const line of logged(root, report.lsn + 1)) history.add(line);
    }
  },
);

test.for([
  ['a day back', '-1d'],
  ['a year ahead', '+365d'],
  ['standing still', '2026-01-02 03:04:05'],
  ['ten times as fast', '+0 x10'],
] as const)('a clock that is %s: order is LSNs, and nothing is lost or taken for lost', { timeout: 60_000 }, async ([, clock], context) => {
  const [library] = fs.globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) context.skip('libfaketime is not installed');
  const { root, history, task, tally } = desk(context);
  const accepted = async (): Promise<void> => {
    const { report } = tally.judge(root, history, death.acknowledged)!;
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
    history.cut(report.lsn);
    await acceptRecovery({ platform: nativePlatform, root, by: 'the test' });
    for (const line of logged(root, report.lsn + 1)) history.add(line);
  };
  let death = await runAndKill(task(0, 'threaded'), 200, history);
  await accepted();
  // The wall clock alone: a monotonic clock that jumps is no clock of Linux.
  const under = ['env', `LD_PRELOAD=${library}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1', `FAKETIME=${clock}`];
  death = await runAndKill({ ...task(1, 'threaded'), under }, 400, history);
  expect(death.acknowledgements).toBeGreaterThan(0);
  await accepted();
  death = await runAndKill(task(2, 'threaded'), 200, history);
  expect(death.acknowledgements).toBeGreaterThan(0);
  await accepted();
  expect(tally.failures).toEqual({ lost: 0, invented: 0, wrong: 0, crashed: 0 });
});
