/** Facts 1 to 5: what is live, who is sending, what it is worth, what it costs, what nobody acknowledged. */

import type { TenFacts } from '../../../shared/contract/facts.ts';
import { Count, Money, Unknown } from '../../components/Amount.tsx';
import { Mark } from '../../components/Mark.tsx';
import { RangeBar } from '../../components/RangeBar.tsx';
import { Age } from '../../components/Stamp.tsx';
import { absoluteAmount, compareAmounts, fractionOf, sumAmounts } from '../../format/amount.ts';
import { formatDuration } from '../../format/duration.ts';
import { ANSWER, ENGINE, NO_LIMIT } from '../../format/words.ts';
import { useConsole, useSubject } from '../../store/context.tsx';
import { isStale, runningAge } from '../../store/selectors/freshness.ts';
import { Fact } from './Fact.tsx';

/** Venues shown by line; the rest is counted. */
const LINES_MAX = 4;

export function LiveOrders({ facts }: { facts: TenFacts }) {
  const known = facts.liveOrders.filter((venue) => venue.count !== null);
  const unknown = facts.liveOrders.length - known.length;
  const count = known.reduce((sum, venue) => sum + (venue.count ?? 0), 0);
  const oldest =
    known
      .map((venue) => venue.at)
      .filter((at) => at !== null)
      .sort()[0] ?? null;
  return (
    <Fact
      number={1}
      title="Orders live at the venues"
      source={
        facts.liveOrders.length === 0
          ? 'no venue is configured'
          : unknown > 0
            ? `${known.length} of ${facts.liveOrders.length} venues known`
            : 'every venue known'
      }
      at={oldest}
      live
      value={
        facts.liveOrders.length === 0 ? (
          <strong>
            <Unknown why="no venue is configured" />
          </strong>
        ) : (
          <>
            {known.length > 0 ? (
              <strong>
                <Count value={count} /> {count === 1 ? 'order' : 'orders'}
              </strong>
            ) : null}
            {count > 0 ? <Money value={sumAmounts(known.map((venue) => venue.notional ?? '0'))} /> : null}
            {unknown > 0 ? (
              <strong>
                {known.length > 0 ? '+ ' : ''}
                <Unknown /> <span className="text-sm font-normal text-soft">at {unknown === 1 ? '1 venue' : `${unknown} venues`}</span>
              </strong>
            ) : null}
          </>
        )
      }
    >
      <div className="venue-lines grid-cols-[minmax(80px,auto)_minmax(60px,auto)_minmax(90px,auto)_1fr]">
        {facts.liveOrders.slice(0, LINES_MAX).map((venue) => (
          <div key={venue.venue} className="contents">
            <b>{venue.venue}</b>
            <span className="end text-ink">{venue.count === null ? <Unknown /> : <Count value={venue.count} />}</span>
            <span className="end text-ink">
              {venue.notional === null ? (
                <span className="text-faint">{venue.count === null ? 'not answered' : 'no notional'}</span>
              ) : (
                <Money value={venue.notional} />
              )}
            </span>
            <span className="truncate">
              {ANSWER[venue.status]}
              {venue.at ? (
                <>
                  , <Age at={venue.at} /> old
                </>
              ) : null}
            </span>
          </div>
        ))}
      </div>
      {facts.liveOrders.length > LINES_MAX ? <span>and {facts.liveOrders.length - LINES_MAX} more venues, on Fleet</span> : null}
    </Fact>
  );
}

export function EngineLife({ facts }: { facts: TenFacts }) {
  const { engine } = facts;
  const word = engine.value === null ? null : ENGINE[engine.value];
  return (
    <Fact
      number={2}
      title="Trading engine"
      source={engine.source}
      at={engine.at}
      live
      value={
        <strong data-tone={word && word.tone !== 'normal' ? word.tone : undefined}>
          {word === null || engine.value === 'unknown' ? (
            <Unknown why={engine.detail} />
          ) : (
            <>
              <Mark tone={word.tone} size={15} />
              {word.word}
            </>
          )}
        </strong>
      }
    >
      <span className="line-clamp-1" title={engine.detail}>
        {engine.detail}
      </span>
    </Fact>
  );
}

const number = (value: string | null | undefined): number | null => (value === null || value === undefined ? null : Number(value));

