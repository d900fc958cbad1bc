import { useCallback, useRef, useState } from 'react';
import type { ErrorData } from '../../shared/errors.ts';

export interface Action {
  readonly busy: boolean;
  readonly error: ErrorData | null;
  /** Runs it unless it runs already; true where it went well. */
  run(work: () => Promise<ErrorData | null>): Promise<boolean>;
  clear(): void;
}

/** One thing that a person set going: busy while it runs, and the error that it ended with. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorData | null>(null);
  const running = useRef(false);

  const run = useCallback(async (work: () => Promise<ErrorData | null>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    const outcome = await work();
    running.current = false;
    setBusy(false);
    setError(outcome);
    return outcome === null;
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, run, clear };
}
