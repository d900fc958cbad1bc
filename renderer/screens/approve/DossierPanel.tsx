/** The frozen dossier, readable to the last line: what a signature stands for. */

import type { Dossier, DossierView, LostPage } from '../../../shared/contract/gate.ts';
import { Amount, Count, Loose, Money, Unknown } from '../../components/Amount.tsx';
import { FullHash, ShortHash } from '../../components/Hash.tsx';
import { Status } from '../../components/Mark.tsx';
import { Panel } from '../../components/Panel.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { BREAK_KIND, BREAK_STANDING, NO_LIMIT, OUTCOME, plural } from '../../format/words.ts';
import { boundRows, isAmount, unchangedBounds } from '../../store/selectors/bounds.ts';

const STATUS_TONE = { open: 'normal', complete: 'normal', void: 'critical', expired: 'high', released: 'normal' } as const;

export const scopeWords = ({ scope }: Pick<Dossier, 'scope'>): string =>
  `${scope.mode.replace('_', ' ')} at ${scope.venues.length === 0 ? 'every venue' : scope.venues.join(', ')}, ${scope.strategies.length === 0 ? 'every strategy' : scope.strategies.join(', ')}`;

export function DossierPanel({ view }: { view: DossierView }) {
  const { dossier } = view;
  return (
    <Panel
      title="Dossier"
      note={scopeWords(dossier)}
      aside={
        <span className="pr-1">
          <Status tone={STATUS_TONE[view.status]} word={view.status} />
        </span>
      }
      className="min-h-0 flex-1"
    >
      <ScrollRegion className="dossier min-h-0" label="The frozen dossier">
        <section>
          <h3>Hash that is signed, SHA-256 of the canonical bytes</h3>
          <FullHash value={view.hash} />
        </section>
        <BoundsSection view={view} />
        <div className="grid grid-cols-2">
          <ExposureSection dossier={dossier} />
          <RecoverySection dossier={dossier} />
        </div>
        <BreaksSection dossier={dossier} />
        <IdentitySection dossier={dossier} />
      </ScrollRegion>
    </Panel>
  );
}

/** A figure that may be money, a count of breaks or a word. */
function Figure({ what, text }: { what: string; text: string }) {
  if (text === 'UNKNOWN') return <Unknown />;
  if (!isAmount(text)) return <Loose value={text} />;
  return /break/.test(what) ? <Amount value={text} /> : <Money value={text} />;
}

