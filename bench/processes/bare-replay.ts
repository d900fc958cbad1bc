/**
 * A process that does with a log what a replay does at least, in bare Node: reads the segments through one buffer, checks every frame,
 * copies the after-images of the operations above an LSN, and hashes the pages that changed wherever a root was logged.
 * `bare-replay ROOT FROM`. Prints {ms, records}.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { storeLayout } from '../../main/store/layout.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC } from '../../main/wal/frame.ts';
import { SEGMENT_HEADER_BYTES } from '../../main/wal/segment.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { BareImage } from '../bare-image.ts';

const BUFFER_BYTES = 1 << 20;
const ROOT_MARK = OPERATIONS['root.mark'].id;

const [root = '', from = ''] = process.argv.slice(2);
const image = new BareImage(readIdentity(nativePlatform.storage, root).rowsMax);
const { wal } = storeLayout(root);
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
const quads = new Uint32Array(buffer.buffer);
const words = new BigInt64Array(buffer.buffer);

/** Copies what lies above the LSN; returns how many records that were. */
function segment(fd: number, above: number): number {
  let records = 0;
  let have = 0;
  let at = 0;
  for (let position = SEGMENT_HEADER_BYTES; ; ) {
    let need = have - at < FRAME_HEADER_BYTES ? Number.POSITIVE_INFINITY : FRAME_HEADER_BYTES + quads[(at + 60) >> 2]!;
    if (have - at < need) {
      have = fs.readSync(fd, buffer, 0, BUFFER_BYTES, position);
      at = 0;
      need = FRAME_HEADER_BYTES + quads[60 >> 2]!;
      if (have < FRAME_HEADER_BYTES) return records;
    }
    if (quads[(at + 8) >> 2] !== FRAME_MAGIC) return records;
    if (xxh64(buffer.subarray(at + 8, at + need)) !== BigInt.asUintN(64, words[at >> 3]!))
      throw new Error(`the frame at ${position} is bad`);
    let lsn = quads[(at + 48) >> 2]! + quads[(at + 52) >> 2]! * 2 ** 32;
    const end = at + need;
    for (let record = at + FRAME_HEADER_BYTES; record < end; record += quads[record >> 2]!) {
      if (lsn > above) {
        if (buffer[record + 4] === ROOT_MARK) image.hashChanged();
        image.copy(quads, words, record);
        records += 1;
      }
      lsn += 1;
    }
    position += need;
    at = end;
  }
}

const start = performance.now();
let records = 0;
for (const name of fs.readdirSync(wal).sort()) {
  const fd = fs.openSync(join(wal, name), 'r');
  records += segment(fd, Number(from));
  fs.closeSync(fd);
}
image.hashChanged();
console.log(JSON.stringify({ ms: performance.now() - start, records }));
