/** A preallocated file that is written from its beginning to its end, again and again: what the limits write to. */

import fs from 'node:fs';

const BYTES = 64 << 20;
const PIECE = new Uint8Array(4096);

export class BareFile {
  readonly fd: number;
  #offset = 0;

  constructor(path: string) {
    this.fd = fs.openSync(path, 'w+', 0o600);
    // In small pieces, as ours: large ones make large folios, which slow down what comes later.
    for (let at = 0; at < BYTES; at += PIECE.length) fs.writeSync(this.fd, PIECE, 0, PIECE.length, at);
    fs.fsyncSync(this.fd);
  }

  /** Where the next `bytes` go. */
  place(bytes: number): number {
    if (this.#offset + bytes > BYTES) this.#offset = 0;
    const at = this.#offset;
    this.#offset += bytes;
    return at;
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}
