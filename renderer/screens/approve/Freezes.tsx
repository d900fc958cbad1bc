/** What a dossier would freeze right now, before anyone proposes it. */

import { useMemo } from 'react';
import { Money } from '../../components/Amount.tsx';
import { Status } from '../../components/Mark.tsx';
import { Panel } from '../../components/Panel.tsx';
import { formatCount } from '../../format/amount.ts';
import { DECISION, plural, VENUE_STATUS } from '../../format/words.ts';
import { useSubject } from '../../store/context.tsx';
import { acceptanceOf } from '../../store/selectors/audit.ts';
import { blockingOf, decisionsOf } from '../../store/selectors/breaks.ts';

export function Freezes() {
  const facts = useSubject('facts').view;
  const report = useSubject('recovery').view?.report ?? null;
  const reconcile = useSubject('reconcile').view?.report ?? null;
  const accepted = useSubject('gate').view?.accepted ?? null;
  const entries = useSubject('audit').view?.entries;
  const acceptance = useMemo(() => acceptanceOf(entries ?? []), [entries]);
  const blocking = reconcile ? blockingOf(reconcile.breaks) : null;
  const exposure = facts?.exposure.value ?? null;
  return (
    <Panel title="What it will freeze" note="as it stands now">
      <dl className="pairs px-3 py-2">
        <dt>head</dt>
        <dd>
          {accepted ? (
            `epoch ${accepted.epoch}, LSN ${formatCount(accepted.lsn)}`
          ) : (
            <span className="text-soft">none: nothing is accepted yet</span>
          )}
        </dd>
        <dt>recovery</dt>
        <dd>
          {accepted && acceptance ? (
            <>
              <span className="text-soft">as accepted:</span> {acceptance.sentence}
            </>
          ) : report ? (
            <>
              <span className="text-soft">
                {accepted ? 'as read since; the dossier shows it as accepted:' : 'as recovered, not accepted yet:'}
              </span>{' '}
              {report.sentence}
            </>
          ) : (
            <span className="text-soft">not run</span>
          )}
        </dd>
        <dt>exposure now</dt>
        <dd>
          gross <Money value={exposure?.gross ?? null} />, net <Money value={exposure?.net ?? null} signed />
          <span className="text-soft">; worst case gross </span>
          <Money value={exposure?.grossWorst ?? null} />
        </dd>
        <dt>breaks</dt>
        <dd>
          {reconcile === null || blocking === null ? (
            <span className="text-soft">not reconciled</span>
          ) : (
            <>
              {accepted && acceptance && acceptance.decisions > 0
                ? `${plural(acceptance.decisions, 'decision')} carried out by the acceptance; since then `
                : null}
              {plural(reconcile.breaks.length, 'break')}, {formatCount(blocking.found - blocking.left)} of {formatCount(blocking.found)}{' '}
              blocking decided
              {decisionsOf(reconcile.breaks).map(([decision, count]) => (
                <span key={decision} className="text-soft">
                  {' '}
                  · {DECISION[decision].toLowerCase()} {formatCount(count)}
                </span>
              ))}
            </>
          )}
        </dd>
        <dt>venues</dt>
        <dd>
          {(reconcile?.venues ?? []).map((venue) => (
            <span key={venue.name} className="mr-4 whitespace-nowrap">
              {venue.name} <Status {...VENUE_STATUS[venue.status]} />{' '}
              <span className="text-soft">{venue.provable ? 'provable' : 'not provable'}</span>
            </span>
          ))}
          {reconcile === null ? <span className="text-soft">not reconciled</span> : null}
        </dd>
        <dt>proposed by</dt>
        <dd className="text-soft">the person acting, who may be one of the two that sign</dd>
      </dl>
    </Panel>
  );
}