export function Exposure({ facts }: { facts: TenFacts }) {
  const { exposure } = facts;
  const value = exposure.value;
  const beyond = (end: string | null | undefined, limit: string | null): boolean =>
    !!end && limit !== null && compareAmounts(absoluteAmount(end), limit) > 0;
  const netOver = beyond(value?.netWorstLow, exposure.netLimit) || beyond(value?.netWorstHigh, exposure.netLimit);
  const grossOver = beyond(value?.grossWorst, exposure.grossLimit);
  return (
    <Fact
      number={3}
      title="Exposure against limits"
      source={exposure.source}
      at={exposure.at}
      live
      value={
        <div className="grid w-full grid-cols-2 gap-x-6">
          <span className="whitespace-nowrap">
            <strong>
              <Money value={value?.net ?? null} signed />
            </strong>{' '}
            <span className="text-soft">net</span>
          </span>
          <span className="whitespace-nowrap">
            <strong>
              <Money value={value?.gross ?? null} />
            </strong>{' '}
            <span className="text-soft">gross</span>
          </span>
        </div>
      }
    >
      <div className="grid grid-cols-2 gap-x-6" title={value ? `Worst case: ${value.basis}` : undefined}>
        <div className="whitespace-nowrap">
          <RangeBar
            bothWays
            value={number(value?.net)}
            low={number(value?.netWorstLow)}
            high={number(value?.netWorstHigh)}
            limit={number(exposure.netLimit)}
            label="Net exposure, its worst-case range and the limits"
          />
          <Limit limit={exposure.netLimit} used={fractionOf(value?.net ?? null, exposure.netLimit)} bothWays />
          <br />
          worst <b>{value ? <Money value={value.netWorstLow} signed /> : <Unknown />}</b> to{' '}
          <b>{value ? <Money value={value.netWorstHigh} signed /> : <Unknown />}</b> {netOver ? <Mark tone="high" size={12} /> : null}
        </div>
        <div className="whitespace-nowrap">
          <RangeBar
            bothWays={false}
            value={number(value?.gross)}
            low={null}
            high={number(value?.grossWorst)}
            limit={number(exposure.grossLimit)}
            label="Gross exposure, its worst case and the limit"
          />
          <Limit limit={exposure.grossLimit} used={fractionOf(value?.gross ?? null, exposure.grossLimit)} />
          <br />
          worst <b>{value ? <Money value={value.grossWorst} /> : <Unknown />}</b> {grossOver ? <Mark tone="high" size={12} /> : null}
        </div>
      </div>
    </Fact>
  );
}

function Limit({ limit, used, bothWays = false }: { limit: string | null; used: number | null; bothWays?: boolean }) {
  const known = useSubject('recovery').view?.report?.stateDigest != null;
  if (limit === null) return <>{known ? NO_LIMIT : 'limit not known'}</>;
  return (
    <>
      {used === null ? '' : `${Math.round(used * 100)} % of `}limit {bothWays ? '±' : ''}
      <Money value={limit} />
    </>
  );
}

export function Profit({ facts }: { facts: TenFacts }) {
  const { profit } = facts;
  const receivedAt = useSubject('facts').receivedAt;
  const nowMs = useConsole((state) => state.nowMs);
  const hostOffsetMs = useConsole((state) => state.hostOffsetMs);
  const age = runningAge(profit.markAgeMs, receivedAt, nowMs, hostOffsetMs);
  return (
    <Fact
      number={4}
      title="P&L since the crash"
      source={profit.source}
      at={profit.at}
      live
      value={
        <>
          <strong>
            <Money value={profit.value} signed />
          </strong>
          <span>
            <span className="text-soft">1 % against us costs</span>{' '}
            {profit.lossPerPercent === null ? <Unknown /> : <Money value={profit.lossPerPercent} />}
          </span>
        </>
      }
    >
      oldest mark{' '}
      {age === null ? (
        <Unknown />
      ) : isStale(age) ? (
        <>
          <s className="stale">{formatDuration(age)}</s>
          <span className="stale-label">STALE MARK</span>
        </>
      ) : (
        <b>{formatDuration(age)}</b>
      )}
    </Fact>
  );
}

export function Unacknowledged({ facts }: { facts: TenFacts }) {
  const { value, source, at } = facts.unacknowledged;
  return (
    <Fact
      number={5}
      title="Orders sent, never acknowledged"
      source={source}
      at={at}
      value={
        value === null ? (
          <strong>
            <Unknown />
          </strong>
        ) : (
          <>
            <strong data-tone={value.count > 0 ? 'high' : undefined}>
              <Mark tone={value.count > 0 ? 'high' : 'normal'} size={15} />
              <Count value={value.count} /> {value.count === 1 ? 'order' : 'orders'}
            </strong>
            {value.count > 0 ? <Money value={value.notional} /> : null}
          </>
        )
      }
    >
      {value === null
        ? 'The log could not be read.'
        : value.count > 0
          ? 'Each may be live: UNKNOWN until its venue proves it, and it blocks resume.'
          : 'Every order that was sent has an answer.'}
    </Fact>
  );
}
