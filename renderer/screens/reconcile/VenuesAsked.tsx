/** Whom the reconciliation asked, what came back, and whether it proves anything. */

import type { VenueAsked } from '../../../shared/contract/contract.ts';
import type { ReconcileReport } from '../../../shared/contract/reconcile.ts';
import { Status } from '../../components/Mark.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { formatMeasured } from '../../format/duration.ts';
import { plural, VENUE_STATUS } from '../../format/words.ts';
import { useSubject } from '../../store/context.tsx';

/** Who is being asked, and how far each is: a slow venue is seen to be slow, not the console. */
export function VenuesBeingAsked({ asked }: { asked: readonly VenueAsked[] }) {
  return (
    <section className="panel flex-none" aria-label="Venues being asked" aria-live="polite">
      <table className="sheet">
        <thead>
          <tr>
            <th>Venue</th>
            <th>Answer</th>
            <th className="right">Questions</th>
            <th className="right">Since</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {asked.map((venue) => (
            <tr key={venue.name}>
              <td className="tight font-semibold">{venue.name}</td>
              <td className="tight">
                <Status {...VENUE_STATUS[venue.status]} />
              </td>
              <td className="right">{venue.questions}</td>
              <td className="right">{formatMeasured(venue.ms)}</td>
              <td className="text-soft">
                {venue.reason || (venue.status === 'asking' ? 'orders, fills, positions, balances, the ledger' : '')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function VenuesAsked({ report }: { report: ReconcileReport }) {
  const venues = useSubject('venues').view?.venues ?? [];
  const { matched } = report;
  return (
    <section className="panel flex-none" aria-label="Venues asked">
      <table className="sheet">
        <thead>
          <tr>
            <th>Venue</th>
            <th>Answer</th>
            <th className="right">Latency</th>
            <th className="right">Questions</th>
            <th>Rate limit</th>
            <th>Provable</th>
            <th>Why</th>
            <th className="right">
              asked <Stamp at={report.askedAt} zone />, in {formatMeasured(report.ms)}
            </th>
          </tr>
        </thead>
        <tbody>
          {report.venues.map((venue, index) => (
            <tr key={venue.name}>
              <td className="tight font-semibold">{venue.name}</td>
              <td className="tight">
                <Status {...VENUE_STATUS[venue.status]} />
              </td>
              <td className="right">{formatMeasured(venue.ms)}</td>
              <td className="right">{venue.questions}</td>
              <td className="tight text-soft">{venues.find((entry) => entry.name === venue.name)?.rateLimit ?? 'not said'}</td>
              <td className="tight">{venue.provable ? 'yes' : <Status tone="high" word="no: blocks resume here" />}</td>
              <td className="text-soft">{venue.reason}</td>
              <td className="right text-soft">
                {index === 0
                  ? `matched ${plural(matched.orders, 'order')}, ${plural(matched.fills, 'fill')}, ${plural(matched.positions, 'position')}, ${plural(matched.balances, 'balance')}`
                  : ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
