/**
 * A process of its own that takes a snapshot, and says by how many bytes its resident size rose at most meanwhile.
 *
 * Arguments: a directory that is not there yet, a file of pages, the bounds of the rows as JSON.
 */

import fs from 'node:fs';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { makeDirectories, storeLayout } from '../../main/store/layout.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { SteppedTiers } from '../stepped-tiers.ts';
import { EPOCH } from '../stepped-writer.ts';

const PIECE_PAGES = 256;

const statusKib = (name: string): number =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(fs.readFileSync('/proc/self/status', 'ascii'))?.[1]);

const [root, pagesPath, bounds] = process.argv.slice(2) as [string, string, string];
const layout = storeLayout(root);
nativePlatform.storage.makeDirectory(root);
makeDirectories(nativePlatform.storage, layout);
const { checkpointer } = new SteppedTiers(layout, JSON.parse(bounds));
const pageCount = fs.statSync(pagesPath).size / PAGE_BYTES;
const mark = { epoch: EPOCH, lsn: 1, headHash: 0n, hotRoot: 0n, coldRoot: 0n, pageCount, takenNs: nativePlatform.clock.wallNs() };
const fd = fs.openSync(pagesPath, 'r');
const take = (first: number): void => {
  const bytes = new Uint8Array(Math.min(PIECE_PAGES, pageCount - first) * PAGE_BYTES);
  fs.readSync(fd, bytes, 0, bytes.length, first * PAGE_BYTES);
  checkpointer.take({ mark, slot: 0, pages: Uint32Array.from({ length: bytes.length / PAGE_BYTES }, (_, i) => first + i), bytes });
};
// In pieces, so that what is measured does not find room that the filling has left.
for (let first = 0; first < pageCount; first += PIECE_PAGES) take(first);
globalThis.gc?.();
// From here on the highest resident size counts anew.
fs.writeFileSync('/proc/self/clear_refs', '5');
const beforeKib = statusKib('VmRSS');
checkpointer.snapshot();
console.log((statusKib('VmHWM') - beforeKib) * 1024);
