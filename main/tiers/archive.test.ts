/** The archive on a real store: written twice, over a fork, by an older release, and its files' modes. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { Desk } from '../../tests/support/desk.ts';
import { CANONICAL_TABLES, CanonicalReader, type Cell } from '../image/canonical.ts';
import { Image } from '../image/image.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { ArchiveTier, openDatabase } from './archive.ts';
import { checkDatabase, readArchive } from './archive-reader.ts';
import { readSlots } from './slot-reader.ts';
import { pageTable } from './snapshot.ts';
import type { TierCopy } from './tier-copy.ts';

const NEVER = 86_400_000;
let desk: Desk;
let storeId: string;
let reader: CanonicalReader;
let taken: TierCopy;
let rowsMax: Readonly<Record<string, number>>;
let paths = 0;

beforeAll(async () => {
  desk = await Desk.create({ config: { archive: false, l2Ms: NEVER, l3Ms: NEVER } });
  const generator = new Generator(7, { invalid: 0, halts: false, prunes: false, blobBytes: 400 });
  for (let step = 0; step < 400; step += 1) await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()));
  await desk.engine.close();
  const identity = readIdentity(desk.platform.storage, desk.root);
  storeId = identity.storeId;
  rowsMax = identity.rowsMax;
  const heads = readSlots(desk.platform.storage, storeLayout(desk.root), storeIdBytes(identity));
  taken = heads.sort((a, b) => (b.mark?.lsn ?? 0) - (a.mark?.lsn ?? 0))[0]!.load();
  const image = new Image(rowsMax);
  image.bytes.set(taken.pages);
  image.mapPages(taken.mark.pageCount);
  reader = new CanonicalReader(image);
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

const checkpoint = (lsn = taken.mark.lsn, epoch = taken.mark.epoch) => ({
  mark: { ...taken.mark, lsn, epoch },
  table: pageTable(taken.pages),
  pages: taken.pages,
});
const EPOCHS = [{ epoch: 1, parent: 0, forkLsn: 0 }];
const AT = '2026-01-05T08:00:00.000000000Z';

const tierOn = (path: string, imagesKept: number): ArchiveTier =>
  new ArchiveTier(desk.platform.storage, dirname(path), Buffer.from(storeId, 'hex'), imagesKept);

/** A path of its own in the l4/ of a store of its own. */
function freshPath(): string {
  paths += 1;
  const { l4 } = storeLayout(join(dirname(desk.root), `archive-${paths}`));
  fs.mkdirSync(l4, { recursive: true });
  return join(l4, 'archive.db');
}

