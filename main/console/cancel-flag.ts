/** A flag that one thread sets and another looks at. */

export const makeCancelFlag = (): SharedArrayBuffer => new SharedArrayBuffer(4);
export const isCancelRequested = (flag: SharedArrayBuffer): boolean => Atomics.load(new Int32Array(flag), 0) === 1;
export const setCancel = (flag: SharedArrayBuffer, requested: boolean): void => {
  Atomics.store(new Int32Array(flag), 0, requested ? 1 : 0);
};
