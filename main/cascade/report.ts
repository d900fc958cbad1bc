/** Makes the report of a recovery from its evidence. */

import type {
  Finding,
  Loss,
  Outcome,
  PageMap,
  RecoveryReport,
  StepReport,
  TierName,
  TierReport,
  WalReport,
} from '../../shared/contract/recovery.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { ORDER_STATUSES, TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { getByte } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { rootOf } from '../tiers/checkpoint.ts';
import { rowsIn } from '../tiers/tier-copy.ts';
import { type Candidate, statusOf } from './candidates.ts';
import { plural, rowsWords, SURVIVES, sentence } from './describe.ts';
import type { Evidence } from './recover.ts';

export interface ReportFigures {
  readonly startedAtNs: bigint;
  readonly nowNs: bigint;
  readonly rtoMs: number;
  readonly rtoBudgetMs: number;
  readonly at: number | undefined;
  readonly losses: ReadonlyMap<number, Loss | null>;
  readonly digest: string | null;
}

const EPOCH_CLOSE = OPERATIONS['epoch.close'].id;
const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

export function buildReport(evidence: Evidence, steps: readonly StepReport[], figures: ReportFigures): RecoveryReport {
  const { assembly, replay, image } = evidence;
  const base = assembly?.hot;
  const lsn = image?.lsn ?? 0;
  const lastSeen = Math.max(lsn, replay?.end.lastLsn ?? 0);
  const acknowledgedLsn = Math.min(evidence.acknowledged, figures.at ?? Number.POSITIVE_INFINITY);
  // Where nothing is left, or the end of the log, nothing tells what was acknowledged.
  const unknown = image === null ? acknowledgedLsn === 0 : !evidence.acknowledgedKnown && acknowledgedLsn <= lsn;
  const lostAcknowledged = unknown ? null : Math.max(0, acknowledgedLsn - lsn);
  const findings = [...evidence.findings, ...damageFindings(evidence, acknowledgedLsn)];
  const critical = findings.some((finding) => finding.severity === 'critical');
  // Asked for as it was before its first operation.
  const empty = image !== null && figures.at === 0;
  const salvaged = assembly?.salvaged.length ?? 0;
  const outcome: Outcome = empty
    ? 'empty'
    : image === null || lostAcknowledged !== 0 || critical
      ? 'refused'
      : salvaged > 0
        ? 'salvaged'
        : 'recovered';
  const tornBytes = replay?.end.kind === 'tornTail' ? replay.end.tornBytes : 0;
  const replayed = replay?.replayed ?? 0;
  const takenNs = base?.mark.takenNs ?? 0n;
  const lastNs = replay && replay.lastTimeNs > 0n ? replay.lastTimeNs : takenNs;
  return {
    store: evidence.identity.name,
    storeId: evidence.identity.storeId,
    epoch: evidence.epoch?.epoch ?? 0,
    outcome,
    sentence: sentence({
      outcome,
      base: base?.head.tier ?? null,
      lsn,
      replayed,
      tornBytes,
      endProven: evidence.endProven,
      salvaged,
      lostAcknowledged,
      lostPages: assembly?.lost.length ?? 0,
      rtoMs: figures.rtoMs,
      budgetMs: figures.rtoBudgetMs,
    }),
    base: image ? (base?.head.tier ?? null) : null,
    baseLsn: image ? (base?.mark.lsn ?? 0) : null,
    lsn,
    acknowledgedLsn,
    lostAcknowledged,
    replayed,
    tornBytes,
    stateDigest: figures.digest,
    root: image ? hex(image.root) : null,
    headHash: image ? hex(replay && replay.end.lastLsn >= (base?.mark.lsn ?? 0) ? replay.end.headHash : (base?.mark.headHash ?? 0n)) : null,
    lastOperationAt: formatTime(lastNs),
    writerAlive: evidence.writerAlive,
    closedInOrder: replay?.lastOperation === EPOCH_CLOSE && lsn === lastSeen,
    tiers: tierReports(evidence, figures),
    copies: evidence.candidates.all.flatMap((candidate) =>
      candidate.head.mark
        ? [
            {
              tier: candidate.head.tier,
              name: candidate.head.name,
              lsn: candidate.head.mark.lsn,
              status: statusOf(candidate),
              usable: ['valid', 'partial'].includes(statusOf(candidate)) && candidate.verdict.use !== 'lastResort' && !candidate.passedOver,
            },
          ]
        : [],
    ),
    wal: walReport(evidence),
    steps,
    decisions: evidence.candidates.decisions(base?.head, evidence.assembly?.cold?.head),
    findings,
    pageMap: pageMap(evidence),
    unacknowledgedOrders: image ? countUnacknowledged(image) : 0,
    rtoMs: figures.rtoMs,
    rtoBudgetMs: figures.rtoBudgetMs,
    startedAt: formatTime(figures.startedAtNs) ?? '',
    error: null,
  };
}

