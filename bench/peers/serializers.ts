/** What a checkpoint of the whole state costs where the state is objects: made into bytes, and those written; they survive their process. */

import fs from 'node:fs';
import { join } from 'node:path';
import { CANONICAL_TABLES, CanonicalReader } from '../../main/image/canonical.ts';
import type { Image } from '../../main/image/image.ts';
import { installPeers, required } from './peers.ts';

export interface Serializer {
  readonly name: string;
  /** Writes the whole state to its file; not synced. */
  checkpoint(): void;
  close(): void;
}

/** The objects are there already: their making is not counted. */
export function openSerializers(directory: string, image: Image): Serializer[] {
  installPeers();
  const { Packr } = required('msgpackr') as { Packr: new (options: object) => { pack(value: unknown): Uint8Array } };
  // With the structures of the rows kept from one state to the next: its fastest.
  const packr = new Packr({ structures: [] });
  const reader = new CanonicalReader(image);
  const state = Object.fromEntries(CANONICAL_TABLES.map((table) => [table.name, reader.rows(table)]));
  const serializer = (name: string, bytesOf: () => Uint8Array): Serializer => {
    const fd = fs.openSync(join(directory, `state-${name}`), 'w', 0o600);
    return {
      name,
      checkpoint() {
        const bytes = bytesOf();
        fs.writeSync(fd, bytes, 0, bytes.length, 0);
      },
      close: () => fs.closeSync(fd),
    };
  };
  return [serializer('JSON', () => Buffer.from(JSON.stringify(state))), serializer('msgpackr', () => packr.pack(state))];
}
