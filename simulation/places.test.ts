/** Where a bit of a copy or of the log is flipped, verify names the page, frame or chunk that holds it, with its rows. */

import { expect, it } from 'vitest';
import type { FileFinding } from '../main/verify/file-findings.ts';
import { judgeDamage } from './judge-damage.ts';
import { isNamed, type Place, Places } from './places.ts';
import { type SubjectName, subjectOf } from './subject.ts';

const NAMES: readonly SubjectName[] = process.env.REARM_PROFILE === 'long' ? ['tiny', 'young', 'accepted'] : ['tiny'];
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
      const size = subject.tree.bytes(path).length;
      let place: Place | null;
      for (let at = 0; at < size; at = place.to) {
        place = places.at(path, at);
        if (!place) break;
        if (place.what === 'nothing') continue;
        kinds.add(`${path.split('.').at(-1)} ${place.what.split(' ')[0]}`);
        // What is free looks the same everywhere.
        for (const field of place.held.length > 0 || place.lsns ? FIELDS : [0]) {
          const byte = place.from + field;
          if (byte >= Math.min(place.to, size)) continue;
          const judged = judgeDamage(subject, { kind: 'bit', path, bit: byte * 8 + 1 });
          if (judged?.missed) missed.push(`${judged.damage}: ${place.what}, field at ${field}`);
        }
      }
    }
    expect(missed).toEqual([]);
    for (const kind of ['map page', 'slot entry', 'slot page', 'snapshot chunk', 'wal frame']) expect(kinds).toContain(kind);
  },
  600_000,
);

it('a finding that names another page, frame or rows does not name the place', () => {
  const page: Place = { what: 'page 3', from: 8192, to: 12_288, held: [{ page: 3, table: 'orders', rows: [0, 30] }] };
  const frame: Place = { what: 'frame', from: 4096, to: 4300, lsns: [7, 9], held: [] };
  const found = (where: Partial<FileFinding>): FileFinding[] => [{ code: 'PAGE_DAMAGED', severity: 'damaged', message: '', ...where }];
  const whole = { offset: 8192, page: 3, table: 'orders', rows: [0, 30] } as const;
  expect(isNamed(page, found(whole))).toBe(true);
  expect(isNamed(page, found({ ...whole, offset: 12_288 }))).toBe(false);
  expect(isNamed(page, found({ page: 3, table: 'orders', rows: [0, 30] }))).toBe(false);
  expect(isNamed(page, found({ ...whole, table: 'fills' }))).toBe(false);
  expect(isNamed(page, found({ ...whole, rows: [31, 61] }))).toBe(false);
  expect(isNamed(page, found({ offset: 8192, page: 3 }))).toBe(false);
  expect(isNamed(frame, found({ lsn: 8 }))).toBe(true);
  expect(isNamed(frame, found({ offset: 4200 }))).toBe(true);
  expect(isNamed(frame, found({ lsn: 10 }))).toBe(false);
  expect(isNamed(frame, [])).toBe(false);
});
