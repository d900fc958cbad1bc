/** Every operation of the log, in pages of two thousand as they come into view. One tab stop; the cursor is an LSN. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef } from 'react';
import type { OperationRow } from '../../../shared/contract/postmortem.ts';
import { ROW_PX } from '../../components/Grid.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { formatCount } from '../../format/amount.ts';
import { intentLine } from '../../format/intent.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { missingRecord, windowOf } from '../../store/selectors/timeline.ts';
import { OPERATIONS_PAGE, pageOf } from '../../store/slices/postmortem.ts';

const COLUMNS = '92px 128px 148px minmax(0, 1fr) 64px';
const HEAD_PX = 25;

export function Operations({ first, last }: { first: number; last: number }) {
  const cursor = useConsole((state) => state.postmortem.cursor) ?? last;
  const pages = useConsole((state) => state.postmortem.operations);
  const reading = useConsole((state) => state.postmortem.reading);
  const marks = useConsole((state) => state.postmortem.marks);
  const wal = useSubject('recovery').view?.report?.wal ?? null;
  const singleKeys = useConsole((state) => state.preferences.singleKeys);
  const { moveCursor, loadOperations } = useActions();
  const root = useRef<HTMLDivElement>(null);
  const base = useId();
  const { from, count } = windowOf(first, last, cursor);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => root.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
  });
  const items = virtual.getVirtualItems();
  const height = virtual.scrollRect?.height;

  const loaded = useMemo(() => {
    const rows = new Map<number, OperationRow>();
    for (const page of Object.values(pages)) if (page.state === 'here') for (const row of page.value) rows.set(row.lsn, row);
    return rows;
  }, [pages]);

  const firstSeen = from + (items[0]?.index ?? 0);
  const lastSeen = from + (items.at(-1)?.index ?? 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read anew has no page yet
  useEffect(() => {
    if (count === 0) return;
    // A wheel that flies past does not ask for every page on its way.
    const timer = setTimeout(() => {
      for (let page = pageOf(firstSeen, 1); page <= lastSeen; page += OPERATIONS_PAGE) void loadOperations(page);
    }, 60);
    return () => clearTimeout(timer);
  }, [firstSeen, lastSeen, count, reading, loadOperations]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of height may have hidden the cursor
  useEffect(() => {
    if (count > 0) virtual.scrollToIndex(Math.min(Math.max(0, cursor - from), count - 1), { align: 'auto' });
  }, [cursor, from, count, virtual, height]);
  useEffect(() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body || focused.tagName === 'MAIN') root.current?.focus();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const page = Math.max(1, Math.floor((root.current?.clientHeight ?? ROW_PX) / ROW_PX) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: cursor + 1,
      ArrowUp: cursor - 1,
      PageDown: cursor + page,
      PageUp: cursor - page,
      Home: first,
      End: last,
      ...(singleKeys ? { j: cursor + 1, k: cursor - 1 } : {}),
    };
    const to = steps[event.key];
    if (to === undefined) return;
    moveCursor(to);
    event.preventDefault();
  };

  return (
    <div
      ref={root}
      className="evidence-grid"
      role="grid"
      aria-label="Operations"
      aria-rowcount={count + 1}
      aria-colcount={5}
      aria-activedescendant={items.some((item) => from + item.index === cursor) ? `${base}-${cursor}` : undefined}
      tabIndex={0}
      data-autofocus
      onKeyDown={onKeyDown}
      style={{ '--columns': COLUMNS } as React.CSSProperties}
    >
      <div className="grid-head" role="rowgroup">
        <div className="grid-row" role="row" aria-rowindex={1}>
          <div className="grid-cell" role="columnheader" data-align="right">
            LSN
          </div>
          {['Time', 'Operation', 'What', 'Durable'].map((title) => (
            <div key={title} className="grid-cell" role="columnheader">
              {title}
            </div>
          ))}
        </div>
      </div>
      {count === 0 ? <Empty title="The log holds no operation." /> : null}
      <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const lsn = from + item.index;
          const row = loaded.get(lsn);
          const page = pages[pageOf(lsn, 1)];
          const missing = page?.state === 'here' ? missingRecord(lsn, wal) : page?.state === 'failed' ? page.error.message : null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself holds the focus and hears the keys
            <div
              key={lsn}
              id={`${base}-${lsn}`}
              className="grid-row"
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={lsn === cursor}
              data-cursor={lsn === cursor || undefined}
              style={{ transform: `translateY(${item.start - HEAD_PX}px)` }}
              onClick={() => moveCursor(lsn)}
            >
              <div className="grid-cell" role="gridcell" data-align="right" data-raw={lsn}>
                {marks.includes(lsn) ? <span title="marked">◆ </span> : null}
                {formatCount(lsn)}
              </div>
              <div className="grid-cell text-soft" role="gridcell">
                {row ? <Stamp at={row.at} precision={6} /> : null}
              </div>
              <div className="grid-cell" role="gridcell">
                {row?.type ?? (missing === null ? <span className="text-faint">reading</span> : <span data-tone="high">missing</span>)}
              </div>
              <div className="grid-cell" role="gridcell" title={row ? intentLine(row.intent) : (missing ?? undefined)}>
                {row ? intentLine(row.intent) : <span className="text-soft">{missing}</span>}
              </div>
              <div className="grid-cell" role="gridcell">
                {row ? row.acknowledged ? <span className="text-faint">yes</span> : <span data-tone="high">no</span> : null}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
