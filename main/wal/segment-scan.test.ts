/** What lies among the segments and is none. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NativeStorage } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { LINEAGE, newLog, STORE_ID } from './log.test-support.ts';
import { segmentName } from './segment.ts';
import { scanSegments } from './segment-scan.ts';

test.each<[string, (path: string) => void]>([
  ['a directory', (path) => fs.mkdirSync(path)],
  ['a link', (path) => fs.symlinkSync(join(path, '..', segmentName(1, 1)), path)],
  ['a copy of another segment', (path) => fs.copyFileSync(join(path, '..', 'elsewhere'), path)],
  ['a second name of a segment', (path) => fs.linkSync(join(path, '..', 'elsewhere'), path)],
])('%s under the name of a segment is told by that name, and the segments are read', (_, put) => {
  const root = fs.mkdtempSync(join(os.tmpdir(), 'rearm-scan-'));
  try {
    const layout = storeLayout(root);
    const storage = new NativeStorage();
    fs.mkdirSync(layout.wal);
    newLog({ storage, layout }).close();
    fs.copyFileSync(join(layout.wal, segmentName(1, 1)), join(layout.wal, 'elsewhere'));
    const name = segmentName(1, 2);
    put(join(layout.wal, name));
    const { segments, errors } = scanSegments(storage, layout, STORE_ID, LINEAGE);
    expect(errors).toMatchObject([{ name, error: { code: 'FORMAT_INVALID' } }]);
    expect(segments).toMatchObject([{ name: segmentName(1, 1) }]);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});
