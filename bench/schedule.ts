/** Work that is due at fixed times. What is late counts from when it was due, also where something before it kept the thread: nothing is omitted. */

/** How often the thread is given to timers and messages while it waits: the sooner, the shorter what they wait for. */
const TURN_MS = 0.02;
/** What is due within this is waited for, in a loop. */
const CLOSE_MS = 0.005;
/** However late the work is, the thread is given away this often. */
const TURN_MS_MAX = 1;

export interface Schedule {
  readonly count: number;
  readonly perSecond: number;
}

/**
 * Does `work` at its times; resolves when all of it is done. The thread never sleeps: a wake-up costs more than what is measured.
 *
 * @param work the n-th piece; where it returns a promise it is done when that resolves
 * @returns microseconds from when each piece was due to when it was done
 */
export function onSchedule({ count, perSecond }: Schedule, work: (n: number) => unknown): Promise<Float64Array> {
  const us = new Float64Array(count);
  const startMs = performance.now() + TURN_MS_MAX;
  const dueMsOf = (n: number): number => startMs + (n * 1_000) / perSecond;
  let next = 0;
  let waiting = 0;
  let failed = false;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      failed = true;
      reject(error);
    };
    const done = (n: number): void => {
      us[n] = (performance.now() - dueMsOf(n)) * 1_000;
    };
    const begin = (): void => {
      const n = next++;
      const working = work(n);
      if (working instanceof Promise) {
        waiting += 1;
        working.then(() => {
          done(n);
          waiting -= 1;
        }, fail);
      } else done(n);
    };
    /** Begins what is due, until the thread is to be given away. */
    const stay = (): void => {
      const turnedMs = performance.now();
      for (let nowMs = turnedMs; next < count; nowMs = performance.now()) {
        const restMs = dueMsOf(next) - nowMs;
        if (nowMs - turnedMs > (restMs > CLOSE_MS ? TURN_MS : TURN_MS_MAX)) return;
        if (restMs <= 0) begin();
      }
    };
    const turn = (): void => {
      try {
        stay();
      } catch (error) {
        fail(error);
      }
      if (failed) return;
      if (next < count || waiting > 0) setImmediate(turn);
      else resolve(us);
    };
    turn();
  });
}
