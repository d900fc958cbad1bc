/** A set of page numbers that is filled often and emptied whole. */

export class PageSet {
  readonly #in: Uint8Array;
  #list: number[] = [];

  constructor(pagesMax: number) {
    this.#in = new Uint8Array(pagesMax);
  }

  get size(): number {
    return this.#list.length;
  }

  add(page: number): void {
    if (this.#in[page] === 1) return;
    this.#in[page] = 1;
    this.#list.push(page);
  }

  addAll(pages: Iterable<number>): void {
    for (const page of pages) this.add(page);
  }

  /** Every page below `count`. */
  addRange(count: number): void {
    for (let page = 0; page < count; page += 1) this.add(page);
  }

  /** The members, in order of addition; the set is empty afterwards. */
  take(): number[] {
    const list = this.#list;
    for (const page of list) this.#in[page] = 0;
    this.#list = [];
    return list;
  }
}
