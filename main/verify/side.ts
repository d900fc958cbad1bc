/** Side records, line by line. They may be lost: a bad last line is torn, a bad line between good ones is damage. */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import type { FileFindings } from './file-findings.ts';

const SIDE_BYTES_MAX = 1 << 28;

export function verifySide(storage: Storage, layout: StoreLayout, findings: FileFindings): void {
  for (const name of storage.list(layout.side)) {
    if (!name.endsWith('.side')) continue;
    const bytes = findings.reading(`side/${name}`, () => readWhole(storage, join(layout.side, name), SIDE_BYTES_MAX));
    if (!bytes) continue;
    let at = 0;
    while (at < bytes.length) {
      const newline = bytes.indexOf(10, at);
      const end = newline < 0 ? bytes.length : newline;
      const stated = new TextDecoder('latin1').decode(bytes.subarray(at, at + 17));
      const right =
        newline >= 0 &&
        stated ===
          `${xxh64(bytes.subarray(at + 17, end))
            .toString(16)
            .padStart(16, '0')} `;
      if (!right) {
        const last = end + 1 >= bytes.length;
        findings.add(
          `side/${name}`,
          last ? 'torn' : 'damaged',
          last ? 'TORN_TAIL' : 'LINE_DAMAGED',
          'a side record does not match its checksum',
          { offset: at },
        );
      }
      at = end + 1;
    }
  }
}
