/** What the console knows of one subject: the last whole view, when it came, and what the last question came to. */

import type { ErrorData } from '../../shared/errors.ts';

export interface Subject<T> {
  readonly view: T | null;
  /** Milliseconds since the epoch, by this machine's clock, when `view` arrived. */
  readonly receivedAt: number | null;
  /** The last question failed; `view` is then older than the question. */
  readonly error: ErrorData | null;
  readonly asking: boolean;
  /** When the last question was asked. */
  readonly askedAt: number | null;
}

const NOTHING: Subject<never> = { view: null, receivedAt: null, error: null, asking: false, askedAt: null };

export const nothing = <T>(): Subject<T> => NOTHING;

export const asking = <T>(subject: Subject<T>, at: number): Subject<T> => ({ ...subject, asking: true, askedAt: at });

export const received = <T>(view: T, at: number, askedAt: number | null = null): Subject<T> => ({
  view,
  receivedAt: at,
  error: null,
  asking: false,
  askedAt,
});

export const failed = <T>(subject: Subject<T>, error: ErrorData): Subject<T> => ({ ...subject, asking: false, error });
