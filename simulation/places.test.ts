/** Where a bit is flipped, verify names the page, frame, chunk or line that holds it, with its rows, or the whole record. */

import { expect, it } from 'vitest';
import type { FileFinding } from '../main/verify/file-findings.ts';
import { judgeDamage } from './judge-damage.ts';
import { isNamed, type Place, Places } from './places.ts';
import { type SubjectName, subjectOf } from './subject.ts';

const NAMES: readonly SubjectName[] =
  process.env.REARM_PROFILE === 'long' ? ['tiny', 'young', 'accepted', 'released'] : ['tiny', 'released'];
/** Of the released store what the others have not. */
const isOfGate = (path: string): boolean => /\/(gate|audit|lineage)\//.test(path);
/** Of a page: its hash, LSN, index, table and rows; of a frame what lies there. */
const FIELDS = [0, 8, 20, 24, 40];

it.each(NAMES)(
  'each field of each place of the %s store',
  async (name) => {
    const subject = await subjectOf(name, 1);
    const places = new Places(subject.tree);
    const missed: string[] = [];
    const kinds = new Set<string>();
    for (const path of subject.tree.files()) {
      if (name === 'released' && !isOfGate(path)) continue;
      const size = subject.tree.bytes(path).length;
      let place: Place;
      for (let at = 0; at < size; at = place.to) {
        place = places.at(path, at);
        if (place.what === 'nothing') continue;
        kinds.add(`${path.split('.').at(-1)} ${place.what.split(' ')[0]}`);
        // What is free looks the same everywhere.
        const { held, lsns, entry, whole, from, to } = place;
        const ofText = entry !== undefined || whole ? [(to - from) >> 1, to - from - 1] : [];
        for (const field of held.length > 0 || lsns ? FIELDS : [0, ...ofText]) {
          const byte = place.from + field;
          if (byte >= Math.min(place.to, size)) continue;
          const judged = judgeDamage(subject, { kind: 'bit', path, bit: byte * 8 + 1 });
          if (judged?.missed) missed.push(`${judged.damage}: ${place.what}, field at ${field}`);
        }
      }
    }
    expect(missed).toEqual([]);
    const expected =
      name === 'released' ? ['log line', 'json the'] : ['map page', 'slot entry', 'slot page', 'snapshot chunk', 'wal frame'];
    for (const kind of expected) expect(kinds).toContain(kind);
  },
  600_000,
);

it('a finding that names another page, frame or rows does not name the place', () => {
  const page: Place = { what: 'page 3', from: 8192, to: 12_288, held: [{ page: 3, table: 'orders', rows: [0, 30] }] };
  const line: Place = { what: 'line 2', from: 100, to: 190, entry: 2, held: [] };
  const record: Place = { what: 'the whole file', from: 0, to: 300, whole: true, held: [] };
  const frame: Place = { what: 'frame', from: 4096, to: 4300, lsns: [7, 9], held: [] };
  const found = (where: Partial<FileFinding>): FileFinding[] => [{ code: 'PAGE_DAMAGED', severity: 'damaged', message: '', ...where }];
  const whole = { offset: 8192, page: 3, table: 'orders', rows: [0, 30] } as const;
  expect(isNamed(page, 8192, found(whole))).toBe(true);
  expect(isNamed(page, 8192, found({ ...whole, offset: 12_288 }))).toBe(false);
  expect(isNamed(page, 8192, found({ page: 3, table: 'orders', rows: [0, 30] }))).toBe(false);
  expect(isNamed(page, 8192, found({ ...whole, table: 'fills' }))).toBe(false);
  expect(isNamed(page, 8192, found({ ...whole, rows: [31, 61] }))).toBe(false);
  expect(isNamed(page, 8192, found({ offset: 8192, page: 3 }))).toBe(false);
  expect(isNamed(frame, 4200, found({ lsn: 8 }))).toBe(true);
  expect(isNamed(frame, 4200, found({ offset: 4200 }))).toBe(true);
  expect(isNamed(frame, 4200, found({ lsn: 10 }))).toBe(false);
  expect(isNamed(frame, 4200, [])).toBe(false);
  expect(isNamed(frame, 4199, found({ offset: 4200 }))).toBe(false);
  expect(isNamed(line, 150, found({ entry: 2, offset: 100 }))).toBe(true);
  expect(isNamed(line, 150, found({ entry: 2, offset: 0 }))).toBe(false);
  expect(isNamed(line, 150, found({ entry: 3, offset: 100 }))).toBe(false);
  expect(isNamed(line, 150, found({ entry: 2 }))).toBe(false);
  expect(isNamed(record, 150, found({ whole: true }))).toBe(true);
  expect(isNamed(record, 150, found({ offset: 0 }))).toBe(false);
  expect(isNamed(record, 150, found({ whole: true, offset: 0 }))).toBe(false);
});
