/**
 * The pages of the recovered image: a letter, a pattern and a colour each. One tab stop; arrows move, Enter opens the bytes,
 * `]` goes to the next page that is not valid. Only the rows that are seen are drawn.
 */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import type { PageMap } from '../../../shared/contract/recovery.ts';
import { Empty } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { useWidth } from '../../components/useWidth.ts';
import { formatCount } from '../../format/amount.ts';
import { PAGE_STATES, plural } from '../../format/words.ts';
import { useCommands } from '../../keyboard/commands.tsx';
import { ABNORMAL_PAGES, countPages, nextPage, pageSource } from '../../store/selectors/pages.ts';
import { PageDialog } from './PageDialog.tsx';

const CELL = 13;
const ROW = 15;
/** Label, padding and scroll bar. */
const AROUND = 92;
const STATE_NAME: ReadonlyMap<string, string> = new Map(PAGE_STATES.map((state) => [state.letter, state.name]));

export function PageMapPanel({ map }: { map: PageMap }) {
  const [cursor, setCursor] = useState(0);
  const [opened, setOpened] = useState<number | null>(null);
  const [frame, width] = useWidth();
  const scroll = useRef<HTMLDivElement>(null);
  const base = useId();
  const counts = useMemo(() => countPages(map.states), [map.states]);
  const total = map.states.length;
  // A round number of pages per row, so that a number is found by eye.
  const perRow = Math.max(10, Math.floor((width - AROUND) / CELL / 10) * 10);
  const rows = Math.ceil(total / perRow);
  const virtual = useVirtualizer({ count: rows, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 4 });

  const go = (page: number): void => {
    const to = Math.min(Math.max(0, page), total - 1);
    setCursor(to);
    virtual.scrollToIndex(Math.floor(to / perRow), { align: 'auto' });
  };
  const goAbnormal = (backwards = false): boolean => {
    const next = nextPage(map.states, cursor, ABNORMAL_PAGES, backwards);
    if (next === null) return false;
    go(next);
    scroll.current?.focus();
    return true;
  };
  useCommands({ 'restart.badPage': () => goAbnormal() });

  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: cursor + 1,
      ArrowLeft: cursor - 1,
      ArrowDown: cursor + perRow,
      ArrowUp: cursor - perRow,
      PageDown: cursor + perRow * 10,
      PageUp: cursor - perRow * 10,
      Home: 0,
      End: total - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) go(to);
    else if (event.key === 'Enter' || event.key === ' ') setOpened(cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const describe = (page: number): string =>
    `page ${page}: ${STATE_NAME.get(map.states[page] ?? '') ?? 'unknown'}${pageSource(map, page) ? `, from ${pageSource(map, page)}` : ''}`;

  return (
    <Panel
      title="Pages"
      note={total > 0 ? `${formatCount(total)} of 4,096 bytes; Enter opens the bytes, ] the next that is not valid` : undefined}
      aside={total > 0 ? <span className="pr-1 text-xs text-soft">{describe(cursor)}</span> : undefined}
    >
      <div ref={frame}>
        {total === 0 ? (
          <Empty title="No image was recovered, so there are no pages." />
        ) : (
          <>
            <div
              ref={scroll}
              className="pages"
              role="grid"
              aria-label="Pages of the recovered image"
              aria-rowcount={rows}
              aria-colcount={perRow}
              aria-activedescendant={`${base}-${cursor}`}
              tabIndex={0}
              onKeyDown={onKeyDown}
            >
              <div className="relative" style={{ height: virtual.getTotalSize() }} role="rowgroup">
                {virtual.getVirtualItems().map((item) => (
                  <div
                    key={item.index}
                    className="page-row"
                    role="row"
                    aria-rowindex={item.index + 1}
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <span className="page-label" role="rowheader">
                      {item.index * perRow}
                    </span>
                    {[...map.states.slice(item.index * perRow, (item.index + 1) * perRow)].map((letter, offset) => {
                      const page = item.index * perRow + offset;
                      return (
                        // biome-ignore lint/a11y/useKeyWithClickEvents: the map itself holds the focus and hears the keys
                        <span
                          key={page}
                          id={`${base}-${page}`}
                          className="page"
                          role="gridcell"
                          tabIndex={-1}
                          data-state={letter}
                          data-cursor={page === cursor || undefined}
                          title={describe(page)}
                          aria-label={describe(page)}
                          onClick={() => {
                            setCursor(page);
                            setOpened(page);
                          }}
                        >
                          {letter}
                        </span>
                      );
                    })}
                  </div>
                ))}
              </div>
            </div>
            <div className="page-legend border-t border-line px-2 py-1">
              {counts.map((state) => (
                <button
                  key={state.letter}
                  type="button"
                  className="button"
                  data-kind="quiet"
                  disabled={state.first === null}
                  title={state.meaning}
                  aria-label={`${plural(state.count, `${state.name} page`)}, go to the first`}
                  onClick={() => {
                    if (state.first !== null) go(state.first);
                    scroll.current?.focus();
                  }}
                >
                  <span className="page" data-state={state.letter} aria-hidden="true">
                    {state.letter}
                  </span>
                  {state.name} {formatCount(state.count)}
                </button>
              ))}
            </div>
          </>
        )}
      </div>
      {opened === null ? null : <PageDialog map={map} page={opened} onPage={setOpened} onClose={() => setOpened(null)} />}
    </Panel>
  );
}
