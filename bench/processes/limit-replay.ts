/** A process that does by the C program what bare-replay.ts does in Node: `limit-replay ROOT FROM`. Prints {ms, records}. */

import fs from 'node:fs';
import { join } from 'node:path';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { storeLayout } from '../../main/store/layout.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { geometryOf } from '../bare-image.ts';
import { loadReplayLimit } from '../limit/limit.ts';

const BUFFER_BYTES = 1 << 20;

const [root = '', from = ''] = process.argv.slice(2);
const { geometry, pages } = geometryOf(readIdentity(nativePlatform.storage, root).rowsMax);
const { wal } = storeLayout(root);
const replay = loadReplayLimit();
if (!replay) throw new Error('no C compiler is there');
const work = {
  image: new Uint8Array(pages * PAGE_BYTES).fill(1),
  isChanged: new Uint8Array(pages),
  changed: new Uint32Array(pages + 1),
  buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
  geometry,
  rootMark: OPERATIONS['root.mark'].id,
};
const start = performance.now();
let records = 0;
for (const name of fs.readdirSync(wal).sort()) {
  const fd = fs.openSync(join(wal, name), 'r');
  records += replay(work, fd, Number(from));
  fs.closeSync(fd);
}
console.log(JSON.stringify({ ms: performance.now() - start, records }));
