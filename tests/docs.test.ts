import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLED, DOCUMENTS } from '../scripts/docs.ts';
import { ERROR_CODES } from '../shared/errors.ts';
import { importsUnder, isTest, ROOT } from './support/imports.ts';

test.each(Object.keys(DOCUMENTS))('%s is what its source says (npm run docs writes it)', (file) => {
  expect(readFileSync(join(ROOT, file), 'utf8')).toBe(DOCUMENTS[file]!());
});

test('every error code is documented once, and every documented code exists', () => {
  const text = readFileSync(join(ROOT, 'docs/ERRORS.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!);
  expect(documented.sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('every library that the page bundles is in the list of licences', () => {
  const bundled = importsUnder('renderer').filter((entry) => entry.package && !entry.package.startsWith('node:') && !isTest(entry.file));
  expect(bundled.filter((entry) => !BUNDLED.includes(entry.package!)).map((entry) => `${entry.file}: ${entry.package}`)).toEqual([]);
});
