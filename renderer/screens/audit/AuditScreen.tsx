/** Audit: the chain, who and when, verified or the first bad entry. */

import { RefreshCw } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { AuditEntry } from '../../../shared/contract/gate.ts';
import { Loose } from '../../components/Amount.tsx';
import { Button } from '../../components/Button.tsx';
import { ExportMenu } from '../../components/Export.tsx';
import { Grid, type GridColumn } from '../../components/Grid.tsx';
import { FullHash, ShortHash } from '../../components/Hash.tsx';
import { Status } from '../../components/Mark.tsx';
import { Empty, ErrorNotice, Notice } from '../../components/Notice.tsx';
import { Screen } from '../../components/Screen.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { detailsText } from '../../components/shell/AuditDrawer.tsx';
import { formatCount } from '../../format/amount.ts';
import { humanise, plural } from '../../format/words.ts';
import { useCommands } from '../../keyboard/commands.tsx';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { detailsOf, firstBrokenLink, originText } from '../../store/selectors/audit.ts';

const NONE: readonly AuditEntry[] = [];
const text = (pick: (entry: AuditEntry) => string) => (a: AuditEntry, b: AuditEntry) =>
  pick(a).localeCompare(pick(b)) || a.sequence - b.sequence;

const COLUMNS: readonly GridColumn<AuditEntry>[] = [
  {
    id: 'sequence',
    header: 'Entry',
    track: '76px',
    align: 'right',
    cell: (entry) => formatCount(entry.sequence),
    raw: (entry) => entry.sequence,
    compare: (a, b) => a.sequence - b.sequence,
  },
  { id: 'at', header: 'Time', track: '184px', cell: (entry) => <Stamp at={entry.at} />, raw: (entry) => entry.at },
  {
    id: 'actor',
    header: 'Who',
    track: '120px',
    cell: (entry) => entry.actor,
    raw: (entry) => entry.actor,
    compare: text((entry) => entry.actor),
  },
  {
    id: 'origin',
    header: 'From',
    track: '120px',
    cell: (entry) => <span className="text-soft">{originText(entry)}</span>,
    raw: originText,
    compare: text(originText),
  },
  {
    id: 'action',
    header: 'What',
    track: '180px',
    cell: (entry) => <span className="font-medium">{entry.action}</span>,
    raw: (entry) => entry.action,
    compare: text((entry) => entry.action),
  },
  {
    id: 'details',
    header: 'Details',
    track: 'minmax(160px, 1fr)',
    cell: (entry) => <span title={detailsText(entry)}>{detailsText(entry)}</span>,
    raw: (entry) => JSON.stringify(entry.details),
  },
  {
    id: 'previous',
    header: 'Before',
    track: '92px',
    cell: (entry) => (
      <span className="text-soft">
        <ShortHash value={entry.previousHash} />
      </span>
    ),
    raw: (entry) => entry.previousHash,
  },
  { id: 'hash', header: 'Hash', track: '92px', cell: (entry) => <ShortHash value={entry.hash} />, raw: (entry) => entry.hash },
];
const NEWEST = { id: 'sequence', descending: true } as const;
const idOf = (entry: AuditEntry): string => String(entry.sequence);

