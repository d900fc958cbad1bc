/** L4: rows that the archive takes in a second, beside a loop that inserts the same ones; and what the caller feels of it. */

import fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { CANONICAL_TABLES, CanonicalReader } from '../../main/image/canonical.ts';
import type { Image } from '../../main/image/image.ts';
import { ARCHIVE_FILE_NAME } from '../../main/store/layout.ts';
import { ArchiveTier } from '../../main/tiers/archive.ts';
import { pageTable } from '../../main/tiers/snapshot.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { type DeskSize, imageOfDesk, LARGEST, OPERATIONS_BEFORE, SIZES } from '../desk.ts';
import { type Row, rowOf } from '../row.ts';
import { spreadOf } from '../statistics.ts';
import { EPOCH, STORE_ID } from '../stepped-writer.ts';
import { takeTurns } from '../turns.ts';
import { disturbanceRows } from './disturbance.ts';
import { type Bench, clear, count, type Measurement, REPETITIONS, timedMs } from './measurement.ts';

const LOOP_COST_MAX = 1 / 0.8;
const PEER = 'better-sqlite3, prepared';

/** Archives the image into an empty directory; returns the rows. */
function archiveInto(directory: string, image: Image): number {
  const pages = image.bytes.subarray(0, image.pageCount * PAGE_BYTES);
  const { lsn, hotRoot, coldRoot, pageCount } = image;
  const mark = { epoch: EPOCH, lsn, headHash: 0n, hotRoot, coldRoot, pageCount, takenNs: nativePlatform.clock.wallNs() };
  const tier = new ArchiveTier(nativePlatform.storage, directory, STORE_ID, 1);
  const epochs = [{ epoch: EPOCH, parent: 0, forkLsn: 0 }];
  return tier.write({ mark, table: pageTable(pages), pages }, new CanonicalReader(image), epochs, '2026-01-05T08:00:00.000000000Z');
}

/** The state tables of an archive, their indexes, and their rows as they are bound. */
function contentOf(path: string): { readonly schema: readonly string[]; readonly rows: ReadonlyMap<string, readonly unknown[][]> } {
  const database = new Database(path, { readonly: true });
  const schema = database.prepare('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rootpage').pluck().all() as string[];
  const rows = CANONICAL_TABLES.map(({ name }) => [name, database.prepare(`SELECT * FROM "${name}"`).raw().all() as unknown[][]] as const);
  database.close();
  return { schema, rows: new Map(rows) };
}

/** The same rows in the same tables with the same indexes, as durable, in one transaction of prepared statements. */
function insertInto(path: string, { schema, rows }: ReturnType<typeof contentOf>): void {
  const database = new Database(path);
  database.pragma('journal_mode = DELETE');
  database.pragma('synchronous = FULL');
  database.transaction(() => {
    for (const sql of schema) database.exec(sql);
    for (const [name, values] of rows) {
      if (values.length === 0) continue;
      const insert = database.prepare(`INSERT INTO "${name}" VALUES (${values[0]!.map(() => '?').join(', ')})`);
      for (const row of values) insert.run(row);
    }
  })();
  database.close();
}

async function besideLoop({ directory }: Bench, size: DeskSize): Promise<Row> {
  const image = await imageOfDesk(join(directory, 'desk'), size, OPERATIONS_BEFORE);
  let made = 0;
  const fresh = (): string => {
    made += 1;
    const path = join(directory, `archive-${made}`);
    fs.mkdirSync(path);
    return path;
  };
  const first = fresh();
  const rows = archiveInto(first, image);
  const content = contentOf(join(first, ARCHIVE_FILE_NAME));
  const rate = (work: (path: string) => void) => () => {
    const path = fresh();
    const ms = timedMs(() => work(path));
    fs.rmSync(path, { recursive: true });
    return (rows / ms) * 1_000;
  };
  const samples = await takeTurns(
    {
      ours: rate((path) => void archiveInto(path, image)),
      loop: rate((path) => insertInto(join(path, ARCHIVE_FILE_NAME), content)),
    },
    1 + REPETITIONS,
  );
  return rowOf({
    name: `L4 archive, ${count(size.positions)} positions`,
    unit: 'rows/s',
    ours: spreadOf(samples.ours.subarray(1)),
    peers: { [PEER]: spreadOf(samples.loop.subarray(1)) },
    targets: [{ against: 'bestPeer', costMax: LOOP_COST_MAX }],
    note: `${rows} rows; ours reads them from the image, and stores that too, with the checksums of all pages; the loop has its rows ready`,
  });
}

const felt = (bench: Bench, size: DeskSize): Promise<Row[]> =>
  disturbanceRows(bench, size, {
    name: `L4 archive, ${count(size.positions)} positions`,
    config: { windowMs: 1, l3Ms: 86_400_000, l4Ms: 86_400_000, l4Keep: 1 },
    tier: (engine) => engine.snapshot(true),
  });

export const archive: Measurement = {
  name: 'L4 archive',
  async run(bench) {
    const size = bench.short ? SIZES[1]! : LARGEST;
    bench.tell('rows a second, beside a loop of inserts');
    const rows = [await besideLoop(bench, size)];
    clear(bench.directory);
    bench.tell('what the caller feels');
    rows.push(...(await felt(bench, size)));
    clear(bench.directory);
    return rows;
  },
};
