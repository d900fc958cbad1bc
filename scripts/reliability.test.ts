import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importsIn, ROOT } from '../tests/support/imports.ts';
import { isSource, PARTS } from './reliability-parts.ts';

/** These files, and all that they import. */
function reached(entries: readonly string[]): ReadonlySet<string> {
  const files = new Set<string>();
  const follow = (file: string): void => {
    const path = join(ROOT, file);
    if (files.has(file) || !existsSync(path)) return;
    files.add(file);
    for (const { target } of importsIn(file, readFileSync(path, 'utf8'))) if (target !== null) follow(target);
  };
  for (const entry of entries) follow(entry);
  return files;
}

test.each(PARTS.map((part) => [part.name, part] as const))('%s: a change of anything that it imports makes its figures old', (_, part) => {
  const files = reached(part.entries);
  expect(files.size).toBeGreaterThan(part.entries.length);
  expect([...files].filter((file) => !isSource(file, part.sources, part.withTests))).toEqual([]);
  expect(part.sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('of a folder the tests in it are no source, but one that is named is', () => {
  expect(isSource('main/wal/floor.ts', ['main'])).toBe(true);
  expect(isSource('main/wal/floor.test.ts', ['main'])).toBe(false);
  expect(isSource('main/wal/floor.test.ts', ['main', 'main/wal/floor.test.ts'])).toBe(true);
  expect(isSource('main/wal/floor.test.ts', ['main'], true)).toBe(true);
  expect(isSource('maintenance.ts', ['main'])).toBe(false);
});
