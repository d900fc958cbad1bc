/** The stretch of the log that is drawn, in numbers: what dragging does, without a pointer. */

import { useEffect, useState } from 'react';
import type { Timeline } from '../../../shared/contract/postmortem.ts';
import { Button } from '../../components/Button.tsx';
import { useActions } from '../../store/context.tsx';

const LAST = 1000;

export function RangeForm({ timeline }: { timeline: Timeline }) {
  const { loadTimeline } = useActions();
  const [from, setFrom] = useState(String(timeline.from));
  const [to, setTo] = useState(String(timeline.to));
  useEffect(() => {
    setFrom(String(timeline.from));
    setTo(String(timeline.to));
  }, [timeline.from, timeline.to]);
  const parse = (text: string): number | null =>
    /^\d{1,15}$/.test(text.replaceAll(',', '').trim()) ? Number(text.replaceAll(',', '').trim()) : null;
  const a = parse(from);
  const b = parse(to);
  const valid = a !== null && b !== null && a < b;
  return (
    <form
      className="flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) void loadTimeline({ from: a, to: b });
      }}
    >
      <input
        className="input !h-[22px] !w-[88px] text-right"
        aria-label="From LSN"
        aria-invalid={a === null}
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
      <span className="text-soft">to</span>
      <input
        className="input !h-[22px] !w-[88px] text-right"
        aria-label="To LSN"
        aria-invalid={b === null}
        value={to}
        onChange={(event) => setTo(event.target.value)}
      />
      <Button type="submit" kind="quiet" disabled={!valid}>
        Draw
      </Button>
      <Button kind="quiet" onClick={() => void loadTimeline({ from: Math.max(1, timeline.to - LAST), to: timeline.to })}>
        Last 1,000
      </Button>
      <Button kind="quiet" onClick={() => void loadTimeline()}>
        Whole log
      </Button>
    </form>
  );
}
