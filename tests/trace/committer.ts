/** Commits operations, and says on standard output when each was acknowledged; for the traced test. */

import { writeSync } from 'node:fs';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';

const [root, commit] = process.argv.slice(2) as [string, 'inline' | 'threaded'];
const engine = await createStore({
  platform: nativePlatform,
  root,
  name: 'traced',
  config: parseEngineConfig({ commit, tiers: 'off', segmentBytes: 65_536, l1Ms: 5 }),
});
const now = () => nativePlatform.clock.wallNs();
for (let round = 0; round < 40; round += 1) {
  engine.post({ type: 'asset.define', asset: `P${round}`, scale: 8, rate: '1', time: now() });
  const size = round % 7 === 0 ? 9_000 : 20;
  const lsns = await Promise.all(
    [1, 2, 3].map((part) =>
      engine.commit({ type: 'configuration.set', scope: 'system', name: `c${part}`, value: JSON.stringify('x'.repeat(size)), time: now() }),
    ),
  );
  for (const lsn of lsns) writeSync(1, `acknowledged ${lsn}\n`);
}
await engine.close();
