/** One page down to its bytes: where it comes from, its hashes, the hex, the rows that it holds. */

import { useEffect, useMemo, useRef, useState } from 'react';
import type { PageView } from '../../../shared/contract/postmortem.ts';
import type { PageMap } from '../../../shared/contract/recovery.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { Count, Loose } from '../../components/Amount.tsx';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { Status } from '../../components/Mark.tsx';
import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { formatCount } from '../../format/amount.ts';
import { foldZeros, hexLines } from '../../format/hex.ts';
import { PAGE_STATES } from '../../format/words.ts';
import { useActions } from '../../store/context.tsx';
import { pageSource } from '../../store/selectors/pages.ts';

const TIERS = ['recovered', 'L1', 'L2', 'L3', 'L4'] as const;
type Tier = (typeof TIERS)[number];

type Fetched = { readonly view: PageView; readonly error: null } | { readonly view: null; readonly error: ErrorData } | null;

const decode = (encoded: string): Uint8Array => Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));

export function PageDialog({
  map,
  page,
  onPage,
  onClose,
}: {
  map: PageMap;
  page: number;
  onPage: (page: number) => void;
  onClose: () => void;
}) {
  const [tier, setTier] = useState<Tier>('recovered');
  const [fetched, setFetched] = useState<Fetched>(null);
  const { readPage } = useActions();
  const next = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    let current = true;
    setFetched(null);
    void readPage(tier, page).then((reply) => {
      if (current) setFetched(reply.ok ? { view: reply.value, error: null } : { view: null, error: reply.error });
    });
    return () => {
      current = false;
    };
  }, [tier, page, readPage]);

  const state = PAGE_STATES.find((entry) => entry.letter === map.states[page]);
  const source = pageSource(map, page);
  return (
    <Dialog
      open
      onClose={onClose}
      width="wide"
      safeFocus={next}
      title={`Page ${formatCount(page)}`}
      note={state ? `${state.name}: ${state.meaning}${source ? `, from ${source}` : ''}` : undefined}
    >
      <div className="mb-2 flex items-center gap-3">
        <fieldset className="segmented" aria-label="Copy of the page">
          {TIERS.map((option) => (
            <button key={option} type="button" aria-pressed={tier === option} onClick={() => setTier(option)}>
              {option}
            </button>
          ))}
        </fieldset>
        <div className="ml-auto flex gap-1">
          <Button disabled={page === 0} onClick={() => onPage(page - 1)}>
            Previous page
          </Button>
          <Button ref={next} disabled={page >= map.states.length - 1} onClick={() => onPage(page + 1)}>
            Next page
          </Button>
        </div>
      </div>
      {fetched === null ? (
        <Empty title={`Reading page ${page} of ${tier}`} />
      ) : fetched.error ? (
        <ErrorNotice error={fetched.error} asked={`page ${page} of ${tier}`} />
      ) : (
        <Bytes view={fetched.view} />
      )}
    </Dialog>
  );
}

function Bytes({ view }: { view: PageView }) {
  const lines = useMemo(() => foldZeros(hexLines(decode(view.bytes))), [view.bytes]);
  const columns = useMemo(() => [...new Set(view.rows.flatMap((row) => Object.keys(row.values)))], [view.rows]);
  const same = view.hashStored === view.hashComputed;
  return (
    <div className="grid gap-3">
      <dl className="grid grid-cols-[repeat(5,auto)] justify-between gap-x-6">
        {[
          [
            'table',
            view.table ?? (
              <span key="none" className="text-faint">
                none
              </span>
            ),
          ],
          [
            'last change',
            view.lsn === null ? (
              'none'
            ) : (
              <span key="lsn">
                LSN <Count value={view.lsn} />
              </span>
            ),
          ],
          ['hash stored', <ShortHash key="stored" value={view.hashStored} digits={16} />],
          [
            'hash computed',
            <span key="computed" data-tone={same ? undefined : 'critical'}>
              {same ? 'equal ' : 'differs '}
              <ShortHash value={view.hashComputed} digits={16} />
            </span>,
          ],
          ['status', <Status key="status" tone={same ? 'normal' : 'critical'} word={view.status} />],
        ].map(([label, value]) => (
          <div key={String(label)}>
            <dt className="text-xs text-soft">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section
        className="hex h-[280px] overflow-auto border border-line bg-sunken p-2"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label="Bytes of the page"
      >
        {lines.map((line, index) =>
          line === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: folds have no other name
            <div key={`fold-${index}`} className="text-faint">
              *
            </div>
          ) : (
            <div key={line.offset}>
              <span className="text-faint">{line.offset}</span>
              {'  '}
              <span className={line.zero ? 'text-faint' : undefined}>{line.hex}</span>
              {'  '}
              <span className="text-soft">{line.text}</span>
            </div>
          ),
        )}
      </section>
      <section>
        <h3 className="mb-1 text-sm font-semibold">Rows on this page</h3>
        {view.rows.length === 0 ? (
          <Empty title="No row of this page is in use, or its table is not known." />
        ) : (
          <ScrollRegion className="max-h-[190px]" label="Rows on this page">
            <table className="sheet">
              <thead>
                <tr>
                  <th className="right">Row</th>
                  {columns.map((column) => (
                    <th key={column}>{column}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {view.rows.map((row) => (
                  <tr key={row.row}>
                    <td className="right">{formatCount(row.row)}</td>
                    {columns.map((column) => (
                      <td key={column} className="tight">
                        <Loose value={row.values[column]} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollRegion>
        )}
      </section>
    </div>
  );
}
