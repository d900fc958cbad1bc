/** The system reports that a sync of the log failed: what the kernel saw of it, with real files and threads. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { durableAt, readTrace } from './trace.ts';

const canTrace = spawnSync('strace', ['-V']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'rearm-failing-sync-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** So large that none is prepared while the process runs: every sync of the log but the first is one that frames wait for. */
const SEGMENT_BYTES = String(4 << 20);

/** Runs the committer; syncs fail as `when` says (strace counts them per thread). */
async function commitWith(commit: string, when: string, name: string) {
  const root = join(directory, name);
  const output = `${root}.trace`;
  const committer = new URL('./committer.ts', import.meta.url).pathname;
  const options = ['-f', '-y', '-xx', '-s', '100', '-e', 'trace=pwrite64,fdatasync,write', '-o', output];
  const words = await new Promise<string>((resolve) => {
    const inject = ['-e', `inject=fdatasync:error=EIO:when=${when}`];
    execFile('strace', [...options, ...inject, process.execPath, committer, root, commit, SEGMENT_BYTES], (_, stdout) => resolve(stdout));
  });
  const told = (word: string) => [...words.matchAll(new RegExp(`^${word} (\\w+)$`, 'gm'))].map(([, value]) => value!);
  const acknowledged = told('acknowledged').map(Number);
  const calls = readTrace(output);
  const failed = calls.filter((call) => call.name === 'fdatasync' && call.result !== 0).map((call) => basename(call.target));
  const { report } = recover({ ...nativePlatform, root, brief: true });
  // Whatever failed: told only after a completed sync of a file that holds the operation.
  for (const call of calls) {
    const lsn = call.name === 'write' ? /acknowledged (\d+)/.exec(call.bytes.toString('latin1'))?.[1] : undefined;
    if (lsn !== undefined) expect(durableAt(calls, call.began), `LSN ${lsn}`).toBeGreaterThanOrEqual(Number(lsn));
  }
  return { acknowledged, alarms: told('alarm'), ended: told('ended'), failed, calls, report };
}

describe('a sync that fails', () => {
  // Of three commits that are acknowledged together each one's sync: what the next one syncs must not cover for it.
  test.for([
    ['inline', 30],
    ['inline', 31],
    ['inline', 32],
    ['threaded', 30],
  ] as const)(
    '%s commit, once, sync %i: everything is acknowledged from another segment, and the failed one is never synced again',
    { timeout: 60_000 },
    async ([commit, when], context) => {
      if (!canTrace) context.skip('strace is not installed');
      const { acknowledged, alarms, ended, failed, calls, report } = await commitWith(commit, `${when}`, `once-${commit}-${when}`);
      expect(acknowledged).toHaveLength(120);
      expect(alarms).toEqual(['LOG_REWRITTEN']);
      expect(ended).toEqual([]);
      expect(failed).toHaveLength(1);
      expect(failed[0]).toMatch(/\.wal$/);
      const syncs = calls.filter((call) => call.name === 'fdatasync' && basename(call.target) === failed[0]);
      expect(syncs.at(-1)!.result).not.toBe(0);
      expect(report).toMatchObject({ outcome: 'recovered', closedInOrder: true, lostAcknowledged: 0 });
      expect(report.lsn).toBeGreaterThanOrEqual(acknowledged.at(-1)!);
    },
  );

  test.for(['inline', 'threaded'])(
    '%s commit, for good: nothing more is acknowledged, and nothing that was is lost',
    { timeout: 60_000 },
    async (commit, context) => {
      if (!canTrace) context.skip('strace is not installed');
      const { acknowledged, alarms, ended, failed, report } = await commitWith(commit, '30+', `always-${commit}`);
      expect(acknowledged.length).toBeGreaterThan(10);
      expect(acknowledged.length).toBeLessThan(120);
      expect(alarms).toEqual(['WRITER_POISONED']);
      expect(ended).toEqual(['WRITER_POISONED']);
      // The sync that failed, and one in each new segment that was tried.
      expect(failed).toHaveLength(4);
      expect(new Set(failed).size).toBe(4);
      expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
      expect(report.lsn).toBeGreaterThanOrEqual(acknowledged.at(-1)!);
    },
  );
});
