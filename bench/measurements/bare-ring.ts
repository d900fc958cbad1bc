/** Memory that two threads could share, with nobody at the other end: what a post is at least, from Node. */

const BYTES = 8 << 20;

export class BareRing {
  readonly target = new Uint8Array(new SharedArrayBuffer(BYTES));
  readonly #bytes: Uint8Array;
  #at = 0;

  /** @param bytes that are copied, to places that follow each other */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  copy(): void {
    if (this.#at + this.#bytes.length > BYTES) this.#at = 0;
    this.target.set(this.#bytes, this.#at);
    this.#at += this.#bytes.length;
  }
}