export function AuditScreen() {
  const subject = useSubject('audit');
  const storeIndex = useConsole((state) => state.storeIndex);
  const { loadAudit } = useActions();
  const [cursor, setCursor] = useState<string | null>(null);
  const evidence = useRef<HTMLElement>(null);
  const view = subject.view;
  const entries = view?.entries ?? NONE;
  const broken = useMemo(() => firstBrokenLink(entries), [entries]);
  const entry = entries.find((candidate) => idOf(candidate) === cursor) ?? null;
  const read = (): void => void loadAudit(storeIndex);
  useCommands({ 'audit.verify': read });
  useEffect(() => {
    const newest = entries.at(-1);
    if (cursor === null && newest) setCursor(idOf(newest));
  }, [cursor, entries]);

  if (view === null) {
    return (
      <Screen title="Audit">
        {subject.error ? (
          <ErrorNotice error={subject.error} asked="the audit log of this store" askedAt={subject.askedAt} />
        ) : (
          <Empty title="Reading the audit log" />
        )}
      </Screen>
    );
  }
  const bad = view.firstBad ?? broken;
  return (
    <Screen title="Audit" fixed>
      {subject.error ? <ErrorNotice error={subject.error} asked="the audit log of this store" askedAt={subject.askedAt} /> : null}
      {!view.verified || broken !== null ? (
        <Notice
          tone="critical"
          title={`The chain does not verify${bad === null ? '' : ` at entry ${formatCount(bad)}`}`}
          aside={bad === null ? null : <Button onClick={() => setCursor(String(bad))}>Go to entry {formatCount(bad)}</Button>}
        >
          What stands before it is proved, what stands after it is not. Keep the file as evidence; nothing is released on a chain that does
          not verify.
        </Notice>
      ) : null}
      <section className="panel min-h-0 flex-1" aria-label="Audit log">
        <div className="panel-head">
          <h2>Audit log</h2>
          <span className="text-sm">
            {view.verified && broken === null ? 'chain verified' : <Status tone="critical" word="does not verify" />}
          </span>
          <span className="text-sm text-soft">
            {entries.length > 0 && entries[0]!.sequence > 1
              ? `the last ${formatCount(entries.length)} entries`
              : plural(entries.length, 'entry', 'entries')}
          </span>
          <span className="truncate text-sm text-soft">
            head <ShortHash value={view.head} digits={32} />
          </span>
          <div className="aside">
            <ExportMenu
              subject="audit"
              table={() => ({
                columns: COLUMNS.map((column) => column.id),
                rows: entries.map((row) => COLUMNS.map((column) => column.raw(row))),
              })}
              document={() => view}
            />
            <Button shortcut="R" disabled={subject.asking} onClick={read}>
              <RefreshCw size={13} aria-hidden="true" /> Read and verify again
            </Button>
          </div>
        </div>
        <div className="min-h-0 flex-1">
          <Grid
            primary
            label="Entries of the audit log"
            rows={entries}
            columns={COLUMNS}
            rowId={idOf}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={() => evidence.current?.focus()}
            sort={NEWEST}
            empty={<Empty title="The audit log holds no entry yet." />}
          />
        </div>
      </section>
      <ScrollRegion ref={evidence} className="panel h-[172px] flex-none" label="The entry">
        {entry === null ? <Empty title="No entry is chosen." /> : <Entry entry={entry} bad={bad === entry.sequence} />}
      </ScrollRegion>
    </Screen>
  );
}

function Entry({ entry, bad }: { entry: AuditEntry; bad: boolean }) {
  return (
    <>
      <div className="panel-head">
        <h2>
          Entry {formatCount(entry.sequence)}: {entry.action}
        </h2>
        <span className="text-soft">
          by {entry.actor}, {originText(entry)}, <Stamp at={entry.at} precision={9} zone />
        </span>
        {bad ? <Status tone="critical" word="first bad entry" /> : null}
      </div>
      <div className="grid grid-cols-2 gap-6 px-3 py-2">
        <dl className="pairs content-start">
          {detailsOf(entry).map(([name, value]) => (
            <div key={name} className="contents">
              <dt>{humanise(name)}</dt>
              <dd>
                <Loose value={value} />
              </dd>
            </div>
          ))}
          {Object.keys(entry.details).length === 0 ? <dt>no details</dt> : null}
        </dl>
        <dl className="pairs content-start">
          <dt>hash</dt>
          <dd>
            <FullHash value={entry.hash} />
          </dd>
          <dt>hash before</dt>
          <dd>
            <FullHash value={entry.previousHash} />
          </dd>
        </dl>
      </div>
    </>
  );
}
