/** Facts 6 to 10: the venues, what differs, margin, how far the state can be trusted, what comes next. */

import type { TenFacts } from '../../../shared/contract/facts.ts';
import { Count, Money, Unknown } from '../../components/Amount.tsx';
import { Mark, Status } from '../../components/Mark.tsx';
import { Elapsed, Stamp } from '../../components/Stamp.tsx';
import { formatDuration } from '../../format/duration.ts';
import { millisecondsOf } from '../../format/time.ts';
import { plural, type Tone, VENUE_STATUS } from '../../format/words.ts';
import { useConsole, useSubject } from '../../store/context.tsx';
import { runningAge } from '../../store/selectors/freshness.ts';
import { Fact } from './Fact.tsx';

const LINES_MAX = 4;
type Venue = TenFacts['venues'][number];

/** Cancel on disconnect: whether it is armed, and whether it was seen to happen. */
function onDisconnect(venue: Venue): string {
  if (venue.cancelOnDisconnect !== 'yes') return `COD ${venue.cancelOnDisconnect}`;
  return `COD yes, ${venue.cancelOnDisconnectObserved === null ? 'not observed' : venue.cancelOnDisconnectObserved ? 'observed' : 'orders still live'}`;
}

export function Venues({ facts }: { facts: TenFacts }) {
  const receivedAt = useSubject('facts').receivedAt;
  const nowMs = useConsole((state) => state.nowMs);
  const hostOffsetMs = useConsole((state) => state.hostOffsetMs);
  const rank = (venue: Venue): number => ['silent', 'failed', 'partial', 'asking', 'answered'].indexOf(venue.status);
  const answered = facts.venues.filter((venue) => venue.status === 'answered').length;
  const bad = facts.venues.filter((venue) => ['silent', 'failed'].includes(venue.status)).length;
  const asking = facts.venues.filter((venue) => venue.status === 'asking').length;
  return (
    <Fact
      number={6}
      title="Venues"
      source="COD: cancel on disconnect"
      value={
        <>
          <strong>
            {answered} of {facts.venues.length} answered
          </strong>
          {bad > 0 ? (
            <span data-tone="critical">
              <Mark tone="critical" />
              {bad} silent or down
            </span>
          ) : null}
          {asking > 0 ? <span className="text-soft">{asking} being asked</span> : null}
        </>
      }
    >
      <div className="venue-lines grid-cols-[minmax(70px,auto)_minmax(110px,auto)_auto_minmax(0,1fr)]">
        {[...facts.venues]
          .sort((a, b) => rank(a) - rank(b))
          .slice(0, LINES_MAX)
          .map((venue) => {
            const age = runningAge(venue.ageMs, receivedAt, nowMs, hostOffsetMs);
            return (
              <div key={venue.venue} className="contents">
                <b>{venue.venue}</b>
                <span className="whitespace-nowrap" title={venue.reason || undefined}>
                  <Status {...VENUE_STATUS[venue.status]} />{' '}
                  {age === null ? (venue.status === 'asking' ? '' : formatDuration(venue.ms)) : `${formatDuration(age)} ago`}
                </span>
                <span className="whitespace-nowrap">
                  {venue.canCancel ? <b>can cancel</b> : <Status tone="high" word="cannot cancel" />}
                </span>
                <span className="truncate" title={onDisconnect(venue)}>
                  {onDisconnect(venue)}
                </span>
              </div>
            );
          })}
      </div>
    </Fact>
  );
}

export function Mismatches({ facts }: { facts: TenFacts }) {
  const { value, source, at } = facts.mismatches;
  return (
    <Fact
      number={7}
      title="Positions that differ from the venues"
      source={source}
      at={at}
      live
      value={
        value === null ? (
          <strong>
            <Unknown why={source} />
          </strong>
        ) : (
          <>
            <strong data-tone={value.count > 0 ? 'high' : undefined}>
              <Mark tone={value.count > 0 ? 'high' : 'normal'} size={15} />
              {plural(value.count, 'position')}
            </strong>
            {value.count > 0 ? <Money value={value.money} /> : null}
          </>
        )
      }
    >
      {value === null ? (
        `Not compared: ${source}.`
      ) : value.largest === null ? (
        'Every position that could be compared agrees.'
      ) : (
        <>
          largest <b>{value.largest}</b>{' '}
          {value.largestMoney === null ? (
            <Unknown />
          ) : (
            <b>
              <Money value={value.largestMoney} />
            </b>
          )}
        </>
      )}
    </Fact>
  );
}

