/** The copies of a store as candidates: their facts, their order, and each of them loaded at most once. */

import type { DecisionReport, Finding, TierStatus } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { onLineage, type Stretch } from '../store/lineage.ts';
import type { CheckpointMark } from '../tiers/checkpoint.ts';
import { mayBeTorn, problemOf, type TierCopy, type TierHead } from '../tiers/tier-copy.ts';
import { frameEndAt } from '../wal/log-reader.ts';
import type { SegmentScan } from '../wal/segment-scan.ts';
import { type Case, type CopyFacts, compareRanked, judge } from './decide.ts';

export interface Candidate {
  readonly head: TierHead;
  facts: CopyFacts;
  verdict: Case;
  copy: TierCopy | undefined;
  /** Set once it was read in depth, or found unreadable. */
  loaded: boolean;
  reason: string;
  /** It was tried as the base and led to no whole state. */
  passedOver: boolean;
  /** Bad pages, and the root recomputed from its pages; null before it is read. */
  bad: number;
  computed: bigint | null;
  /** Time that reading it took. */
  ms: number;
  readonly reach: number;
}

/** Copies in the order in which they are to give their pages; `next` reads and gives one after the other. */
export interface Order {
  readonly next: () => TierCopy | undefined;
  readonly lastResort: boolean;
}

export class Candidates {
  readonly all: readonly Candidate[];
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #storeId: Uint8Array;
  readonly #scan: SegmentScan;
  /** The highest LSN that is known to have been acknowledged; where L1 is of this boot, none above it was. */
  readonly #acknowledged: number;
  readonly #ranked: readonly Candidate[];

  constructor(
    storage: Storage,
    clock: Clock,
    storeId: Uint8Array,
    path: readonly Stretch[],
    scan: SegmentScan,
    heads: readonly TierHead[],
    acknowledged: number,
    at: number | undefined,
  ) {
    this.#storage = storage;
    this.#clock = clock;
    this.#storeId = storeId;
    this.#scan = scan;
    this.#acknowledged = acknowledged;
    const logFirst = scan.segments[0]?.firstLsn;
    this.all = heads.map((head) => {
      const lsn = head.mark?.lsn ?? 0;
      const facts: CopyFacts = {
        content: head.problem?.code ?? 'whole',
        lineage: path.length === 0 ? 'unprovable' : head.mark && onLineage(path, head.mark.epoch, lsn) ? 'on' : 'off',
        // Assumed until it is loaded: only what is used is worth reading a segment for.
        chain: logFirst === undefined || logFirst > lsn + 1 ? 'unreached' : 'matches',
        log: logFirst === undefined ? 'notNeeded' : logFirst <= lsn + 1 ? 'continues' : 'gap',
      };
      const verdict = judge(facts);
      const reach = verdict.use === 'lastResort' || logFirst === undefined ? lsn : Number.POSITIVE_INFINITY;
      return {
        head,
        facts,
        verdict,
        copy: undefined,
        loaded: head.problem !== null,
        reason: head.problem?.message ?? verdict.because,
        passedOver: false,
        bad: 0,
        computed: null,
        ms: 0,
        reach,
      };
    });
    this.#ranked = this.all
      .filter((candidate) => candidate.head.mark && (at === undefined || candidate.head.mark.lsn <= at))
      .sort((a, b) => compareRanked(rankOf(a), rankOf(b)));
  }

