import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HAND_MADE, plant } from './planted-bugs.ts';
import { EQUIVALENT } from './planted-equivalent.ts';
import { checks, syncs } from './planted-source.ts';
import { ROOT } from './run.ts';

const REMOVED_SYNCS = syncs(ROOT);
const REMOVED_CHECKS = checks(ROOT);
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test.each(HAND_MADE.map((bug) => [bug.name, bug] as const))('has its place in the code: %s', (_, bug) => {
  const text = textOf(bug.file);
  expect(plant(bug, text)).not.toBe(text);
});

test('every bug has a name of its own', () => {
  const names = [...HAND_MADE, ...REMOVED_SYNCS, ...REMOVED_CHECKS].map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('a check that is found is taken out where it stands, on one line or over several', () => {
  const planted = (key: string): string => {
    const bug = REMOVED_CHECKS.find((check) => check.key === key)!;
    return plant(bug, textOf(bug.file));
  };
  expect(planted('main/tiers/tier-copy.ts: number !== page')).toContain('if (false && (number !== page)) return `it is page');
  expect(planted("main/tiers/tier-copy.ts: copy.bad > 0 || head.scope === 'hot'")).toContain(
    "if (false && (copy.bad > 0 || head.scope === 'hot'))\n    throw new RearmError('VERSION_OLDER'",
  );
});

test('the syncs of the storage itself are among those that are taken out', () => {
  const ofStorage = REMOVED_SYNCS.filter(({ file }) => file === 'main/storage/native.ts');
  expect(ofStorage.map(({ edits }) => edits[0]!.from.replace(/\(.*/s, ''))).toEqual([
    'fs.fdatasyncSync',
    'this.#libc.msync',
    'fs.fsyncSync',
    'this.syncDirectory',
  ]);
});

test('what is said to be equivalent is still a check of the source', () => {
  const keys = new Set(REMOVED_CHECKS.map(({ key }) => key));
  expect(Object.keys(EQUIVALENT).filter((key) => !keys.has(key))).toEqual([]);
});
