/**
 * Rows of evidence, as many as there are: TanStack Table sorts, TanStack Virtual draws what is seen. One tab stop; J/K, arrows,
 * Page, Home and End move the cursor, Enter opens the evidence, Ctrl+C copies the row as raw values.
 */

import { createSortedRowModel, rowSortingFeature, type SortingState, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { type Cell, toTsv } from '../format/table.ts';
import { useCommands } from '../keyboard/commands.tsx';
import { useConsole } from '../store/context.tsx';

export const ROW_PX = 24;
const HEAD_PX = 25;

export interface GridColumn<Row> {
  readonly id: string;
  readonly header: ReactNode;
  /** A CSS track: `90px`, `minmax(120px, 1fr)`. */
  readonly track: string;
  readonly align?: 'left' | 'right' | undefined;
  readonly cell: (row: Row) => ReactNode;
  /** What a copy and an export yield. */
  readonly raw: (row: Row) => Cell;
  /** Ascending order; absent: the column does not sort. */
  readonly compare?: ((a: Row, b: Row) => number) | undefined;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly GridColumn<Row>[];
  readonly rowId: (row: Row) => string;
  readonly cursor: string | null;
  readonly onCursor: (id: string, row: Row) => void;
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly chosen?: ReadonlySet<string> | undefined;
  /** Column and direction to begin with; absent: the order of `rows`. */
  readonly sort?: { readonly id: string; readonly descending: boolean } | undefined;
  readonly empty?: ReactNode;
  /** The grid of its screen: it takes the focus when it appears, and J/K reach it from anywhere on the screen. */
  readonly primary?: boolean | undefined;
  /** Told the rows in the order in which they stand. */
  readonly onOrder?: ((rows: readonly Row[]) => void) | undefined;
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export function Grid<Row extends object>(props: GridProps<Row>) {
  const { label, rows, columns, rowId, cursor, onCursor, onOpen, chosen, empty, onOrder, primary = false } = props;
  const [sorting, setSorting] = useState<SortingState>(props.sort ? [{ id: props.sort.id, desc: props.sort.descending }] : []);
  const root = useRef<HTMLDivElement>(null);
  const base = useId();
  const singleKeys = useConsole((state) => state.preferences.singleKeys);

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: Row) => row,
        enableSorting: column.compare !== undefined,
        sortFn: (a: { original: Row }, b: { original: Row }) => column.compare?.(a.original, b.original) ?? 0,
        sortDescFirst: false,
      })),
    [columns],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: rows as Row[],
    getRowId: rowId,
    state: { sorting },
    onSortingChange: setSorting,
  });
  const ordered = table.getRowModel().rows;
  const index = useMemo(() => ordered.findIndex((row) => row.id === cursor), [ordered, cursor]);

  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => root.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    // The head sticks to the top and covers this much of what is scrolled to.
    scrollPaddingStart: HEAD_PX,
    scrollMargin: HEAD_PX,
  });
  const height = virtual.scrollRect?.height;

  useEffect(() => {
    onOrder?.(ordered.map((row) => row.original));
  }, [ordered, onOrder]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of height may have hidden the cursor
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' });
  }, [index, virtual, height]);

  const move = (to: number): void => {
    const row = ordered[Math.min(Math.max(0, to), ordered.length - 1)];
    if (row) onCursor(row.id, row.original);
  };
  const reach = (to: number): void => {
    root.current?.focus();
    move(to);
  };
  useCommands(primary ? { 'grid.next': () => reach(index + 1), 'grid.previous': () => reach(index - 1) } : {});
  useEffect(() => {
    const focused = document.activeElement;
    if (primary && (focused === null || focused === document.body || focused.tagName === 'MAIN')) root.current?.focus();
  }, [primary]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== root.current) return;
    const page = Math.max(1, Math.floor((root.current?.clientHeight ?? ROW_PX) / ROW_PX) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: ordered.length - 1,
      ...(singleKeys ? { j: index + 1, k: index - 1 } : {}),
    };
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    const to = steps[event.key];
    const row = ordered[index]?.original;
    if (plain && to !== undefined) move(to);
    else if (plain && event.key === 'Enter' && row && onOpen) onOpen(row);
    else return;
    event.preventDefault();
  };

  // Rows are given handlers that never change, so that they need not be drawn again.
  const latest = useRef({ onCursor, onOpen, rowId });
  latest.current = { onCursor, onOpen, rowId };
  const pick = useCallback((row: Row) => latest.current.onCursor(latest.current.rowId(row), row), []);
  const open = useCallback((row: Row) => latest.current.onOpen?.(row), []);

  // The copy event needs no permission, unlike the clipboard of the navigator. A selection is copied by components/copy.ts.
  const onCopy = (event: ClipboardEvent): void => {
    const row = ordered[index]?.original;
    if (!row || !(document.getSelection()?.isCollapsed ?? true)) return;
    event.clipboardData.setData('text/plain', toTsv([columns.map((column) => column.raw(row))]));
    event.preventDefault();
  };

  const tracks = columns.map((column) => column.track).join(' ');
  const rowDomId = (id: string): string => `${base}-${id}`;
  const items = virtual.getVirtualItems();
  const cursorDrawn = items.some((item) => item.index === index);

  return (
    // The rows follow the cursor by aria-activedescendant, so that the whole grid is one tab stop.
    <div
      ref={root}
      className="evidence-grid"
      role="grid"
      aria-label={label}
      aria-rowcount={ordered.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={cursorDrawn && index >= 0 ? rowDomId(ordered[index]!.id) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onCopy={onCopy}
      style={{ '--columns': tracks } as React.CSSProperties}
    >
      <div className="grid-head" role="rowgroup">
        <div className="grid-row" role="row" aria-rowindex={1}>
          {columns.map((column) => {
            const sorted = table.getColumn(column.id)?.getIsSorted() ?? false;
            return (
              <div
                key={column.id}
                className="grid-cell"
                role="columnheader"
                data-align={column.align}
                aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}
              >
                {column.compare ? (
                  <button type="button" tabIndex={-1} onClick={() => table.getColumn(column.id)?.toggleSorting()}>
                    {column.header}
                    {sorted === 'asc' ? (
                      <ArrowUp size={11} aria-hidden="true" />
                    ) : sorted === 'desc' ? (
                      <ArrowDown size={11} aria-hidden="true" />
                    ) : null}
                  </button>
                ) : (
                  column.header
                )}
              </div>
            );
          })}
        </div>
      </div>
      {ordered.length === 0 ? empty : null}
      <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = ordered[item.index]!;
          return (
            <GridRow
              key={row.id}
              domId={rowDomId(row.id)}
              row={row.original}
              index={item.index}
              top={item.start - HEAD_PX}
              columns={columns}
              isCursor={item.index === index}
              isChosen={chosen?.has(row.id)}
              onPick={pick}
              onOpen={open}
            />
          );
        })}
      </div>
    </div>
  );
}

interface GridRowProps<Row> {
  readonly domId: string;
  readonly row: Row;
  readonly index: number;
  /** Pixels below the head. */
  readonly top: number;
  readonly columns: readonly GridColumn<Row>[];
  readonly isCursor: boolean;
  /** undefined: rows of this grid are not chosen. */
  readonly isChosen: boolean | undefined;
  readonly onPick: (row: Row) => void;
  readonly onOpen: (row: Row) => void;
}

function PlainRow<Row>({ domId, row, index, top, columns, isCursor, isChosen, onPick, onOpen }: GridRowProps<Row>) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself holds the focus and hears the keys
    <div
      id={domId}
      className="grid-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen ?? isCursor}
      data-cursor={isCursor || undefined}
      data-chosen={isChosen || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onPick(row)}
      onDoubleClick={() => onOpen(row)}
    >
      {columns.map((column) => (
        <div key={column.id} className="grid-cell" role="gridcell" data-align={column.align}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** A row that came into view once is not drawn again while the rest scrolls. */
const GridRow = memo(PlainRow) as typeof PlainRow;
