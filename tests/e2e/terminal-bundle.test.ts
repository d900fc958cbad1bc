/** The terminal as an installed package runs it: bundled, with the demo's processes and the engine's threads beside it. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildAll } from '../../scripts/build.ts';
import { ROOT } from '../../scripts/bundle.ts';

beforeAll(() => buildAll(['cli'], true));

function rearm(...args: string[]): Promise<{ readonly status: number | null; readonly stdout: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/rearm.js'), ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout })));
}

test('the demo runs, and its store is recovered; stdout holds one document', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'rearm-bundle-'));
  const desk = join(folder, 'desk');
  context.onTestFinished(async () => {
    await rearm('demo', desk, '--stop');
    rmSync(folder, { recursive: true, force: true });
  });
  const demo = await rearm('demo', desk, '--seconds', '2', '--json');
  expect(demo.status).toBe(0);
  const { store, killedAtLsn } = JSON.parse(demo.stdout) as { store: string; killedAtLsn: number };
  const recovered = await rearm('recover', store, '--json');
  expect(recovered.status).toBe(0);
  const report = JSON.parse(recovered.stdout) as { outcome: string; lsn: number; lostAcknowledged: number };
  expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  expect(report.lsn).toBeGreaterThanOrEqual(killedAtLsn);
});