  /** Reads a candidate in depth, once, and judges it anew. */
  load(candidate: Candidate): TierCopy | undefined {
    if (candidate.loaded) return candidate.copy;
    candidate.loaded = true;
    const { head } = candidate;
    const mark = head.mark!;
    let content: CopyFacts['content'];
    const start = this.#clock.monotonicNs();
    try {
      candidate.copy = head.load();
      candidate.bad = candidate.copy.bad;
      candidate.computed = candidate.copy.rootComputed;
      content = candidate.copy.bad > 0 ? 'partial' : 'whole';
      candidate.reason = '';
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      const torn = error.code === 'CHECKSUM_MISMATCH' && head.tier !== 'L3' && head.tier !== 'L4';
      content = torn ? 'torn' : problemOf(error).code;
      candidate.reason = error.message;
    }
    candidate.ms = Number(this.#clock.monotonicNs() - start) / 1e6;
    const chain = this.#chain(mark);
    const { log } = candidate.facts;
    candidate.facts = { ...candidate.facts, content, chain: chain.fact, log: log === 'continues' ? chain.log : log };
    candidate.verdict = judge(candidate.facts);
    if (candidate.verdict.use === 'reject') candidate.copy = undefined;
    if (candidate.reason === '') candidate.reason = candidate.verdict.because;
    if (content === 'partial') {
      const [page, why] = [...(candidate.copy?.reasons ?? [])][0] ?? [];
      if (page !== undefined) candidate.reason = `${candidate.copy!.bad} of its pages are bad (page ${page}: ${why})`;
    }
    return candidate.copy;
  }

  #chain(mark: CheckpointMark): { readonly fact: CopyFacts['chain']; readonly log: CopyFacts['log'] } {
    const { segments } = this.#scan;
    if (segments.length === 0 || segments[0]!.firstLsn > mark.lsn + 1) return { fact: 'unreached', log: 'continues' };
    const found = frameEndAt(this.#storage, this.#storeId, segments, mark);
    if (found.kind === 'shown') return { fact: found.hash === mark.headHash ? 'matches' : 'differs', log: 'continues' };
    if (found.kind === 'inside' || found.kind === 'elsewhere') return { fact: 'differs', log: 'continues' };
    if (found.kind === 'damaged') return { fact: 'unreached', log: 'continues' };
    return { fact: 'beyond', log: found.lastLsn >= this.#acknowledged ? 'ended' : 'notNeeded' };
  }

  /**
   * The orders in which the copies are tried: first each as the base with the others behind it, best first; last, as what the
   * generator returns, nothing at all but the log. Asking for an order reads its base.
   */
  *orders(): Generator<Order, Order> {
    for (let first = 0; first < this.#ranked.length; first += 1) {
      const base = this.#ranked[first]!;
      if (!this.load(base) || base.verdict.use === 'reject') continue;
      const lastResort = base.verdict.use === 'lastResort';
      // Without the log between them, an older copy cannot complete a younger one; one of the same history and no log can, by its roots.
      const rest = this.#ranked.filter(
        (other, i) => i !== first && other.head.mark!.lsn <= base.head.mark!.lsn && other.verdict.use !== 'reject',
      );
      yield { next: this.#sequence([base, ...rest], lastResort), lastResort };
    }
    return { next: () => undefined, lastResort: false };
  }

  #sequence(order: readonly Candidate[], lastResort: boolean): () => TierCopy | undefined {
    let index = 0;
    return () => {
      while (index < order.length) {
        const candidate = order[index++]!;
        const copy = this.load(candidate);
        if (copy && (index === 1 || lastResort || candidate.verdict.use !== 'lastResort')) return copy;
      }
      return undefined;
    };
  }

  #of(head: TierHead | undefined): Candidate | undefined {
    return this.all.find((entry) => entry.head.name === head?.name);
  }

  /** A base that cannot be brought to a whole state; its good pages may still complete another. */
  passOver(head: TierHead | undefined, reason: string): void {
    const candidate = this.#of(head);
    if (!candidate) return;
    candidate.passedOver = true;
    candidate.reason = reason;
  }

  /** A base whose replay contradicted the log. */
  distrust(head: TierHead | undefined, reason: string): void {
    const candidate = this.#of(head);
    if (!candidate) return;
    candidate.reason = reason;
    candidate.facts = { ...candidate.facts, content: 'damaged' };
    candidate.verdict = judge(candidate.facts);
  }

  /** Reads what was not needed, so that the report can speak of every copy. */
  judgeRest(tell: () => void): Finding[] {
    for (const candidate of this.all) {
      if (candidate.loaded) continue;
      tell();
      this.load(candidate);
      // Only the verdict is wanted: the pages of a large state would fill the memory.
      candidate.copy = undefined;
    }
    const heads = this.all.map(({ head }) => head);
    return this.all.flatMap((candidate) => findingOf(candidate, mayBeTorn(candidate.head, heads)));
  }

  /** Why a copy that the disk does not give was not read; undefined where there is none. */
  unread(): string | undefined {
    return this.all.find(({ facts }) => facts.content === 'unread')?.reason;
  }