function query<T>(path: string, sql: string): T[] {
  const database = openDatabase(path, { readonly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

function execute(path: string, sql: string): void {
  const database = openDatabase(path, {});
  database.exec(sql);
  database.close();
}

/** As a runtime does it whose Node-API is too old for the module of the database. */
function inOldRuntime<T>(work: () => T): T {
  const present = Object.getOwnPropertyDescriptor(process.versions, 'napi')!;
  Object.defineProperty(process.versions, 'napi', { ...present, value: '9' });
  try {
    return work();
  } finally {
    Object.defineProperty(process.versions, 'napi', present);
  }
}

const counts = (path: string): Record<string, number> =>
  Object.fromEntries(CANONICAL_TABLES.map(({ name }) => [name, query<{ n: number }>(path, `SELECT count(*) AS n FROM "${name}"`)[0]!.n]));

const stateCounts = (): Record<string, number> =>
  Object.fromEntries(CANONICAL_TABLES.map((table) => [table.name, reader.rows(table).length]));

describe('the archive', () => {
  it('holds each row once, however often its checkpoint is archived', () => {
    const path = freshPath();
    const tier = tierOn(path, 2);
    const rows = tier.write(checkpoint(), reader, EPOCHS, AT);
    expect(rows).toBeGreaterThan(300);
    tier.write(checkpoint(), reader, EPOCHS, AT);
    expect(counts(path)).toEqual(stateCounts());
    expect(query(path, 'SELECT epoch, lsn FROM images')).toEqual([{ epoch: 1, lsn: taken.mark.lsn }]);
    // Another LSN is another copy of everything that is not kept by key.
    tier.write(checkpoint(taken.mark.lsn + 1), reader, EPOCHS, AT);
    expect(counts(path).positions).toBe(2 * stateCounts().positions!);
    expect(counts(path).orders).toBe(stateCounts().orders);
  });

  it('tells the rows of an abandoned branch from those of the lineage', () => {
    const path = freshPath();
    const tier = tierOn(path, 3);
    tier.write(checkpoint(100), reader, EPOCHS, AT);
    tier.write(checkpoint(200), reader, EPOCHS, AT);
    // A recovery that lost what lay behind LSN 150 was accepted; the new epoch comes to LSN 200 by another way.
    tier.write(checkpoint(200, 2), reader, [...EPOCHS, { epoch: 2, parent: 1, forkLsn: 150 }], AT);
    expect(query(path, 'SELECT * FROM lineage ORDER BY epoch')).toEqual([
      { epoch: 1, from_lsn: 0, to_lsn: 150 },
      { epoch: 2, from_lsn: 150, to_lsn: null },
    ]);
    const present = 'JOIN lineage USING (epoch) WHERE lsn <= ifnull(to_lsn, lsn)';
    expect(query(path, `SELECT DISTINCT epoch, lsn FROM positions ${present} ORDER BY lsn`)).toEqual([
      { epoch: 1, lsn: 100 },
      { epoch: 2, lsn: 200 },
    ]);
    expect(query(path, 'SELECT DISTINCT epoch, lsn FROM positions ORDER BY epoch, lsn')).toHaveLength(3);
    // Both images of LSN 200 are there, each under a name of its own.
    const names = readArchive(storeLayout(join(dirname(path), '..')), storeId, false).map((head) => head.name);
    expect(names).toEqual(['l4/archive.db#2-200', 'l4/archive.db#1-200', 'l4/archive.db#1-100']);
  });

  it('is readable by its owner only, journal included, from the first moment, whatever the umask is', () => {
    const path = freshPath();
    const modes = new Map<string, number>();
    class Watching extends CanonicalReader {
      override cell(...args: Parameters<CanonicalReader['cell']>): Cell {
        for (const file of [path, `${path}-journal`]) {
          const mode = fs.statSync(file, { throwIfNoEntry: false })?.mode;
          if (mode !== undefined) modes.set(file, (modes.get(file) ?? 0) | (mode & 0o777));
        }
        return super.cell(...args);
      }
    }
    const before = process.umask(0);
    try {
      tierOn(path, 2).write(checkpoint(), new Watching(reader.image), EPOCHS, AT);
    } finally {
      process.umask(before);
    }
    expect([...modes]).toEqual([
      [path, 0o600],
      [`${path}-journal`, 0o600],
    ]);
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    // One that an earlier release made readable for others is closed to them.
    fs.chmodSync(path, 0o644);
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  it('of another store is not written to, whoever put it there', () => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    fs.rmSync(join(dirname(path), 'archive.sums'));
    const before = fs.readFileSync(path);
    const other = new ArchiveTier(desk.platform.storage, dirname(path), new Uint8Array(16).fill(1), 2);
    expect(() => other.write(checkpoint(taken.mark.lsn + 1), reader, EPOCHS, AT)).toThrow(
      expect.objectContaining({ code: 'STORE_FOREIGN' }),
    );
    expect(fs.readFileSync(path).equals(before)).toBe(true);
  });

  it('is not written through a journal that is a link', () => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    const before = fs.readFileSync(path);
    fs.writeFileSync(`${path}-elsewhere`, '');
    fs.symlinkSync(`${path}-elsewhere`, `${path}-journal`);
    expect(() => tierOn(path, 2).write(checkpoint(taken.mark.lsn + 1), reader, EPOCHS, AT)).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    );
    expect(fs.readFileSync(path).equals(before)).toBe(true);
  });

  it('whose first transaction never ended holds nothing, and is no damage', () => {
    const path = freshPath();
    const layout = storeLayout(join(dirname(path), '..'));
    fs.writeFileSync(path, '');
    expect(readArchive(layout, storeId, false)).toEqual([]);
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    expect(readArchive(layout, storeId, false).map((head) => head.load().bad)).toEqual([0]);
  });

  it.each([false, true])('is read without a trace in the store, a writer alive: %s', (live) => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    const look = () =>
      fs.readdirSync(dirname(path)).map((name) => [name, fs.statSync(join(dirname(path), name)).mtimeMs, fs.readFileSync(path).length]);
    const before = look();
    const heads = readArchive(storeLayout(join(dirname(path), '..')), storeId, live);
    expect(heads.map((head) => head.load().bad)).toEqual([0]);
    expect(look()).toEqual(before);
  });

  it('of another store is not written to', () => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    execute(path, `UPDATE archive SET store_id = '${'b2'.repeat(16)}'`);
    expect(() => tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT)).toThrow(expect.objectContaining({ code: 'STORE_FOREIGN' }));
  });

  it.each([
    ['a mark of another LSN', 'UPDATE images SET lsn = lsn + 1', 'its mark makes no sense'],
    ['a mark of another epoch', 'UPDATE images SET epoch = epoch + 1', 'its mark makes no sense'],
  ])('tells a copy with %s by its head', (_, sql, words) => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    execute(path, sql);
    const [head] = readArchive(storeLayout(join(dirname(path), '..')), storeId, false);
    expect(head!.problem).toMatchObject({ code: 'damaged', message: expect.stringContaining(words) });
  });

  it.each([
    ['that are more than its pages', 'UPDATE images SET raw_bytes = raw_bytes + 4096', 'FORMAT_INVALID'],
    ['with a page table that is too short', 'UPDATE images SET page_table = substr(page_table, 17)', 'FORMAT_INVALID'],
    [
      'that nothing proves',
      'UPDATE images SET page_table = zeroblob(length(page_table)), pages = zeroblob(raw_bytes), codec = 0',
      'CHECKSUM_MISMATCH',
    ],
  ])('does not load a copy with bytes %s', (_, sql, code) => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    execute(path, sql);
    const [head] = readArchive(storeLayout(join(dirname(path), '..')), storeId, false);
    expect(() => head!.load()).toThrow(expect.objectContaining({ code }));
  });

  it('is neither written nor opened by a runtime that the module would crash, nor called damaged for that', () => {
    const path = freshPath();
    const unavailable = expect.objectContaining({ code: 'TIER_UNAVAILABLE' });
    expect(() => inOldRuntime(() => tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT))).toThrow(unavailable);
    // Neither an empty database nor sums that say that it is being written.
    expect(fs.readdirSync(dirname(path))).toEqual([]);
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    expect(() => inOldRuntime(() => openDatabase(path, { readonly: true }))).toThrow(unavailable);
    expect(inOldRuntime(() => checkDatabase(path, false))).toBeNull();
    const heads = inOldRuntime(() => readArchive(storeLayout(join(dirname(path), '..')), storeId, false));
    expect(heads.map(({ problem }) => problem?.code)).toEqual(['unavailable']);
  });

  it('that its owner withdrew from us is neither damaged nor missing: the reading ends with that', (context) => {
    const path = freshPath();
    tierOn(path, 2).write(checkpoint(), reader, EPOCHS, AT);
    // Whoever may read everything is refused nothing by a mode.
    const access = vi.spyOn(fs, 'accessSync').mockImplementation(() => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    });
    context.onTestFinished(() => access.mockRestore());
    expect(() => readArchive(storeLayout(join(dirname(path), '..')), storeId, false)).toThrow(
      expect.objectContaining({ name: 'RearmError', code: 'PERMISSION_DENIED', message: `could not read ${path}: EACCES` }),
    );
  });

  it('of version 1 climbs to the present one: rows get their epoch, what was there twice is there once', () => {
    const path = freshPath();
    const tier = tierOn(path, 1);
    tier.write(checkpoint(), reader, EPOCHS, AT);
    const wanted = counts(path);
    // Back to version 1, with a second copy of its rows, and rows of an LSN whose image is gone.
    execute(path, 'DROP VIEW lineage; DROP TABLE epochs; DROP INDEX orders_key; DROP INDEX fills_key; UPDATE archive SET version = 1;');
    for (const { name } of CANONICAL_TABLES) {
      execute(path, `DROP INDEX "${name}_at"; ALTER TABLE "${name}" DROP COLUMN epoch; CREATE INDEX "${name}_lsn" ON "${name}" (lsn);`);
      execute(path, `INSERT INTO "${name}" SELECT * FROM "${name}";`);
    }
    execute(
      path,
      'CREATE TEMP TABLE older AS SELECT * FROM risk; UPDATE older SET lsn = 3; INSERT INTO risk SELECT DISTINCT * FROM older;',
    );
    tier.write(checkpoint(taken.mark.lsn + 1), reader, EPOCHS, AT);
    expect(query(path, 'SELECT version FROM archive')).toEqual([{ version: 2 }]);
    const twice = Object.fromEntries(
      Object.entries(wanted).map(([name, count]) => [name, name === 'fills' || name === 'orders' ? count : 2 * count]),
    );
    expect(counts(path)).toEqual({ ...twice, risk: 3 });
    expect(query(path, 'SELECT epoch, lsn FROM risk ORDER BY lsn')).toEqual([
      { epoch: 0, lsn: 3 },
      { epoch: 1, lsn: taken.mark.lsn },
      { epoch: 1, lsn: taken.mark.lsn + 1 },
    ]);
  });

  it('of a version that is newer, or that no rung leads from, is refused and left as it is', () => {
    const path = freshPath();
    const tier = tierOn(path, 2);
    tier.write(checkpoint(), reader, EPOCHS, AT);
    for (const [version, code] of [
      [3, 'VERSION_NEWER'],
      [0, 'VERSION_OLDER'],
    ] as const) {
      execute(path, `UPDATE archive SET version = ${version}`);
      const before = fs.readFileSync(path);
      expect(() => tier.write(checkpoint(taken.mark.lsn + 1), reader, EPOCHS, AT)).toThrow(expect.objectContaining({ code }));
      expect(fs.readFileSync(path).equals(before)).toBe(true);
    }
  });
});
