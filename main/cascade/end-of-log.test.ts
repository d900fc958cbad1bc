/** Where the log ended: the memory of an epoch's L1 tells it of that epoch, and of no later one. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { BOOT, Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { copyStore, filesIn } from '../../tests/support/store-files.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { openStore } from '../engine/open.ts';
import { recover } from './recover.ts';

const NEVER = 86_400_000;
const MARKER = 'the last words';

test.each([true, false])('an operation that was acknowledged is not lost in silence, L1 of its epoch there: %s', async (l1) => {
  const desk = await Desk.create({ config: { archive: false } });
  const { platform, root } = desk;
  await desk.engine.close();
  const config = parseEngineConfig({ ...STEPPED_CONFIG, archive: false, l1, l2Ms: NEVER, l3Ms: NEVER, markMs: NEVER });
  const opened = await openStore({ platform, root, config, random: (count) => new Uint8Array(count) });
  if (opened.state !== 'running') throw new Error('it was closed in order');
  const lsn = Number(await opened.engine.commit({ type: 'risk.halt', reason: MARKER, time: 5n }));
  const left = copyStore(root, 'left');
  await opened.engine.abandon();
  const [segment] = filesIn(left, 'wal', /^00000002/) as [string];
  const bytes = fs.readFileSync(segment);
  const at = bytes.lastIndexOf(MARKER);
  bytes.set([bytes[at]! ^ 1], at);
  fs.writeFileSync(segment, bytes);
  const { report } = recover({ ...platform, root: left, bootId: BOOT });
  fs.rmSync(dirname(root), { recursive: true, force: true });
  expect(report.lsn).toBeLessThan(lsn);
  // With L1 it is known; without, the end of the log is all that there is, and it says what it cannot know.
  if (l1) expect(report).toMatchObject({ outcome: 'refused', lostAcknowledged: 1 });
  else {
    expect(report.sentence).not.toMatch(/; no acknowledged operation lost/);
    expect(report.findings.map(({ code, severity }) => `${code} ${severity}`)).toContain('TORN_TAIL warning');
  }
});
