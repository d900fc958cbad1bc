/** Commits operations, and says on standard output when each was acknowledged, and what the engine told; for the traced tests. */

import { writeSync } from 'node:fs';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';

const [root, commit, segmentBytes = '65536'] = process.argv.slice(2) as [string, 'inline' | 'threaded', string?];
const engine = await createStore({
  platform: nativePlatform,
  root,
  name: 'traced',
  config: parseEngineConfig({ commit, tiers: 'off', segmentBytes: Number(segmentBytes), l1Ms: 5 }),
  alarm: ({ code }) => writeSync(1, `alarm ${code}\n`),
});
process.once('uncaughtException', (error) => {
  writeSync(1, `ended ${(error as { code?: string }).code}\n`);
  process.exit(3);
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