function BoundsSection({ view }: { view: DossierView }) {
  return (
    <section>
      <h3>Bounds, and what changed since the proposal</h3>
      <table className="sheet">
        <thead>
          <tr>
            <th>Figure</th>
            <th className="right">Bound</th>
            <th className="right">At proposal</th>
            <th className="right">Now</th>
            <th>Stands</th>
          </tr>
        </thead>
        <tbody>
          {boundRows(view).map((row) => (
            <tr key={row.what} data-differs={row.within ? undefined : true}>
              <td>{row.what}</td>
              <td className="right">
                {row.bound === null ? <span className="text-faint">no bound</span> : <Figure what={row.what} text={row.bound} />}
              </td>
              <td className="right">
                <Figure what={row.what} text={row.proposed} />
              </td>
              <td className="right">
                <Figure what={row.what} text={row.now} />
              </td>
              <td>{row.within ? 'inside' : <Status tone="critical" word="OUTSIDE: sign the difference again" />}</td>
            </tr>
          ))}
          {unchangedBounds(view).map((row) => (
            <tr key={row.what}>
              <td>{row.what}</td>
              <td className="right">
                <Figure what={row.what} text={row.bound} />
              </td>
              <td className="right text-soft" colSpan={2}>
                as proposed
              </td>
              <td>inside</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ExposureSection({ dossier }: { dossier: Dossier }) {
  const { exposure, limits } = dossier;
  const row = (name: string, atCrash: string, now: string | null, limit: string | null, signed: boolean) => (
    <tr>
      <td>{name}</td>
      <td className="right">
        <Money value={atCrash} signed={signed} />
      </td>
      <td className="right">
        <Money value={now} signed={signed} />
      </td>
      <td className="right">{limit === null ? <span className="text-faint">{NO_LIMIT}</span> : <Money value={limit} />}</td>
    </tr>
  );
  return (
    <section className="border-r border-line">
      <h3>Exposure at the crash and at the proposal: what the outage cost</h3>
      <table className="sheet">
        <thead>
          <tr>
            <th>Figure</th>
            <th className="right">At the crash</th>
            <th className="right">At the proposal</th>
            <th className="right">Limit</th>
          </tr>
        </thead>
        <tbody>
          {row('gross', exposure.grossAtCrash, exposure.grossNow, limits.gross, false)}
          {row('net', exposure.netAtCrash, exposure.netNow, limits.net, true)}
          <tr>
            <td colSpan={2}>P&amp;L, realised and not</td>
            <td className="right">
              <Money value={exposure.worthNow} signed />
            </td>
            <td />
          </tr>
          <tr>
            <td colSpan={3}>loss of a day</td>
            <td className="right">
              {limits.loss === null ? <span className="text-faint">{NO_LIMIT}</span> : <Money value={limits.loss} />}
            </td>
          </tr>
        </tbody>
      </table>
      <h3 className="mt-3">Venues</h3>
      <table className="sheet">
        <tbody>
          {dossier.venues.map((venue) => (
            <tr key={venue.name}>
              <td>{venue.name}</td>
              <td>{venue.status}</td>
              <td>{venue.provable ? 'provable' : <Status tone="high" word="not provable, stays held" />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Of the pages that were lost, how many are named; the audit log's entry of the acceptance names the others. */
const LOST_PAGES_SHOWN = 20;

function lostRowsText(pages: readonly LostPage[]): string {
  const named = pages
    .slice(0, LOST_PAGES_SHOWN)
    .map(({ page, table, rows }) => (rows ? `${table} ${rows[0]} to ${rows[1]} (page ${page})` : `nobody knows which (page ${page})`));
  const more = pages.length - named.length;
  return [...named, ...(more > 0 ? [`${plural(more, 'more page')}, on the record`] : [])].join(', ');
}

function RecoverySection({ dossier }: { dossier: Dossier }) {
  const { recovery } = dossier;
  return (
    <section>
      <h3>Recovery, as accepted under the lock of the store</h3>
      <p className="mb-1.5">
        {recovery.sentence}{' '}
        <span className="text-soft">
          What was accepted goes on from there to LSN <Count value={dossier.lsn} />: the halt, the decisions, the checkpoint.
        </span>
      </p>
      <dl className="pairs">
        <dt>outcome</dt>
        <dd>
          <Status {...OUTCOME[recovery.outcome]} />
        </dd>
        <dt>base</dt>
        <dd>{recovery.base ?? 'none'}</dd>
        <dt>acknowledged lost</dt>
        <dd data-tone={recovery.lostAcknowledged !== 0 ? 'critical' : undefined}>
          <Count value={recovery.lostAcknowledged} />
        </dd>
        <dt>replayed</dt>
        <dd>
          <Count value={recovery.replayed} /> records, {plural(recovery.tornBytes, 'torn byte')} dropped
        </dd>
        {recovery.lostPages ? (
          <>
            <dt>rows lost</dt>
            <dd data-tone="critical">{lostRowsText(recovery.lostPages)}</dd>
          </>
        ) : null}
      </dl>
      {dossier.overrides.length > 0 ? (
        <>
          <h3 className="mt-3">Overrides</h3>
          {dossier.overrides.map((override) => (
            <p key={`${override.what}/${override.reason}`}>
              <Status tone="critical" word={override.what} /> by {override.by}: {override.reason}
            </p>
          ))}
        </>
      ) : null}
    </section>
  );
}

/** Breaks of a dossier that are listed; a hundred thousand are counted, and stand in the export. */
const BREAKS_SHOWN = 200;

function BreaksSection({ dossier }: { dossier: Dossier }) {
  const undecided = dossier.breaks.filter((entry) => entry.blocking && (entry.decision === null || entry.decision === 'note')).length;
  const decided = dossier.breaks.filter((entry) => entry.blocking).length - undecided;
  return (
    <section>
      <h3>
        {plural(dossier.breaks.length, 'break')}: {decided} decided and carried out,{' '}
        {undecided === 0 ? 'none that blocks is left' : `${undecided} blocking undecided`}
      </h3>
      <table className="sheet">
        <tbody>
          {dossier.breaks.slice(0, BREAKS_SHOWN).map((entry) => (
            <tr key={entry.id}>
              <td className="mono">{entry.id}</td>
              <td className="tight">{BREAK_KIND[entry.kind as keyof typeof BREAK_KIND] ?? entry.kind}</td>
              <td className="tight">
                {entry.decision ? (
                  (BREAK_STANDING[entry.decision] ?? entry.decision)
                ) : entry.blocking ? (
                  <Status tone="high" word="undecided" />
                ) : (
                  <span className="text-faint">does not block</span>
                )}
              </td>
              <td className="text-soft">{entry.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {dossier.breaks.length > BREAKS_SHOWN ? (
        <p className="pt-1 text-soft">and {dossier.breaks.length - BREAKS_SHOWN} more, all in the exported JSON</p>
      ) : null}
    </section>
  );
}

function IdentitySection({ dossier }: { dossier: Dossier }) {
  return (
    <section>
      <h3>What exactly</h3>
      <dl className="pairs">
        <dt>store, accepted head</dt>
        <dd>
          <span className="mono">{dossier.storeId}</span> · epoch {dossier.epoch} · LSN <Count value={dossier.lsn} />
        </dd>
        <dt>head hash</dt>
        <dd>
          <ShortHash value={dossier.headHash} digits={16} />
        </dd>
        <dt>state digest</dt>
        <dd>
          <ShortHash value={dossier.stateDigest} digits={64} />
        </dd>
        <dt>configuration</dt>
        <dd>{dossier.configurationHash === '' ? <Unknown /> : <ShortHash value={dossier.configurationHash} digits={64} />}</dd>
        <dt>proposed</dt>
        <dd>
          by {dossier.proposedBy}, <Stamp at={dossier.proposedAt} zone />
        </dd>
        <dt>expires</dt>
        <dd>
          <Stamp at={dossier.expiresAt} zone />
        </dd>
      </dl>
    </section>
  );
}
