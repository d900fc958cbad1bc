/** The recovery in one sentence, and what each tier survives. */

import type { Finding, Outcome, TierName } from '../../shared/contract/recovery.ts';

export const SURVIVES: Readonly<Record<TierName, string>> = {
  L1: 'death of the process',
  L2: 'power loss',
  L3: 'every local failure but the loss of the disk',
  L4: 'long term; the worst day',
  L5: 'loss of everything local',
};

const grouped = (value: number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
export const plural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`;

/** Rows of a page, where they are known. */
export const rowsWords = ({ table, rows }: Pick<Finding, 'table' | 'rows'>): string =>
  rows ? `rows ${rows[0]} to ${rows[1]} of ${table}` : 'nobody knows which rows';

/** What the replay was compared with on its way. */
export const rootsWords = (compared: number): string =>
  compared === 0 ? 'no root was logged there to compare with' : `${plural(compared, 'logged root')} ${compared === 1 ? 'agrees' : 'agree'}`;

export interface SentenceFacts {
  readonly outcome: Outcome;
  readonly base: TierName | null;
  readonly lsn: number;
  readonly replayed: number;
  readonly tornBytes: number;
  /** Something beside the log tells where it ended. */
  readonly endProven: boolean;
  readonly salvaged: number;
  readonly lostAcknowledged: number | null;
  readonly lostPages: number;
  readonly rtoMs: number;
  readonly budgetMs: number;
}

export function sentence(facts: SentenceFacts): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 9_950 ? 2 : 1)} s`;
  const rto = `RTO ${seconds(facts.rtoMs)} of ${seconds(facts.budgetMs)}`;
  if (facts.outcome === 'empty') return `As it was before its first operation: the state is empty; ${rto}.`;
  const parts: string[] = [];
  if (facts.outcome === 'refused') {
    parts.push(
      facts.lsn > 0
        ? `Not recovered: the best that is proven ends at LSN ${grouped(facts.lsn)}`
        : `Not recovered: ${facts.lostPages > 0 ? 'what is left cannot do without what is lost' : 'nothing usable is left'}`,
    );
  } else parts.push(`Recovered from ${facts.base ?? 'the log alone'} to LSN ${grouped(facts.lsn)}`);
  parts.push(`${plural(facts.replayed, 'operation')} replayed`);
  if (facts.salvaged > 0) parts.push(`${plural(facts.salvaged, 'page')} salvaged`);
  // A tail is torn where nothing of it was acknowledged; else it is damage.
  if (facts.tornBytes > 0)
    parts.push(
      facts.lostAcknowledged === 0
        ? `${plural(facts.tornBytes, 'torn byte')} discarded`
        : `${plural(facts.tornBytes, 'byte')} behind it bad`,
    );
  if (facts.lostPages > 0)
    parts.push(`${plural(facts.lostPages, 'page')} without a good copy${facts.lsn > 0 ? ': the state is without their rows' : ''}`);
  parts.push(
    facts.lostAcknowledged === null
      ? 'what was acknowledged is not known'
      : facts.lostAcknowledged > 0
        ? `${plural(facts.lostAcknowledged, 'acknowledged operation')} lost`
        : facts.tornBytes > 0 && !facts.endProven
          ? 'no operation that is known to be acknowledged lost'
          : 'no acknowledged operation lost',
  );
  return `${parts.join('; ')}; ${rto}.`;
}