  damagedCount(): number {
    return this.all.filter((candidate) => ['damaged', 'partial', 'foreign', 'newer'].includes(candidate.facts.content)).length;
  }

  /** Milliseconds that reading the copies of a tier took. */
  timeOf(tier: TierHead['tier']): number {
    return this.all.reduce((sum, candidate) => sum + (candidate.head.tier === tier ? candidate.ms : 0), 0);
  }

  describe(): string {
    const best = this.#ranked[0];
    return best
      ? `${best.head.name} at LSN ${best.head.mark!.lsn} first, ${this.#ranked.length - 1} more behind it`
      : 'no copy: the log alone';
  }

  decisions(chosen: TierHead | undefined, cold: TierHead | undefined): DecisionReport[] {
    return this.all.map((candidate) => ({
      group: candidate.head.scope === 'hot' ? 'hot' : 'cold',
      case: candidate.verdict.name,
      decision: `${candidate.head.name}: ${candidate.head.name === chosen?.name ? 'base' : candidate.head.name === cold?.name ? 'base of the cold tables' : candidate.verdict.use}`,
      reason: candidate.reason,
    }));
  }
}

const rankOf = (candidate: Candidate) => ({
  tier: candidate.head.tier,
  lsn: candidate.head.mark!.lsn,
  reach: candidate.reach,
  use: candidate.verdict.use,
});

function findingOf(candidate: Candidate, mayTear: boolean): Finding[] {
  const { content } = candidate.facts;
  if (content === 'partial' && !candidate.head.unfinished) {
    return [{ code: 'PAGES_BAD', severity: 'damage', message: `${candidate.head.name}: ${candidate.reason}`, file: candidate.head.name }];
  }
  if (content === 'damaged') return [{ code: 'COPY_DAMAGED', severity: 'damage', message: candidate.reason, file: candidate.head.name }];
  if (content === 'foreign' || content === 'newer')
    return [{ code: 'COPY_REFUSED', severity: 'damage', message: candidate.reason, file: candidate.head.name }];
  if (content === 'torn' || content === 'partial')
    return [
      mayTear
        ? {
            code: 'COPY_TORN',
            severity: 'note',
            message: `${candidate.reason}: it was being written when the engine died, or is damaged; nothing depends on it`,
            file: candidate.head.name,
          }
        : { code: 'COPY_DAMAGED', severity: 'damage', message: candidate.reason, file: candidate.head.name },
    ];
  if (content === 'unread') return [{ code: 'COPY_UNREAD', severity: 'warning', message: candidate.reason, file: candidate.head.name }];
  if (content === 'unavailable')
    return [{ code: 'TIER_UNAVAILABLE', severity: 'note', message: candidate.reason, file: candidate.head.name }];
  // L1 alone may be ahead: it is written before the log is synced.
  if (candidate.verdict.name === 'aheadOfTheLog')
    return [
      {
        code: 'COPY_AHEAD',
        severity: candidate.head.tier === 'L1' ? 'note' : 'damage',
        message: `${candidate.head.name}: ${candidate.reason}`,
        file: candidate.head.name,
      },
    ];
  if (candidate.facts.chain === 'differs') {
    // L1 is written before the log is synced: a frame that it names may have been written anew, in the next segment, when a sync failed.
    const early = candidate.head.tier === 'L1';
    return [
      {
        code: 'COPY_FOREIGN_HISTORY',
        severity: early ? 'warning' : 'damage',
        message: `${candidate.head.name}: ${candidate.reason}${early ? ', or its frame was written anew after a sync failed' : ''}`,
        file: candidate.head.name,
      },
    ];
  }
  return [];
}

/** The word of the tier rows for a candidate's facts. */
export function statusOf(candidate: Candidate): TierStatus {
  const { content, lineage, chain, log } = candidate.facts;
  if (content === 'unavailable' || content === 'unread') return 'unavailable';
  if (content === 'torn') return 'torn';
  if (content === 'damaged' || content === 'foreign' || content === 'newer') return 'damaged';
  if (log === 'ended') return 'torn';
  if (lineage === 'off' || chain === 'differs' || log === 'gap') return 'stale';
  return content === 'partial' ? 'partial' : 'valid';
}
