/** The operations of a store as they were submitted, and the model's state at any of them. */

import { type ModelOptions, type Operation, ReferenceModel } from './reference.ts';

const COPY_EVERY = 1_000;

export class History {
  readonly #lines: Operation[] = [];
  readonly #copies: ReferenceModel[];

  constructor(options: ModelOptions = {}) {
    this.#copies = [new ReferenceModel(options)];
  }

  get lastLsn(): number {
    return this.#lines.length;
  }

  get lines(): readonly Operation[] {
    return this.#lines;
  }

  /** An operation with an LSN that is there already takes its place: the former one was refused. */
  add(line: Operation): void {
    if (line.lsn > this.#lines.length + 1) throw new Error(`LSN ${this.#lines.length + 1} to ${line.lsn - 1} were never submitted`);
    this.cut(line.lsn - 1);
    this.#lines.push(line);
  }

  /** Forgets everything after `lsn`. */
  cut(lsn: number): void {
    if (lsn < this.#lines.length) this.#lines.length = lsn;
    while (this.#copies.at(-1)!.lsn > lsn) this.#copies.pop();
  }

  /** The state at `lsn`; the caller may go on with it. */
  at(lsn: number): ReferenceModel {
    if (lsn > this.#lines.length) throw new Error(`LSN ${lsn} was never submitted: the last is ${this.#lines.length}`);
    const model = this.#copies[Math.min(this.#copies.length - 1, Math.floor(lsn / COPY_EVERY))]!.copy();
    while (model.lsn < lsn) {
      model.apply(this.#lines[model.lsn]!);
      if (model.lsn % COPY_EVERY === 0 && this.#copies.at(-1)!.lsn < model.lsn) this.#copies.push(model.copy());
    }
    return model;
  }
}
