/**
 * What the kernel saw: a completed fdatasync covers every operation before it is acknowledged, and every client order id is durable
 * in the log before any byte of it goes to a venue.
 */

import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { deskPaths, startSimulator } from '../../app/demo/desk.ts';
import { durableAt, frameLsns, readTrace } from './trace.ts';

const run = promisify(execFile);
const canTrace = spawnSync('strace', ['-V']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'rearm-trace-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const traced = (output: string, size: number, ...command: string[]) => [
  '-f',
  '-y',
  '-xx',
  '-s',
  String(size),
  '-e',
  'trace=pwrite64,fdatasync,write,writev,sendto,sendmsg',
  '-o',
  output,
  ...command,
];
const source = (path: string) => new URL(path, import.meta.url).pathname;

describe('traced', () => {
  beforeEach((context) => {
    if (!canTrace) context.skip('strace is not installed');
  });

  test.each(['inline', 'threaded'])(
    '%s commit: acknowledged only after a sync that covers it',
    async (commit) => {
      const output = join(directory, `${commit}.trace`);
      await run('strace', traced(output, 100, process.execPath, source('./committer.ts'), join(directory, commit), commit), {
        maxBuffer: 1 << 26,
      });
      const calls = readTrace(output);
      const acknowledgements = calls.flatMap((call) => {
        const lsn = call.name === 'write' ? /acknowledged (\d+)/.exec(call.bytes.toString('latin1'))?.[1] : undefined;
        return lsn === undefined ? [] : [{ lsn: Number(lsn), moment: call.began }];
      });
      expect(acknowledgements).toHaveLength(120);
      for (const { lsn, moment } of acknowledgements) expect(durableAt(calls, moment), `LSN ${lsn}`).toBeGreaterThanOrEqual(lsn);
      // More than one segment: the roll is part of what is shown.
      expect(new Set(calls.filter((call) => frameLsns(call.bytes)).map((call) => call.target)).size).toBeGreaterThan(1);
    },
    60_000,
  );

  test('a client order id is durable in the log before it is sent to a venue', async () => {
    const paths = deskPaths(directory);
    const simulator = await startSimulator(paths, 11, false);
    const output = join(directory, 'trader.trace');
    const child = spawn(
      'strace',
      traced(
        output,
        40_000,
        process.execPath,
        source('../../app/demo/trader/main.ts'),
        '--store',
        paths.store,
        '--venues',
        paths.venueConfig,
      ),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    // strace blocks signals to itself: the traced process is told by its own id.
    const pid = await new Promise<number>((resolve) => {
      let trader = 0;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as { pid?: number; acknowledged?: number };
        trader = message.pid ?? trader;
        if ((message.acknowledged ?? 0) > 400) resolve(trader);
      });
    });
    process.kill(pid, 'SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    simulator.child.kill('SIGTERM');

    const calls = readTrace(output);
    const durableFrom = new Map<string, number>();
    for (const sync of calls.filter((call) => call.name === 'fdatasync' && call.target.endsWith('.wal') && call.result === 0)) {
      for (const write of calls) {
        if (write.ended >= sync.began || write.target !== sync.target || write.name !== 'pwrite64' || !frameLsns(write.bytes)) continue;
        for (const [id] of write.bytes.toString('latin1').matchAll(/(?:bi|by)1-\d{6}/g)) {
          durableFrom.set(id, Math.min(durableFrom.get(id) ?? Number.POSITIVE_INFINITY, sync.ended));
        }
      }
    }
    const sent = calls.filter((call) => ['write', 'writev', 'sendto', 'sendmsg'].includes(call.name) && /TCP|socket/.test(call.target));
    const firstSent = new Map<string, number>();
    for (const call of sent) {
      for (const [id] of call.bytes.toString('latin1').matchAll(/(?:bi|by)1-\d{6}/g)) if (!firstSent.has(id)) firstSent.set(id, call.began);
    }
    expect(firstSent.size).toBeGreaterThan(20);
    for (const [id, moment] of firstSent) expect(durableFrom.get(id) ?? Number.POSITIVE_INFINITY, id).toBeLessThan(moment);
  }, 120_000);
});
