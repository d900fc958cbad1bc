/** Lanes of events under the charts, on the same axis of time. Sparse marks are diamonds, dense ones a texture. */

import { useEffect, useRef } from 'react';
import type { Timeline } from '../../../shared/contract/postmortem.ts';
import { SPARSE_MAX } from '../../store/selectors/timeline.ts';
import { CursorLine } from './CursorLine.tsx';
import { PLOT_LEFT, PLOT_RIGHT } from './plot.ts';

export const LANE_PX = 18;
/** A pointer within this many pixels of a mark means it. */
const NEAR_PX = 7;

interface LanesProps {
  readonly lanes: Timeline['lanes'];
  readonly width: number;
  readonly range: readonly [number, number];
  readonly cursorMs: number | null;
  readonly crashMs: number | null;
  readonly theme: string;
  readonly onPick: (lsn: number) => void;
  readonly onHover: (label: string | null) => void;
}

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function Lanes({ lanes, width, range, cursorMs, crashMs, theme, onPick, onHover }: LanesProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = lanes.length * LANE_PX;
  const [from, to] = range;
  const across = width - PLOT_LEFT - PLOT_RIGHT;
  const x = (ms: number): number => PLOT_LEFT + ((ms - from) / Math.max(1e-9, to - from)) * across;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `x` follows range and width
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current) return;
    const scale = devicePixelRatio;
    canvas.current.width = width * scale;
    canvas.current.height = height * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = "11.5px 'Inter Variable', system-ui, sans-serif";
    context.textBaseline = 'middle';
    lanes.forEach((lane, index) => {
      const middle = index * LANE_PX + LANE_PX / 2;
      const sparse = lane.marks.length <= SPARSE_MAX;
      context.fillStyle = token('soft');
      context.textAlign = 'right';
      context.fillText(lane.lane, PLOT_LEFT - 8, middle);
      context.fillStyle = token('line');
      context.fillRect(PLOT_LEFT, middle - 0.5, across, 1);
      context.fillStyle = token(sparse ? 'ink' : 'bar');
      for (const mark of lane.marks) {
        const at = x(mark.atMs);
        if (at < PLOT_LEFT - 1 || at > width - PLOT_RIGHT + 1) continue;
        if (!sparse) context.fillRect(at - 0.5, middle - 4, 1, 8);
        else {
          context.beginPath();
          context.moveTo(at, middle - 4.5);
          context.lineTo(at + 4, middle);
          context.lineTo(at, middle + 4.5);
          context.lineTo(at - 4, middle);
          context.fill();
        }
      }
    });
    const vertical = (ms: number, colour: string, dash: number[]): void => {
      const at = x(ms);
      if (at < PLOT_LEFT || at > width - PLOT_RIGHT + 1) return;
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(at, 0);
      context.lineTo(at, height);
      context.stroke();
    };
    if (crashMs !== null) vertical(crashMs, token('critical'), [6, 3]);
  }, [lanes, width, height, from, to, crashMs, theme]);

  const near = (event: React.MouseEvent): { lsn: number; label: string } | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const lane = lanes[Math.floor((event.clientY - box.top) / LANE_PX)];
    const pointer = event.clientX - box.left;
    let best: { lsn: number; label: string } | null = null;
    let least = NEAR_PX;
    for (const mark of lane?.marks ?? []) {
      const distance = Math.abs(x(mark.atMs) - pointer);
      if (distance <= least) {
        least = distance;
        best = { lsn: mark.lsn, label: `${lane?.lane}: ${mark.label}` };
      }
    }
    return best;
  };

  return (
    <div className="relative">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Lanes of events: ${lanes.map((lane) => `${lane.lane} ${lane.marks.length}`).join(', ')}`}
        style={{ width, height, display: 'block' }}
        onClick={(event) => {
          const mark = near(event);
          if (mark) onPick(mark.lsn);
        }}
        onMouseMove={(event) => onHover(near(event)?.label ?? null)}
        onMouseLeave={() => onHover(null)}
      />
      <CursorLine ms={cursorMs} range={[from, to]} width={width} />
    </div>
  );
}
