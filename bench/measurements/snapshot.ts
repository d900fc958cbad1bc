/** L3: how much a snapshot takes, how long, and how much memory, beside gzip of the same image; and what the caller feels of it. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import type { Image } from '../../main/image/image.ts';
import { makeDirectories, storeLayout } from '../../main/store/layout.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { boundsOf, type DeskSize, imageOfDesk, LARGEST, OPERATIONS_BEFORE, SIZES } from '../desk.ts';
import { type Row, rowOf } from '../row.ts';
import { spreadOf } from '../statistics.ts';
import { SteppedTiers } from '../stepped-tiers.ts';
import { EPOCH } from '../stepped-writer.ts';
import { takeTurns } from '../turns.ts';
import { disturbanceRows } from './disturbance.ts';
import { type Bench, clear, count, type Measurement, REPETITIONS, timedMs } from './measurement.ts';

const MEMORY = fileURLToPath(new URL('./snapshot-memory.ts', import.meta.url));
const BYTES_COST_MAX = 0.8;
const TIME_COST_MAX = 1 / 5;
const GZIP_LEVEL = 6;

/** Tiers whose newest slot is the image. */
function tiersOf(root: string, image: Image, size: DeskSize): SteppedTiers {
  const layout = storeLayout(root);
  nativePlatform.storage.makeDirectory(root);
  makeDirectories(nativePlatform.storage, layout);
  const tiers = new SteppedTiers(layout, boundsOf(size));
  const { lsn, hotRoot, coldRoot, pageCount } = image;
  tiers.checkpointer.take({
    mark: { epoch: EPOCH, lsn, headHash: 0n, hotRoot, coldRoot, pageCount, takenNs: nativePlatform.clock.wallNs() },
    slot: 0,
    pages: Uint32Array.from({ length: pageCount }, (_, page) => page),
    bytes: image.bytes.slice(0, pageCount * PAGE_BYTES),
  });
  return tiers;
}

async function besideGzip({ directory }: Bench, size: DeskSize, image: Image): Promise<Row[]> {
  const tiers = tiersOf(join(directory, 'ours'), image, size);
  const pages = image.bytes.subarray(0, image.pageCount * PAGE_BYTES);
  let gzipBytes = 0;
  const samples = await takeTurns(
    {
      ours: () => timedMs(() => tiers.checkpointer.snapshot()),
      gzip: () =>
        timedMs(() => {
          gzipBytes = zlib.gzipSync(pages, { level: GZIP_LEVEL }).length;
        }),
    },
    1 + REPETITIONS,
  );
  tiers.checkpointer.close();
  const peer = `gzip -${GZIP_LEVEL}`;
  const mbPerSecond = (ms: number): string => `${Math.round(pages.length / 1_000 / ms)} MB/s`;
  const [ours, gzip] = [spreadOf(samples.ours.subarray(1)), spreadOf(samples.gzip.subarray(1))];
  return [
    rowOf({
      name: `L3 snapshot, bytes, ${count(size.positions)} positions`,
      unit: 'bytes',
      ours: spreadOf([tiers.bytes.get('L3')!]),
      peers: { [peer]: spreadOf([gzipBytes]) },
      targets: [{ against: 'bestPeer', costMax: BYTES_COST_MAX }],
      note: `of an image of ${pages.length} bytes`,
    }),
    rowOf({
      name: `L3 snapshot, until it is durable, ${count(size.positions)} positions`,
      unit: 'ms',
      ours,
      peers: { [peer]: gzip },
      targets: [{ against: 'bestPeer', costMax: TIME_COST_MAX }],
      note: `ours ${mbPerSecond(ours.median)}, read from L2, written and synced; gzip ${mbPerSecond(gzip.median)}, in memory`,
    }),
  ];
}

/** Bytes by which the resident size of a fresh process rises. */
function memory({ directory }: Bench, size: DeskSize, image: Image): Row {
  const pagesPath = join(directory, 'pages');
  const imageBytes = image.pageCount * PAGE_BYTES;
  fs.writeFileSync(pagesPath, image.bytes.subarray(0, imageBytes));
  const rises = Array.from({ length: REPETITIONS }, (_, i) => {
    const args = ['--no-warnings', '--expose-gc', MEMORY, join(directory, `memory-${i}`), pagesPath, JSON.stringify(boundsOf(size))];
    return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  });
  return rowOf({
    name: `L3 snapshot, memory, ${count(size.positions)} positions`,
    unit: 'bytes',
    ours: spreadOf(rises),
    targets: [{ against: 'bound', bound: imageBytes }],
    note: 'rise of the highest resident size of a fresh process; the bound is one image',
  });
}

const felt = (bench: Bench, size: DeskSize): Promise<Row[]> =>
  disturbanceRows(bench, size, {
    name: `L3 snapshot, ${count(size.positions)} positions`,
    config: { archive: false, windowMs: 1, l3Ms: 86_400_000 },
    tier: (engine) => engine.snapshot(),
  });

export const snapshot: Measurement = {
  name: 'L3 snapshot',
  async run(bench) {
    const size = bench.short ? SIZES[1]! : LARGEST;
    bench.tell('bytes and time, beside gzip');
    const image = await imageOfDesk(join(bench.directory, 'desk'), size, OPERATIONS_BEFORE);
    const rows = await besideGzip(bench, size, image);
    bench.tell('memory of a fresh process');
    rows.push(memory(bench, size, image));
    bench.tell('what the caller feels');
    rows.push(...(await felt(bench, size)));
    clear(bench.directory);
    return rows;
  },
};
