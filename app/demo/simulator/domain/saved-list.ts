/** A list that only grows, as its owner gives it to be saved: item by item, so that what is settled is made plain only once. */

export interface SavedList<T> {
  readonly length: number;
  /** The item without references to other objects of the domain. */
  readonly plain: (index: number) => T;
  /** null while the item may still change; afterwards a number that is another one if the item did change. */
  readonly mark: (index: number) => number | null;
}
