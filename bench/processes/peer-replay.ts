/**
 * A process in which a peer gives its operations back in order, and their after-images are copied as bare-replay.ts copies them:
 * `peer-replay ROOT PEER DIRECTORY`. Prints {ms, records}; opening the peer is not in it, nor are hashes of pages.
 */

import { nativePlatform } from '../../main/engine/native-platform.ts';
import { RECORD_BYTES_MAX } from '../../main/operations/record.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { BareImage } from '../bare-image.ts';
import { openPeer } from '../peers/peers.ts';

const [root = '', name = '', directory = ''] = process.argv.slice(2);
const image = new BareImage(readIdentity(nativePlatform.storage, root).rowsMax);
// Words are read at multiples of 8, and a peer's bytes lie anywhere.
const aligned = new Uint8Array(RECORD_BYTES_MAX);
const quads = new Uint32Array(aligned.buffer);
const words = new BigInt64Array(aligned.buffer);
const peer = await openPeer(name, directory);
let records = 0;
const start = performance.now();
await peer.read((record) => {
  aligned.set(record);
  image.copy(quads, words, 0);
  records += 1;
});
console.log(JSON.stringify({ ms: performance.now() - start, records }));
await peer.close();
