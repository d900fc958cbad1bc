/** One of several trading processes that open the same store at once. Says what became of it, and trades until its standard input ends. */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { nativePlatform, openStore, parseEngineConfig } from '../../main/index.ts';
import { errorData } from '../../shared/errors.ts';

const [root, commit] = process.argv.slice(2) as [string, 'inline' | 'threaded'];
process.stdout.write('ready\n');
// All begin at once.
fs.readSync(0, new Uint8Array(1));
try {
  const opened = await openStore({
    platform: nativePlatform,
    root,
    config: parseEngineConfig({ commit, archive: false }),
    random: randomBytes,
  });
  if (opened.state === 'running') await opened.engine.commit({ type: 'risk.day', day: 7, time: nativePlatform.clock.wallNs() });
  process.stdout.write(`${opened.state}\n`);
  if (opened.state === 'running') {
    await new Promise((resolve) => process.stdin.once('end', resolve).resume());
    await opened.engine.close();
  }
} catch (error) {
  process.stdout.write(`${errorData(error).code}\n`);
}
