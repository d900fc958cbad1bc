/** The audit log beside every screen: the newest entry first. */

import { X } from 'lucide-react';
import type { AuditEntry } from '../../../shared/contract/gate.ts';
import { humanise } from '../../format/words.ts';
import { useActions, useSubject } from '../../store/context.tsx';
import { detailsOf, originText } from '../../store/selectors/audit.ts';
import { Button } from '../Button.tsx';
import { ShortHash } from '../Hash.tsx';
import { Mark } from '../Mark.tsx';
import { Empty, ErrorNotice } from '../Notice.tsx';
import { ScrollRegion } from '../ScrollRegion.tsx';
import { Stamp } from '../Stamp.tsx';

const SHOWN = 200;

/** Hashes, keys and signatures are shown by their beginning here; the entry itself shows them whole. */
const WHOLE_MAX = 40;

const plain = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function brief(value: unknown): string {
  if (value === null) return 'none';
  const text = Array.isArray(value) ? value.map(plain).join(', ') || 'every' : plain(value);
  return text.length > WHOLE_MAX && !text.includes(' ') ? `${text.slice(0, 12)}…` : text;
}

export const detailsText = (entry: AuditEntry): string =>
  detailsOf(entry)
    .map(([name, value]) => `${humanise(name)} ${brief(value)}`)
    .join(' · ');

export function AuditDrawer() {
  const audit = useSubject('audit');
  const { toggleDrawer, openScreen } = useActions();
  const entries = audit.view?.entries ?? [];
  return (
    <aside className="drawer" aria-label="Audit log">
      <div className="panel-head">
        <h2>Audit log</h2>
        {audit.view ? (
          audit.view.verified ? (
            <span className="text-xs text-soft">chain verified</span>
          ) : (
            <span className="flex items-center gap-1 text-xs" data-tone="critical">
              <Mark tone="critical" />
              first bad entry {audit.view.firstBad ?? 'unknown'}
            </span>
          )
        ) : null}
        <div className="aside">
          <Button kind="quiet" onClick={() => openScreen('audit')}>
            Open
          </Button>
          <Button kind="quiet" aria-label="Close the audit log" onClick={toggleDrawer}>
            <X size={13} aria-hidden="true" />
          </Button>
        </div>
      </div>
      {audit.error ? <ErrorNotice error={audit.error} asked="audit log of the store" askedAt={audit.askedAt} /> : null}
      <ScrollRegion className="min-h-0 flex-1" label="Entries">
        {audit.view && entries.length === 0 ? <Empty title="The audit log holds no entry yet." /> : null}
        <ol>
          {entries
            .slice(-SHOWN)
            .reverse()
            .map((entry) => (
              <li
                key={entry.sequence}
                className="border-b border-line px-3 py-1.5"
                data-tone={audit.view?.firstBad === entry.sequence ? 'critical' : undefined}
              >
                <div className="flex items-baseline gap-2">
                  <span className="font-semibold">{entry.action}</span>
                  <span className="text-soft">{entry.actor}</span>
                  <span className="ml-auto text-xs text-faint">
                    <Stamp at={entry.at} precision={0} />
                  </span>
                </div>
                <div className="text-xs break-words text-soft">{detailsText(entry)}</div>
                <div className="text-xs text-faint">
                  #{entry.sequence} <ShortHash value={entry.hash} /> {originText(entry)}
                </div>
              </li>
            ))}
        </ol>
      </ScrollRegion>
    </aside>
  );
}
