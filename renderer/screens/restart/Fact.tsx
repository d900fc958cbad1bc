/** One of the ten facts: its number, its figure, where it came from and how old it is. A stale figure is struck through. */

import type { ReactNode } from 'react';
import { formatDuration } from '../../format/duration.ts';
import { useConsole } from '../../store/context.tsx';
import { ageOf, isStale } from '../../store/selectors/freshness.ts';

export interface FactProps {
  readonly number: number;
  readonly title: string;
  readonly source?: string | undefined;
  /** When the figure was true; null: it does not say. */
  readonly at?: string | null | undefined;
  /** A figure of the live world goes stale; a recovered one does not. */
  readonly live?: boolean | undefined;
  readonly value: ReactNode;
  readonly children?: ReactNode;
}

export function Fact({ number, title, source, at = null, live = false, value, children }: FactProps) {
  const nowMs = useConsole((state) => state.nowMs);
  const age = ageOf(at, nowMs);
  const stale = live && isStale(age);
  return (
    <section className="fact" aria-label={`${number}. ${title}`}>
      <span className="fact-number" aria-hidden="true">
        {number}
      </span>
      <div className="fact-head">
        <h2>{title}</h2>
        <span className="fact-source" title={at ? `${source ?? ''} ${at}` : source}>
          {source}
          {age !== null && live ? ` · ${formatDuration(age)} old` : null}
        </span>
      </div>
      <div className="fact-value">
        {stale ? <div className="stale flex flex-wrap items-baseline gap-x-2.5">{value}</div> : value}
        {stale && age !== null ? <span className="stale-label">STALE {formatDuration(age)}</span> : null}
      </div>
      {children ? <div className={`fact-lines col-start-2 ${stale ? 'stale' : ''}`}>{children}</div> : null}
    </section>
  );
}
