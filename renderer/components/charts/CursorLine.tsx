/** The cursor over a chart: an element that moves, so that a step does not draw the chart anew. */

import { PLOT_LEFT, PLOT_RIGHT } from './plot.ts';

export function CursorLine({
  ms,
  range: [from, to],
  width,
  top = 0,
  bottom = 0,
}: {
  ms: number | null;
  range: readonly [number, number];
  width: number;
  /** Pixels above and below the plot. */
  top?: number;
  bottom?: number;
}) {
  if (ms === null || ms < from || ms > to) return null;
  const x = PLOT_LEFT + ((ms - from) / (to - from)) * (width - PLOT_LEFT - PLOT_RIGHT);
  return <i className="chart-cursor" aria-hidden="true" style={{ top, bottom, transform: `translateX(${x}px)` }} />;
}