function Until({ at }: { at: string }) {
  const nowMs = useConsole((state) => state.nowMs);
  const ms = millisecondsOf(at);
  return (
    <>
      <b>
        <Stamp at={at} precision={0} zone />
      </b>
      {ms === null ? '' : ms > nowMs ? `, in ${formatDuration(ms - nowMs)}` : ', passed'}
    </>
  );
}

export function Margin({ facts }: { facts: TenFacts }) {
  const { value, source, at } = facts.margin;
  return (
    <Fact
      number={8}
      title="Margin headroom"
      source={source}
      at={at}
      live
      value={
        <>
          <strong>
            <Money value={value?.headroom ?? null} />
          </strong>
          {value ? (
            <span>
              <span className="text-soft">used</span> <Money value={value.used} />
            </span>
          ) : null}
        </>
      }
    >
      next funding {value?.nextFundingAt ? <Until at={value.nextFundingAt} /> : 'not known'} · next expiry or close{' '}
      {value?.nextExpiryAt ? <Until at={value.nextExpiryAt} /> : 'not known'}
    </Fact>
  );
}

const TRUST: Readonly<Record<'full' | 'salvaged' | 'partial' | 'none', { word: string; tone: Tone }>> = {
  full: { word: 'Whole', tone: 'normal' },
  salvaged: { word: 'Salvaged', tone: 'high' },
  partial: { word: 'In part', tone: 'high' },
  none: { word: 'None', tone: 'critical' },
};

export function Recovered({ facts }: { facts: TenFacts }) {
  const { value, source } = facts.recovered;
  const receivedAt = useSubject('facts').receivedAt;
  const nowMs = useConsole((state) => state.nowMs);
  const hostOffsetMs = useConsole((state) => state.hostOffsetMs);
  const recovery = useSubject('recovery').view;
  const running = recovery?.running ?? false;
  // An empty store holds nothing to trust, and nothing is wrong with that.
  const empty = recovery?.report?.outcome === 'empty';
  const trust = value === null ? null : empty ? ({ word: 'Empty', tone: 'note' } as const) : TRUST[value.trust];
  const age = runningAge(value?.ageMs ?? null, receivedAt, nowMs, hostOffsetMs);
  return (
    <Fact
      number={9}
      title="Recovered state"
      source={running ? 'the cascade is running' : source}
      value={
        value === null || trust === null ? (
          <strong>
            <Unknown />
          </strong>
        ) : (
          <>
            <strong data-tone={trust.tone === 'normal' ? undefined : trust.tone}>
              <Mark tone={trust.tone} size={15} />
              {trust.word}
            </strong>
            <span data-tone={value.lostAcknowledged ? 'critical' : undefined}>
              {value.lostAcknowledged === null ? (
                'losses not known'
              ) : (
                <>
                  <Count value={value.lostAcknowledged} /> acknowledged lost
                </>
              )}
            </span>
            {age === null ? null : <span className="text-soft">as of {formatDuration(age)} ago</span>}
          </>
        )
      }
    >
      <span className="line-clamp-2" title={value?.sentence}>
        {value?.sentence ?? 'No result of the cascade yet.'}
      </span>
    </Fact>
  );
}

export function Next({ facts }: { facts: TenFacts }) {
  const { next } = facts;
  return (
    <Fact
      number={10}
      title="Time since the crash, and the next step"
      source={next.crashedAt ? 'last record of the engine' : next.notBefore ? 'last record that can be read' : 'no crash known'}
      value={
        <strong>
          {next.crashedAt === null ? (
            <>
              <Unknown why="the moment of the crash is not known" />
              {next.notBefore === null ? null : (
                <span className="text-sm font-normal text-soft">
                  {' '}
                  after <Stamp at={next.notBefore} zone />
                </span>
              )}
            </>
          ) : (
            <>
              <Elapsed since={next.crashedAt} />{' '}
              <span className="text-sm font-normal text-soft">
                since <Stamp at={next.crashedAt} zone />
              </span>
            </>
          )}
        </strong>
      }
    >
      <span title={next.action}>
        next <b>{next.action}</b> · owed by <b>{next.owner}</b>
      </span>
    </Fact>
  );
}
