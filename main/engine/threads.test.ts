/** A thread of the engine that cannot start, and one that ends: what is said of it is an error of ours. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { Desk } from '../../tests/support/desk.ts';
import { parseEngineConfig } from './config.ts';
import { openStore } from './open.ts';
import { startThread, whenReady } from './threads.ts';

test.each([
  ['threaded', 'off', 'wal/00000002-00000001.wal'],
  ['inline', 'thread', 'l2/00000002-a.slot'],
] as const)('commits %s, tiers %s: what hinders it reaches whoever opens the store', async (commit, tiers, blocked) => {
  const { engine, platform, root } = await Desk.create({ real: true, config: { tiers: 'inline', archive: false } });
  await engine.close();
  const config = parseEngineConfig({ commit, tiers, archive: false });
  const opening = openStore({ platform, root, config, random: (count) => new Uint8Array(count) }).catch((error) => error);
  // The thread makes its files when it runs; this one has not given way yet.
  const path = join(root, blocked);
  fs.writeFileSync(path, '');
  const error = await opening;
  fs.rmSync(dirname(root), { recursive: true, force: true });
  expect(error).toBeInstanceOf(RearmError);
  expect(error).toMatchObject({ code: 'IO_FAILED', message: expect.stringContaining(path), context: { path, system: 'EEXIST' } });
});

test('a thread for which there is no memory, and one that somebody ends before it is ready, are errors of ours', async () => {
  const ended = (why: unknown): void => expect.unreachable(String(why));
  const starting = (code: string, options = {}) => whenReady(new Worker(code, { eval: true, ...options }), () => {}, ended);
  const poor = starting('const all = []; for (;;) all.push(new Array(1_000).fill({}));', { resourceLimits: { maxOldGenerationSizeMb: 8 } });
  await expect(poor).rejects.toEqual(
    expect.objectContaining({ name: 'RearmError', code: 'INTERNAL', message: expect.stringContaining('memory') }),
  );
  await expect(starting('process.exit(3)')).rejects.toMatchObject({ name: 'RearmError', code: 'INTERNAL', context: { status: 3 } });
  await expect(starting('')).rejects.toMatchObject({ name: 'RearmError', code: 'INTERNAL' });
  expect(() => startThread('writer-thread', () => 'what no thread is given')).toThrow(
    expect.objectContaining({ name: 'RearmError', code: 'INTERNAL' }),
  );
});