function damageFindings({ assembly, replay, image, candidates, endProven }: Evidence, acknowledged: number): Finding[] {
  const findings: Finding[] = [];
  const end = replay?.end;
  if (end?.kind === 'damaged') {
    findings.push({
      code: 'LOG_DAMAGED',
      severity: 'damage',
      message: end.reason,
      lsn: end.lastLsn + 1,
      ...(end.at && { file: `wal/${end.at.file}`, offset: end.at.offset }),
    });
  } else if (end?.kind === 'tornTail') {
    findings.push({
      code: 'TORN_TAIL',
      severity: endProven ? 'note' : 'warning',
      message: endProven
        ? end.reason
        : `${end.reason}; the machine was started anew since, and L1 with its memory of what was acknowledged is gone: a disk that keeps what it was told to keep has lost nothing here, a disk that does not would look the same. The venues can tell`,
      ...(end.at && { file: `wal/${end.at.file}`, offset: end.at.offset }),
    });
  }
  for (const { file, offset, reason } of end?.passedOver ?? []) {
    findings.push({
      code: 'LOG_DAMAGED',
      severity: 'damage',
      message: `${file}: ${reason} at ${offset}, before the base: not needed`,
      file: `wal/${file}`,
      offset,
    });
  }
  for (const { file, offset } of end?.superseded ?? []) {
    const message = `${file} failed when it was written: what lies from ${offset} on does not count, the next segment holds it anew`;
    findings.push({ code: 'LOG_SUPERSEDED', severity: 'note', message, file: `wal/${file}`, offset });
  }
  const base = assembly?.hot;
  if (base && end && end.lastLsn < base.mark.lsn && replay) {
    findings.push({
      code: 'LOG_BEHIND_BASE',
      severity: 'warning',
      message: `${base.head.name} is at LSN ${base.mark.lsn}, the log ends at ${end.lastLsn}: only the tier holds the ${plural(base.mark.lsn - end.lastLsn, 'operation')} after that`,
      lsn: end.lastLsn,
    });
  }
  const unused = candidates.all
    .filter(({ head, passedOver }) => passedOver && head.scope === 'hot')
    .reduce((newest, { head }) => Math.max(newest, head.mark?.lsn ?? 0), 0);
  if (image && unused > image.lsn)
    findings.push({
      code: 'HOT_TABLES_UNUSED',
      severity: 'warning',
      message: `L1 has the hot tables of LSN ${unused}: they are not used, nothing brings the cold ones there`,
      lsn: unused,
    });
  if (image && acknowledged > image.lsn) {
    findings.push({
      code: 'ACKNOWLEDGED_LOST',
      severity: 'critical',
      message: `LSN ${image.lsn + 1} to ${acknowledged} were acknowledged and cannot be recovered`,
      lsn: image.lsn + 1,
    });
  }
  for (const page of assembly?.salvaged ?? []) {
    const copy = assembly!.copies[assembly!.sources[page] ?? -1];
    findings.push({
      code: 'PAGE_SALVAGED',
      severity: 'damage',
      page,
      source: copy?.head.name ?? 'wal',
      ...rowsIn(assembly!.copies, page),
      message: `page ${page} was bad in ${base?.head.name ?? 'the base'}; it comes from ${copy?.head.name ?? 'the log'} and was brought forward`,
    });
  }
  const lost = (assembly?.lost ?? []).map(({ page, reason }) => ({ page, reason, held: rowsIn(assembly!.copies, page) ?? {} }));
  for (const { page, reason, held } of lost) {
    findings.push({
      code: 'PAGE_LOST',
      severity: 'critical',
      page,
      ...held,
      message: `page ${page} has no good copy: ${reason}; ${rowsWords(held)} ${image ? 'are gone, what is left holds every rule' : 'cannot be brought back'}`,
    });
  }
  if (image === null)
    findings.push({
      code: 'NOTHING_LEFT',
      severity: 'critical',
      message: `${lost[0] ? withoutWords(lost.length, lost[0]) : 'no copy of the state and no log is left from which it could be recovered'}: only a backup, or the venues, know it`,
    });
  return findings;
}

const withoutWords = (count: number, first: { readonly page: number; readonly held: Pick<Finding, 'table' | 'rows'> }): string =>
  `copies of the state are left, and none of them has ${plural(count, 'page')} good that the rest cannot do without (${count > 1 ? 'the first is ' : ''}page ${first.page}: ${rowsWords(first.held)})`;

function walReport({ scan, replay }: Evidence): WalReport {
  const end = replay?.end;
  const status =
    scan.segments.length === 0
      ? 'missing'
      : end?.kind === 'damaged' || scan.errors.length > 0
        ? 'damaged'
        : end?.kind === 'tornTail'
          ? 'tornTail'
          : 'whole';
  return {
    status,
    segments: scan.segments.length,
    bytes: scan.bytes,
    firstLsn: scan.segments[0]?.firstLsn ?? null,
    lastLsn: end?.lastLsn ?? 0,
    tornBytes: end?.kind === 'tornTail' ? end.tornBytes : 0,
    tornAt: end?.at ?? null,
  };
}

