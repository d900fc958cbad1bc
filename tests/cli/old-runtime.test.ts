/** The terminal in Electron's own Node, whose Node-API is too old for the archive: it recovers and accepts, and says what it left out. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRuntime } from '../../app/electron/runtime.ts';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';
import { buildAll } from '../../scripts/build.ts';
import { ROOT } from '../support/imports.ts';
import { rearm, temporaryFolder } from './run.ts';

const NODE_API_NEEDED = 10;

interface Report {
  readonly outcome: string;
  readonly lsn: number;
  readonly tiers: readonly { readonly tier: string; readonly status: string; readonly reason: string }[];
  readonly accepted?: { readonly epoch: number };
}
const l4 = ({ tiers }: Report) => tiers.find(({ tier }) => tier === 'L4')!;

test('without the archive: recovered, accepted, and the archive is left as it is', { timeout: 120_000 }, async (context) => {
  const runtime = findRuntime();
  if (!runtime) return context.skip('Electron: no runtime is here');
  const asNode = (...args: string[]) =>
    spawnSync(runtime.executable, args, { encoding: 'utf8', env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
  const version = Number(asNode('-p', 'process.versions.napi').stdout);
  if (!(version < NODE_API_NEEDED)) return context.skip(`Electron: this runtime has Node-API ${version}, the archive can be used in it`);
  await buildAll(['cli'], true);
  const terminal = (...args: string[]) => asNode(join(ROOT, 'dist/cli/rearm.js'), ...args);

  const folder = temporaryFolder();
  context.onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'store');
  const config = parseEngineConfig({ l3Ms: 100, l4Ms: 200, l1Ms: 5, l2Ms: 20 });
  const engine = await createStore({ platform: nativePlatform, root, name: 'archived', config });
  const report = async (): Promise<Report> => JSON.parse((await rearm(['recover', root, '--json'])).stdout) as Report;
  do await engine.commit({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: nativePlatform.clock.wallNs() });
  while (l4(await report()).status !== 'valid');
  await engine.abandon();
  const before = await report();

  const recovered = terminal('recover', root, '--json');
  expect([recovered.status, recovered.stderr]).toEqual([0, '']);
  const seen = JSON.parse(recovered.stdout) as Report;
  expect(seen).toMatchObject({ outcome: 'recovered', lsn: before.lsn });
  expect(l4(seen)).toMatchObject({ status: 'unavailable', reason: expect.stringContaining('Node-API') });
  const accepted = terminal('recover', root, '--accept', '--by', 'somebody', '--json');
  expect([accepted.status, accepted.stderr]).toEqual([0, '']);
  expect(JSON.parse(accepted.stdout)).toMatchObject({ accepted: { epoch: 2 } });
  const after = await report();
  expect(after).toMatchObject({ outcome: 'recovered' });
  expect(after.lsn).toBeGreaterThan(before.lsn);
  expect(l4(after).status).toBe(l4(before).status);
});
