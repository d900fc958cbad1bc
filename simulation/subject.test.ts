import { expect, test } from 'vitest';
import { recover } from '../main/cascade/recover.ts';
import { PAGE_BYTES } from '../shared/model/schema.ts';
import { TABLE_BY_ID } from '../shared/model/tables.ts';
import { FUZZ_SEED } from './fuzz.ts';
import { SimulatedStorage } from './storage.ts';
import { subjectOf } from './subject.ts';
import { ROOT } from './workload.ts';

test('the freed store needs its tiers: its log begins late, in several segments, the next one prepared, and tables have several pages', async () => {
  const { tree, expected } = await subjectOf('freed', FUZZ_SEED);
  const look = (without: RegExp) => {
    const copy = tree.copy();
    for (const path of copy.files()) if (without.test(path)) copy.delete(path);
    return recover({ storage: new SimulatedStorage({ tree: copy }), clock: expected.clock, root: ROOT, bootId: expected.bootId });
  };
  const { image, report } = look(/^$/);
  expect(report).toMatchObject({ outcome: 'recovered', lsn: expected.acknowledged });
  expect(look(/^\/store\/l[123]\//).report.outcome).toBe('refused');

  const segments = tree.files().filter((path) => path.endsWith('.wal'));
  expect(segments.length).toBeGreaterThan(3);
  expect(segments[0]).not.toContain('-00000001.wal');
  expect(tree.bytes(segments.at(-1)!).every((byte) => byte === 0)).toBe(true);
  expect(tree.files().some((path) => path.endsWith('.side'))).toBe(true);

  const pages = new Map<string, number>();
  const view = new DataView(image!.bytes.buffer, image!.bytes.byteOffset);
  for (let page = 0; page < image!.pageCount; page += 1) {
    const name = TABLE_BY_ID.get(view.getUint16(page * PAGE_BYTES + 24, true))!.name;
    pages.set(name, (pages.get(name) ?? 0) + 1);
  }
  expect([...pages].flatMap(([name, count]) => (count > 1 ? [name] : [])).length).toBeGreaterThanOrEqual(2);
});