function countUnacknowledged(image: Image): number {
  const status = TABLES.orders.byName.get('status')!;
  const waiting = new Set([ORDER_STATUSES.indexOf('pending'), ORDER_STATUSES.indexOf('unknown')]);
  let count = 0;
  for (const row of image.rows(TABLES.orders)) if (waiting.has(getByte(image, image.rowOffset(TABLES.orders, row), status))) count += 1;
  return count;
}

function tierReports(evidence: Evidence, figures: ReportFigures): TierReport[] {
  const chosen = evidence.image ? evidence.assembly?.hot?.head.name : undefined;
  const rows = (['L1', 'L2', 'L3', 'L4'] as const).map((tier) => tierReport(evidence, figures, tier, chosen));
  rows.push({
    tier: 'L5',
    status: 'missing',
    chosen: false,
    lsn: null,
    epoch: null,
    takenAt: null,
    ageMs: null,
    bytes: 0,
    pages: 0,
    pagesBad: 0,
    checksumStored: null,
    checksumComputed: null,
    ms: 0,
    survives: SURVIVES.L5,
    wouldLose: null,
    reason: 'the venues are asked beside the recovery',
    files: [],
  });
  return rows;
}

/** The row of a tier speaks of its best copy: the chosen one, else the youngest that is usable, else the youngest. */
function tierReport(evidence: Evidence, figures: ReportFigures, tier: Exclude<TierName, 'L5'>, chosen: string | undefined): TierReport {
  const mine = evidence.candidates.all.filter((candidate) => candidate.head.tier === tier);
  const usable = (candidate: Candidate) => Number(['valid', 'partial'].includes(statusOf(candidate)));
  const best = [...mine].sort(
    (a, b) =>
      Number(b.head.name === chosen) - Number(a.head.name === chosen) ||
      usable(b) - usable(a) ||
      Number(a.passedOver) - Number(b.passedOver) ||
      (b.head.mark?.lsn ?? -1) - (a.head.mark?.lsn ?? -1),
  )[0];
  const probe = evidence.candidates.timeOf(tier);
  if (!best) {
    return {
      tier,
      status: 'missing',
      chosen: false,
      lsn: null,
      epoch: null,
      takenAt: null,
      ageMs: null,
      bytes: 0,
      pages: 0,
      pagesBad: 0,
      checksumStored: null,
      checksumComputed: null,
      ms: probe,
      survives: SURVIVES[tier],
      wouldLose: null,
      reason: 'nothing is there',
      files: [],
    };
  }
  const { mark } = best.head;
  return {
    tier,
    status: statusOf(best),
    chosen: best.head.name === chosen,
    lsn: mark?.lsn ?? null,
    epoch: mark?.epoch ?? null,
    takenAt: mark ? formatTime(mark.takenNs) : null,
    ageMs: mark ? Number((figures.nowNs - mark.takenNs) / 1_000_000n) : null,
    bytes: best.head.bytes,
    pages: mark?.pageCount ?? 0,
    pagesBad: best.bad,
    checksumStored: mark ? hex(best.head.scope === 'hot' ? mark.hotRoot : rootOf(mark)) : null,
    checksumComputed: best.computed === null ? null : hex(best.computed),
    ms: probe,
    survives: SURVIVES[tier],
    // Alone it leads nowhere: nothing can be said of what would be there.
    wouldLose: mark && !best.passedOver ? (figures.losses.get(mark.lsn) ?? null) : null,
    reason: best.head.name === chosen ? `the base: ${best.reason}` : best.reason,
    files: mine.map((candidate) => candidate.head.name),
  };
}

function pageMap({ assembly, image }: Evidence): PageMap {
  if (!assembly || !image) return { states: '', sources: [], sourceOf: '' };
  const sources = [...new Set(assembly.copies.map((copy) => copy.head.tier))];
  const salvaged = new Set(assembly.salvaged);
  const lost = new Set(assembly.lost.map((entry) => entry.page));
  const baseLsn = assembly.hot?.mark.lsn ?? 0;
  let states = '';
  let sourceOf = '';
  for (let page = 0; page < image.pageCount; page += 1) {
    const source = assembly.sources[page] ?? -1;
    states += lost.has(page)
      ? 'b'
      : salvaged.has(page)
        ? 's'
        : image.pageTable(page) === 0
          ? '.'
          : image.pageLsn(page) > baseLsn
            ? 'r'
            : 'v';
    sourceOf += source < 0 ? '-' : String(sources.indexOf(assembly.copies[source]!.head.tier));
  }
  return { states, sources, sourceOf };
}
