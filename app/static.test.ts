import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStatic, relativePath } from './static.ts';

let base = '';
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'rearm-static-'));
  mkdirSync(join(base, 'root/assets'), { recursive: true });
  mkdirSync(join(base, 'root-secret'));
  writeFileSync(join(base, 'secret.json'), '{}');
  writeFileSync(join(base, 'root-secret/key.json'), '{}');
  writeFileSync(join(base, 'root/index.html'), 'page');
  writeFileSync(join(base, 'root/assets/index-Ab_1.js'), 'code');
  writeFileSync(join(base, 'root/.hidden.json'), '{}');
  writeFileSync(join(base, 'root/program.sh'), 'x');
  symlinkSync(join(base, 'secret.json'), join(base, 'root/assets/link.json'));
});
afterAll(() => rmSync(base, { recursive: true }));

test('files under the root are served with their type', async () => {
  expect(await readStatic(join(base, 'root'), '/')).toMatchObject({ type: 'text/html; charset=utf-8' });
  const script = await readStatic(join(base, 'root'), '/assets/index-Ab_1.js');
  expect(script?.type).toBe('text/javascript; charset=utf-8');
  expect(script?.bytes.toString()).toBe('code');
});

test.each([
  '/../secret.json',
  '/%2e%2e/secret.json',
  '/..%2fsecret.json',
  '/%252e%252e/secret.json',
  '/assets/../../secret.json',
  '/assets/..\\..\\secret.json',
  '/..%5csecret.json',
  '/../root-secret/key.json',
  '//secret.json',
  '/assets//index-Ab_1.js',
  '/.hidden.json',
  '/assets/link.json',
  '/assets',
  '/program.sh',
  '/index.html%00.js',
  '/%',
  '/C:/secret.json',
  'index.html',
  '',
])('%s is not served', async (pathname) => {
  expect(await readStatic(join(base, 'root'), pathname)).toBeNull();
});

test('an address without a path is the page', () => {
  expect(relativePath('/')).toBe('index.html');
});
