/**
 * The cascade: identify, probe, decide, load, replay, validate; then, after the clock of the RTO has stopped, compare. Read-only
 * from the first byte to the last; it runs on read-only media and beside a live writer, and it can be run again.
 */

import type { Finding, RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { stateDigest } from '../image/canonical.ts';
import { Image, pagesFor } from '../image/image.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread } from '../storage/system-errors.ts';
import { filesInPlaceOfDirectories } from '../store/directories.ts';
import { readIdentity, type StoreIdentity, storeIdBytes } from '../store/identity.ts';
import { mappedFileName, type StoreLayout, storeLayout } from '../store/layout.ts';
import { type Epoch, onLineage, type Stretch } from '../store/lineage.ts';
import { readArchive } from '../tiers/archive-reader.ts';
import { type MappedReading, readMapped } from '../tiers/mapped-reader.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { readSnapshots } from '../tiers/snapshot-reader.ts';
import { type LocalTier, problemOf, type TierHead, within } from '../tiers/tier-copy.ts';
import { type LogEnd, readLog } from '../wal/log-reader.ts';
import { durableBefore } from '../wal/segment-reader.ts';
import { type SegmentScan, scanSegments, unreadSegments } from '../wal/segment-scan.ts';
import { isUnfinished } from '../wal/unfinished.ts';
import { type Assembly, assemble } from './assemble.ts';
import { Candidates } from './candidates.ts';
import { Course, type CourseOptions } from './course.ts';
import { plural, rootsWords } from './describe.ts';
import { knownLineage } from './known-lineage.ts';
import { lossesOf } from './losses.ts';
import { type Replay, replay } from './replay.ts';
import { buildReport } from './report.ts';
import { validate } from './validate.ts';
import { type Incomplete, incomplete, withoutPages } from './without-pages.ts';

export const RTO_BUDGET_MS = 5_000;

export interface RecoverOptions extends CourseOptions {
  readonly storage: Storage;
  readonly root: string;
  readonly bootId: string;
  /** Recover to this LSN instead of the highest provable one. */
  readonly at?: number | undefined;
  /** Leave the comparison out: nothing after the RTO. */
  readonly brief?: boolean | undefined;
  /** The caller holds the store's lock itself: nobody else writes. */
  readonly locked?: boolean | undefined;
  readonly rtoBudgetMs?: number | undefined;
}

export interface Recovery {
  readonly report: RecoveryReport;
  /** The recovered state; null where there is none that is whole. It may be older than what was acknowledged: see the report. */
  readonly image: Image | null;
  /** Checksum of the frame that ends at the recovered LSN. */
  readonly headHash: bigint;
  readonly identity: StoreIdentity;
  /** Newest epoch of the lineage; null in a store that was never opened. */
  readonly epoch: Epoch | null;
  /** The state was reconstructed from the venues, and trading was not released since. */
  readonly reconstructed: boolean;
}

/** What the steps have found so far; the report is made of it. */
export interface Evidence {
  readonly root: string;
  readonly layout: StoreLayout;
  readonly identity: StoreIdentity;
  readonly storeId: Uint8Array;
  readonly epoch: Epoch | null;
  readonly path: readonly Stretch[];
  readonly writerAlive: boolean;
  readonly heads: readonly TierHead[];
  readonly scan: SegmentScan;
  readonly candidates: Candidates;
  /** Highest LSN that is known to have been acknowledged. */
  readonly acknowledged: number;
  /** No higher one can have been. */
  readonly acknowledgedKnown: boolean;
  /** Something beside the log tells where it ended: L1's memory, of this boot. */
  readonly endProven: boolean;
  readonly assembly: Assembly | null;
  readonly replay: Replay | null;
  readonly image: Image | null;
  readonly findings: readonly Finding[];
}

/**
 * Runs the cascade. Damage is in the report, not thrown.
 *
 * @throws RearmError STORE_MISSING or IDENTITY_LOST of store.json; VERSION_NEWER, VERSION_OLDER or PERMISSION_DENIED of any file; IO_FAILED
 *   where the process has not the means to read (too many open files, too little memory), or the disk does not give what the state would need;
 *   LSN_UNREACHABLE for a point in time that the store no longer reaches; CANCELLED
 */
export function recover(options: RecoverOptions): Recovery {
  const { storage, clock, root } = options;
  const startedAtNs = clock.wallNs();
  const course = new Course(options);
  const layout = storeLayout(root);
  const findings: Finding[] = [];

  const { identity, storeId, lineage, writerAlive } = course.run('identify', 'which store, which lineage, is its writer alive', () => {
    const found = readIdentity(storage, root);
    const id = storeIdBytes(found);
    const known = knownLineage(storage, layout, id);
    findings.push(...known.findings);
    const alive = !options.locked && storage.isLocked(layout.lock);
    const reason = `store ${found.name} (${found.storeId.slice(0, 8)}), epoch ${known.head?.epoch ?? 0}, ${alive ? 'its writer is alive: observing only' : 'no writer'}`;
    return {
      value: { identity: found, storeId: id, lineage: known, writerAlive: alive },
      reason,
      outcome: known.findings.length > 0 ? 'finding' : 'ok',
    };
  });
  const path = lineage.path;

  const pagesMax = pagesFor(identity.rowsMax);
  /** No tier keeps another from being probed: one whose directory does not answer is a copy that cannot be read. */
  const probe = (tier: LocalTier, what: string, read: () => readonly TierHead[]): readonly TierHead[] =>
    course.run(`probe.${tier}`, what, () => {
      let value: readonly TierHead[];
      try {
        value = within(read(), pagesMax);
      } catch (error) {
        if (!(error instanceof RearmError)) throw error;
        value = [unreadable(tier, error)];
      }
      return { value, reason: describeHeads(value) };
    });
  let watermarks: ReadonlyMap<number, number> = new Map();
  let unbegun: MappedReading['unbegun'] = [];
  let ofThisBoot: MappedReading['ofThisBoot'] = new Set();
  const mapped = probe('L1', 'mapped file', () => {
    const reading = readMapped(storage, layout, storeId, options.bootId);
    watermarks = reading.acknowledged;
    unbegun = reading.unbegun;
    ofThisBoot = reading.ofThisBoot;
    return reading.heads;
  });
  const slots = probe('L2', 'slots', () => readSlots(storage, layout, storeId));
  const snapshots = probe('L3', 'snapshots', () => readSnapshots(storage, layout, storeId));
  const archives = probe('L4', 'archive', () => readArchive(layout, identity.storeId, writerAlive));
  const scan = course.run('probe.log', 'log segments', () => {
    const value = scanSegments(storage, layout, storeId, path);
    const first = value.segments[0];
    return {
      value,
      reason: first ? `${plural(value.segments.length, 'segment')} from LSN ${first.firstLsn}` : 'no segment',
      outcome: value.errors.length > 0 ? 'finding' : 'ok',
    };
  });

  const archived = archives.map(({ mark }) => mark?.epoch ?? 0).filter((epoch) => epoch > (lineage.head?.epoch ?? 0));
  for (const epoch of new Set(archived))
    findings.push({
      code: 'EPOCH_LOST',
      severity: 'critical',
      message: `epoch ${epoch} has an image in the archive, and no other file: where it forked, and what it holds, cannot be proven`,
      file: `lineage/${epoch}`,
    });

  const heads = [...mapped, ...slots, ...snapshots, ...archives];
  const acknowledged = acknowledgedBy(watermarks, heads, path);
  const synced = syncedMark(heads, path);
  // What process death leaves in memory is exact: of the epoch that it is of, no later one.
  const headEpoch = lineage.head?.epoch ?? 0;
  const exact = ofThisBoot.has(headEpoch) && watermarks.has(headEpoch);
  const needed = exact ? acknowledgedBy(watermarks, [], path) : acknowledged;
  for (const { name, error } of scan.errors) {
    const file = `wal/${name}`;
    if (isUnread(error)) findings.push({ code: 'SEGMENT_UNREAD', severity: 'warning', message: error.message, file });
    else
      findings.push(
        isUnfinished(storage, layout, storeId, scan, name, exact ? needed : null)
          ? {
              code: 'SEGMENT_UNFINISHED',
              severity: 'note',
              message: `${error.message}: it was being begun when the engine died, or is damaged; nothing depends on it`,
              file,
            }
          : { code: 'SEGMENT_UNREADABLE', severity: 'damage', message: error.message, file },
      );
  }
  const candidates = new Candidates(storage, clock, storeId, path, scan, heads, needed, options.at);

  const image = new Image(identity.rowsMax);
  course.run('decide', 'which copies can be the base', () => {
    const order = candidates.describe();
    return { value: undefined, reason: order };
  });
  const best = firstWhole(options, storeId, candidates, scan, lineage.origin, image, course);
  const validation = course.run('validate', 'positions, exposure, orders, balances, times', () => {
    const value = best?.replay ? validate(image, clock.wallNs()) : [];
    const critical = value.filter((finding) => finding.severity === 'critical').length;
    return {
      value,
      reason: critical > 0 ? `${critical} rules do not hold` : value.length > 0 ? value[0]!.message : 'every rule holds',
      outcome: critical > 0 ? 'failed' : value.length > 0 ? 'finding' : 'ok',
    };
  });
  findings.push(...validation);
  for (const name of filesInPlaceOfDirectories(storage, layout))
    findings.push({
      code: 'NO_DIRECTORY',
      severity: 'damage',
      message: `a file lies where the directory ${name}/ of the store belongs`,
      file: name,
    });
  for (const { epoch, because } of unbegun) {
    // The header of a mapped file is durable before the first operation of its epoch.
    const stretch = path.find((entry) => entry.epoch === epoch);
    if (!stretch || (best?.replay?.end.lastLsn ?? 0) <= stretch.from) continue;
    const file = `l1/${mappedFileName(epoch)}`;
    findings.push({
      code: 'MAP_EMPTY',
      severity: 'damage',
      message: `${file} ${because}, and epoch ${epoch} wrote operations: it was cut or overwritten`,
      file,
    });
  }
  const rtoMs = course.sinceMs();

  course.afterRto = true;
  const recoveredLsn = best?.replay ? image.lsn : 0;
  // A log that could not be replayed still tells what was durable when it was written.
  const unread = best?.replay && best.replay.end.lastLsn > 0 ? 0 : durableInLog(storage, storeId, scan);
  const watermark = Math.max(acknowledged, best?.replay?.end.durableSeen ?? 0, unread);
  const acknowledgedKnown =
    options.at !== undefined ||
    !best?.replay ||
    // A store gets its identity when its first operation is durable: one that holds none has lost it.
    (recoveredLsn > 0 &&
      !lineage.findings.some(({ severity }) => severity === 'critical') &&
      archived.length === 0 &&
      (exact || logTellsEnd(scan, best.replay.end, synced)));
  if (!acknowledgedKnown) {
    const { lastLsn } = best!.replay!.end;
    findings.push({
      code: 'LOG_MISSING',
      severity: 'critical',
      message: `the log ${scan.segments.length === 0 ? 'is not there' : `ends at LSN ${lastLsn}`}, the state goes to ${recoveredLsn}: whether more was acknowledged cannot be known`,
      lsn: recoveredLsn + 1,
    });
  }
  let losses: ReturnType<typeof lossesOf> = new Map();
  let digest: string | null = null;
  if (!options.brief) {
    course.run('compare', 'the other copies in depth, and the digest of the state', () => {
      findings.push(...candidates.judgeRest(() => course.tell('compare', null, 'reading the other copies')));
      // Where the end is not known, neither is what a copy would lose.
      const lsns = acknowledgedKnown ? heads.flatMap((head) => (head.mark ? [head.mark.lsn] : [])) : [];
      losses = lossesOf(storage, storeId, scan.segments, lsns, recoveredLsn, watermark);
      digest = best?.replay ? stateDigest(image) : null;
      const damaged = candidates.damagedCount();
      return {
        value: undefined,
        reason: damaged > 0 ? (damaged === 1 ? '1 copy is damaged' : `${damaged} copies are damaged`) : 'no other copy is damaged',
        outcome: damaged > 0 ? 'finding' : 'ok',
      };
    });
  }
  const evidence: Evidence = {
    root,
    layout,
    identity,
    storeId,
    epoch: lineage.head,
    path,
    writerAlive,
    heads,
    scan,
    candidates,
    acknowledged: watermark,
    acknowledgedKnown,
    endProven: exact,
    assembly: best?.assembly ?? null,
    replay: best?.replay ?? null,
    image: best?.replay ? image : null,
    findings,
  };
  const report = buildReport(evidence, course.steps, {
    startedAtNs,
    nowNs: clock.wallNs(),
    rtoMs,
    rtoBudgetMs: options.rtoBudgetMs ?? RTO_BUDGET_MS,
    at: options.at,
    losses,
    digest,
  });
  const notGiven = scan.errors.find(({ error }) => isUnread(error))?.error.message ?? candidates.unread();
  // It may hold what is missing: nobody is asked to give up what another try can read.
  if (report.outcome === 'refused' && notGiven !== undefined)
    throw new RearmError('IO_FAILED', `${notGiven}; without it there is no whole state: ${report.sentence}`, { root });
  // One that the log was followed past is in the state; one behind that may hold what was acknowledged.
  const [behind] = unreadSegments(scan).filter(
    ({ name }) => !scan.segments.some((later) => later.name > name && later.firstLsn <= recoveredLsn + 1),
  );
  if (behind && options.at === undefined && !(exact && recoveredLsn >= needed))
    throw new RearmError('IO_FAILED', `${behind.error.message}; it may hold what was acknowledged behind LSN ${recoveredLsn}`, { root });
  const end = best?.replay?.end;
  const base = best?.assembly.hot;
  const headHash = end && end.lastLsn >= (base?.mark.lsn ?? 0) ? end.headHash : (base?.mark.headHash ?? 0n);
  return { report, image: evidence.image, headHash, identity, epoch: lineage.head, reconstructed: lineage.reconstructed };
}

const unreadable = (tier: LocalTier, error: RearmError): TierHead => ({
  tier,
  name: tier.toLowerCase(),
  mark: null,
  scope: tier === 'L1' ? 'hot' : 'all',
  bytes: 0,
  problem: problemOf(error),
  load: () => {
    throw error;
  },
});

const describeHeads = (heads: readonly TierHead[]): string => {
  if (heads.length === 0) return 'nothing there';
  const newest = heads.reduce<TierHead | null>(
    (best, head) => (head.mark && (!best?.mark || head.mark.lsn > best.mark.lsn) ? head : best),
    null,
  );
  return newest ? `${newest.name} claims LSN ${newest.mark!.lsn}` : (heads[0]!.problem?.message ?? 'unreadable');
};

/** What the last segment says was durable. */
function durableInLog(storage: Storage, storeId: Uint8Array, { segments }: SegmentScan): number {
  const last = segments.at(-1);
  if (!last) return 0;
  const { durableSeen } = readLog({ storage, storeId, segments: [last], fromLsn: last.firstLsn, visit: () => undefined });
  return Math.max(durableBefore(last), durableSeen);
}

/** Highest LSN that is known to have been acknowledged: the watermarks of the lineage's epochs, and marks that are taken after a sync. */
function acknowledgedBy(watermarks: ReadonlyMap<number, number>, heads: readonly TierHead[], path: readonly Stretch[]): number {
  let highest = 0;
  for (const stretch of path) {
    const watermark = watermarks.get(stretch.epoch);
    if (watermark !== undefined) highest = Math.max(highest, Math.min(watermark, stretch.to));
    highest = Math.max(highest, stretch.from);
  }
  for (const { mark, tier } of heads) {
    if (mark && tier !== 'L1' && onLineage(path, mark.epoch, mark.lsn)) highest = Math.max(highest, mark.lsn);
  }
  return highest;
}

/** The newest mark on the lineage of a copy that is only written after the log was synced up to it. */
function syncedMark(heads: readonly TierHead[], path: readonly Stretch[]): { readonly epoch: number; readonly lsn: number } {
  const marks = heads.flatMap(({ mark, tier }) => (mark && tier !== 'L1' && onLineage(path, mark.epoch, mark.lsn) ? [mark] : []));
  return { epoch: Math.max(0, ...marks.map(({ epoch }) => epoch)), lsn: Math.max(0, ...marks.map(({ lsn }) => lsn)) };
}

/**
 * Whether the log tells where the acknowledged state ends: it is there, in the epoch of the newest synced copy, and goes as far as that.
 * Only L1 may be ahead of it: after a power cut, its pages can have been written where the end of the log was not.
 */
const logTellsEnd = ({ segments }: SegmentScan, { lastLsn }: LogEnd, synced: ReturnType<typeof syncedMark>): boolean =>
  lastLsn >= synced.lsn && segments.some(({ epoch }) => epoch >= synced.epoch);

interface Attempt {
  readonly assembly: Assembly;
  readonly replay: Replay | null;
}

/** Tries the copies as base, best first, until one leads to a whole state; the last attempt where none does. */
function firstWhole(
  options: RecoverOptions,
  storeId: Uint8Array,
  candidates: Candidates,
  scan: SegmentScan,
  origin: number | null,
  image: Image,
  course: Course,
): Attempt | null {
  let last: Attempt | null = null;
  let lacking: Incomplete | null = null;
  const target = options.at ?? Number.POSITIVE_INFINITY;
  let orders = candidates.orders();
  /** Copies onto which an operation of the log did not go. */
  const spoilt: { readonly assembly: Assembly; readonly end: LogEnd; readonly why: string }[] = [];
  /** Where the log holds what is no operation: everything is loaded anew and replayed up to there. */
  let cut: LogEnd | null = null;
  for (let alone: boolean | undefined = false; ; ) {
    if (alone) {
      // The log is what is wrong where no copy, nor the log alone, leads beyond it.
      if (cut || spoilt.length === 0) break;
      cut = spoilt.reduce((furthest, { end }) => (furthest.lastLsn >= end.lastLsn ? furthest : end), spoilt[0]!.end);
      spoilt.length = 0;
      orders = candidates.orders();
    }
    const { assembly, lastResort } = course.run('load', 'the base, page by page', () => {
      const order = orders.next();
      alone = order.done;
      image.clear();
      const value = assemble(image, order.value.next, origin ?? 0);
      const { hot: base, cold, salvaged, lost } = value;
      const coldWords = cold && cold !== base ? `, the cold tables from ${cold.head.name} at LSN ${cold.mark.lsn}` : '';
      const reason = base
        ? `${base.head.name} at LSN ${base.mark.lsn}${coldWords}${salvaged.length > 0 ? `, ${plural(salvaged.length, 'page')} from elsewhere` : ''}`
        : 'no copy: the log from its beginning';
      return {
        value: { assembly: value, lastResort: order.value.lastResort },
        reason,
        outcome: lost.length > 0 ? 'failed' : salvaged.length > 0 ? 'finding' : 'ok',
        lsnAfter: base?.mark.lsn ?? origin ?? 0,
      };
    });
    const baseLsn = assembly.hot?.mark.lsn ?? origin ?? 0;
    const logFirst = scan.segments[0]?.firstLsn ?? Number.POSITIVE_INFINITY;
    if (!assembly.hot) image.lsn = origin ?? 0;
    if (!assembly.hot && (origin === null || logFirst !== origin + 1)) {
      if (options.at !== undefined)
        throw new RearmError(
          'LSN_UNREACHABLE',
          `LSN ${options.at} is no longer reachable: the oldest copy is newer and the log begins at ${Number.isFinite(logFirst) ? logFirst : 'nothing'}`,
          {},
        );
      continue;
    }
    const bridged = assembly.from === baseLsn || logFirst <= assembly.from + 1;
    if (assembly.lost.length > 0 || !bridged) {
      last ??= { assembly, replay: null };
      if (bridged && assembly.hot) lacking ??= incomplete(image, assembly);
      candidates.passOver(
        assembly.hot?.head,
        bridged
          ? `no copy holds ${assembly.lost.length} of its pages good (page ${assembly.lost[0]!.page})`
          : `it needs the log from LSN ${assembly.from + 1} on, ${Number.isFinite(logFirst) ? `which begins at LSN ${logFirst}` : 'and there is none'}`,
      );
      continue;
    }
    const reaches = !lastResort && logFirst <= assembly.from + 1;
    const done = course.run('replay', 'operations after the base', () => {
      const value = replay(image, {
        storage: options.storage,
        storeId,
        segments: reaches ? scan.segments : [],
        from: assembly.from,
        baseLsn,
        to: Math.min(target, cut?.lastLsn ?? target),
        progress: (fraction, lsn) => course.tell('replay', fraction, `LSN ${lsn}`),
      });
      const end = cut && value.end.lastLsn >= cut.lastLsn ? cut : value.end;
      const { kind, reason } = end;
      return {
        value: { ...value, end },
        reason:
          kind === 'end'
            ? `${plural(value.replayed, 'operation')} from LSN ${assembly.from + 1}; ${rootsWords(value.rootsCompared)}`
            : reason,
        outcome: kind === 'damaged' ? 'finding' : 'ok',
        lsnBefore: baseLsn,
        lsnAfter: image.lsn,
      };
    });
    if (done.spoilt) {
      const { lastLsn } = done.end;
      const why = `the operation at LSN ${lastLsn + 1} does not apply to it`;
      if (cut) candidates.distrust(assembly.hot?.head, why);
      else spoilt.push({ assembly, end: done.end, why });
      continue;
    }
    if (spoilt.some(({ end }) => end.lastLsn >= image.lsn)) continue;
    // A reconstruction of which no operation is left is no state: the one before it was given up.
    const nothing = !assembly.hot && origin !== 0 && done.replayed === 0;
    const unfinished = nothing || (assembly.from < baseLsn && done.end.lastLsn < baseLsn);
    const stray = unfinished ? null : image.strayPages();
    const attempt = { assembly, replay: unfinished || done.rootDiffersAt !== null || stray !== null ? null : done };
    if (unfinished)
      candidates.passOver(
        assembly.hot?.head,
        `${assembly.salvaged.length > 0 ? 'pages of older copies' : 'its cold tables'} need the log from LSN ${assembly.from + 1} to ${baseLsn}: it ends at ${done.end.lastLsn}`,
      );
    if (done.rootDiffersAt !== null)
      candidates.distrust(assembly.hot?.head, `the replayed state differs from the root that was logged at LSN ${done.rootDiffersAt}`);
    else if (stray !== null)
      candidates.distrust(assembly.hot?.head, `its pages, and those of the copies that complete it, make no state: ${stray}`);
    if (attempt.replay) {
      if (options.at !== undefined && image.lsn < options.at) {
        const { kind, reason } = attempt.replay.end;
        const why =
          kind === 'damaged'
            ? `lies behind damage: what is proven ends at ${image.lsn} (${reason})`
            : reaches
              ? `is beyond the last one, ${image.lsn}`
              : `is no longer reachable: the copies before it end at ${image.lsn} and the log begins at ${Number.isFinite(logFirst) ? logFirst : 'nothing'}`;
        throw new RearmError('LSN_UNREACHABLE', `LSN ${options.at} ${why}`, { last: image.lsn });
      }
      // An operation that this state was made with is one: what it did not go onto was no state.
      for (const { assembly: failed, end, why } of spoilt)
        candidates[assembly.from <= end.lastLsn ? 'distrust' : 'passOver'](failed.hot?.head, why);
      return attempt;
    }
    last = attempt;
  }
  const found = lacking && options.at === undefined ? goOnWithout(options, storeId, scan, lacking, image, course) : null;
  return found ?? last;
}

/** The state without the pages that no copy has good; null where what is left of it is not whole in itself. */
function goOnWithout(
  options: RecoverOptions,
  storeId: Uint8Array,
  scan: SegmentScan,
  lacking: Incomplete,
  image: Image,
  course: Course,
): Attempt | null {
  const { assembly } = lacking;
  const baseLsn = assembly.hot!.mark.lsn;
  return course.run('replay', 'operations after the base, without the pages that are lost', () => {
    const done = withoutPages(image, lacking, () =>
      replay(image, {
        storage: options.storage,
        storeId,
        segments: (scan.segments[0]?.firstLsn ?? Number.POSITIVE_INFINITY) <= assembly.from + 1 ? scan.segments : [],
        from: assembly.from,
        // The roots that were logged are those of a state with these pages.
        baseLsn: Number.POSITIVE_INFINITY,
        to: Number.POSITIVE_INFINITY,
      }),
    );
    if (done?.spoilt) return { value: null, outcome: 'failed', reason: done.end.reason };
    if (done === null) return { value: null, outcome: 'failed', reason: 'others refer to the rows that are lost' };
    const broken = image.strayPages() ?? validate(image, options.clock.wallNs()).find(({ severity }) => severity === 'critical')?.message;
    const short = assembly.from < baseLsn && done.end.lastLsn < baseLsn;
    if (short || broken) return { value: null, outcome: 'failed', reason: broken ?? `the log ends at ${done.end.lastLsn}` };
    const reason = `${done.replayed} operations; ${assembly.lost.length} pages stay empty`;
    return { value: { assembly, replay: done }, outcome: 'finding', reason, lsnBefore: baseLsn, lsnAfter: image.lsn };
  });
}
