/** The example in docs/EMBEDDING.md, run as it stands there. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'rearm-example-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function example(): string {
  const text = readFileSync(new URL('../../docs/EMBEDDING.md', import.meta.url), 'utf8');
  const code = /```ts example\n([\s\S]*?)```/.exec(text)![1]!;
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(24);
  const path = join(directory, 'example.ts');
  writeFileSync(path, code.replace('rearm/main/index.ts', new URL('../../main/index.ts', import.meta.url).pathname));
  return path;
}

test('the example runs, and runs again on the store that it closed in order', async () => {
  const path = example();
  const store = join(directory, 'store');
  for (let i = 0; i < 2; i += 1) {
    const { stdout } = await run(process.execPath, [path, store]);
    expect(stdout.trim()).toBe('1000.5');
  }
});

test('on a store that was not closed the example only reads, and says that trading is halted', async () => {
  const store = join(directory, 'crashed');
  const engine = await createStore({ platform: nativePlatform, root: store, name: 'desk', config: parseEngineConfig() });
  await engine.commit({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: nativePlatform.clock.wallNs() });
  await engine.abandon();
  const failed = await run(process.execPath, [example(), store]).catch((error: { code: number; stdout: string }) => error);
  expect(failed).toMatchObject({ code: 4 });
  expect(failed.stdout).toMatch(/^Recovered from L[12] to LSN 2; .* HALTED\n$/);
});
