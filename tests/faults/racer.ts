/**
 * One of several processes that race for a store's lock. Whoever holds it makes a file that must not be there yet, and takes it away
 * again: two holders at once cannot both succeed. Says how often it held the lock, how often it was refused, and every violation.
 */

import fs from 'node:fs';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { RearmError } from '../../shared/errors.ts';

const [lock, marker, races] = process.argv.slice(2) as [string, string, string];
let held = 0;
let refused = 0;
const violations: string[] = [];
process.stdout.write('ready\n');
// All begin at once.
fs.readSync(0, new Uint8Array(1));
const asleep = new Int32Array(new SharedArrayBuffer(4));
while (held < Number(races)) {
  let holding: { release(): void };
  try {
    holding = nativePlatform.storage.lock(lock);
  } catch (error) {
    if (!(error instanceof RearmError) || error.code !== 'STORE_LOCKED') throw error;
    refused += 1;
    continue;
  }
  try {
    fs.closeSync(fs.openSync(marker, 'wx'));
    held += 1;
    // Long enough for the others to come.
    Atomics.wait(asleep, 0, 0, 1);
    fs.rmSync(marker);
  } catch (error) {
    violations.push((error as Error).message);
  }
  holding.release();
}
process.stdout.write(`${JSON.stringify({ held, refused, violations })}\n`);
