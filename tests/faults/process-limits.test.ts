/** What the system may do to a process that trades, short of ending it: no more files, and a clock that is somebody else's. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
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
