/** Recoveries of the fixture: salvaged, refused, empty, and one that is under way. */

import type { RecoveryView } from '../../../shared/contract/contract.ts';
import type { PageMap, RecoveryReport } from '../../../shared/contract/recovery.ts';
import { STEPS, tiersOf } from './tiers.ts';
import { hex, iso, LAST_LSN, noise, STORE_ID, type World } from './world.ts';

export function pageMapOf(pages: number): PageMap {
  let states = '';
  let sourceOf = '';
  for (let page = 0; page < pages; page += 1) {
    const salvaged = page === 212 || page === 213 || page === 640;
    const free = page > pages * 0.86 && noise(page >> 3) > 0.35;
    const replayed = !free && noise(page) < (page < 180 ? 0.34 : 0.04);
    const stale = page === 871;
    states += salvaged ? 's' : free ? '.' : stale ? 't' : replayed ? 'r' : 'v';
    sourceOf += free ? '.' : salvaged ? '2' : '1';
  }
  return { states, sources: ['L1', 'L2', 'L3', 'L4'], sourceOf };
}

export function salvagedReport(world: World): RecoveryReport {
  return {
    store: 'demo-desk',
    storeId: STORE_ID,
    epoch: 3,
    outcome: 'salvaged',
    sentence:
      'Salvaged from L2 and 3 pages of L3 to LSN 48,120,331; 412 records replayed; 3 torn bytes discarded; RTO 1.84 s of 5 s; 9 breaks block resume.',
    base: 'L2',
    baseLsn: LAST_LSN - 412,
    lsn: LAST_LSN,
    acknowledgedLsn: LAST_LSN - 3,
    lostAcknowledged: 0,
    replayed: 412,
    tornBytes: 3,
    stateDigest: hex(71, 64),
    root: hex(72, 16),
    headHash: hex(73, 16),
    lastOperationAt: iso(world.crashMs),
    writerAlive: false,
    closedInOrder: false,
    tiers: tiersOf(world),
    copies: [],
    wal: {
      status: 'tornTail',
      segments: 9,
      bytes: 150_994_944,
      firstLsn: 47_905_002,
      lastLsn: LAST_LSN,
      tornBytes: 3,
      tornAt: { file: 'wal/0000000000000009.seg', offset: 11_482_112 },
    },
    steps: STEPS,
    decisions: [
      {
        group: 'hot',
        case: 'L1 partial at a higher LSN, L2 valid, log whole from L2',
        decision: 'base L2, replay',
        reason: 'A partial copy is never a base where a whole one reaches the same LSN through the log.',
      },
      {
        group: 'cold',
        case: 'L2 valid, L3 valid but behind',
        decision: 'base L2, replay',
        reason: 'The valid copy on the lineage with the highest LSN.',
      },
    ],
    findings: [
      {
        code: 'PAGE_CHECKSUM',
        severity: 'damage',
        message: 'Page 212 of table orders: stored hash differs from the computed one; taken from L3 and brought forward by the log.',
        file: 'l2/slot-b.chk',
        offset: 868_352,
        page: 212,
        table: 'orders',
        lsn: 48_119_902,
      },
      {
        code: 'PAGE_CHECKSUM',
        severity: 'damage',
        message: 'Page 213 of table orders: stored hash differs from the computed one; taken from L3 and brought forward by the log.',
        file: 'l2/slot-b.chk',
        offset: 872_448,
        page: 213,
        table: 'orders',
        lsn: 48_119_902,
      },
      {
        code: 'PAGE_CHECKSUM',
        severity: 'damage',
        message: 'Page 640 of table positions: stored hash differs from the computed one; taken from L3 and brought forward by the log.',
        file: 'l2/slot-b.chk',
        offset: 2_621_440,
        page: 640,
        table: 'positions',
        lsn: 48_119_914,
        rows: [3, 3],
      },
      {
        code: 'TORN_TAIL',
        severity: 'warning',
        message: '3 bytes after the last valid frame were discarded; nobody was told that they were durable.',
        file: 'wal/0000000000000009.seg',
        offset: 11_482_112,
        lsn: LAST_LSN,
      },
      {
        code: 'ARCHIVE_BEHIND',
        severity: 'note',
        message: 'The archive is 31 minutes behind its cadence of 60 minutes: within it.',
        file: 'archive/archive.sqlite',
        lsn: LAST_LSN - 771_400,
      },
    ],
    pageMap: pageMapOf(1184),
    unacknowledgedOrders: 3,
    rtoMs: 1840,
    rtoBudgetMs: 5000,
    startedAt: iso(world.startedMs - 4_000),
    error: null,
  };
}

export function refusedReport(world: World): RecoveryReport {
  const report = salvagedReport(world);
  return {
    ...report,
    outcome: 'refused',
    base: null,
    baseLsn: null,
    replayed: 0,
    stateDigest: null,
    root: null,
    headHash: null,
    lostAcknowledged: 1_204,
    sentence:
      'Refused: segment 7 of the log is damaged at LSN 48,061,930, below what is known to be acknowledged; no valid copy lies above it. 1,204 acknowledged operations would be lost.',
    tiers: report.tiers.map((tier) =>
      tier.tier === 'L2'
        ? {
            ...tier,
            status: 'damaged',
            chosen: false,
            lsn: null,
            pagesBad: 1184,
            checksumComputed: hex(22, 16),
            wouldLose: null,
            reason: 'Both slots fail: the header of slot b names another store.',
          }
        : tier.tier === 'L1'
          ? {
              ...tier,
              status: 'missing',
              lsn: null,
              takenAt: null,
              ageMs: null,
              bytes: 0,
              checksumStored: null,
              checksumComputed: null,
              wouldLose: null,
              reason: 'No mapped file in the store.',
            }
          : { ...tier, chosen: false },
    ),
    wal: { ...report.wal, status: 'damaged' },
    steps: report.steps.map((step) =>
      step.step === 'replay'
        ? { ...step, outcome: 'failed', reason: 'Frame at offset 4,218,880 of segment 7 fails its checksum; later frames are valid.' }
        : step.startMs > 888
          ? { ...step, outcome: 'skipped', ms: 0 }
          : step,
    ),
    findings: [
      {
        code: 'LOG_DAMAGED',
        severity: 'critical',
        message: 'A frame fails its checksum and valid frames follow it: this is damage, not a torn tail. Nothing was truncated.',
        file: 'wal/0000000000000007.seg',
        offset: 4_218_880,
        lsn: 48_061_930,
      },
      {
        code: 'STORE_FOREIGN',
        severity: 'damage',
        message: 'The header of slot b names store 02aa91c4.',
        file: 'l2/slot-b.chk',
        offset: 0,
      },
      ...report.findings.slice(3),
    ],
    pageMap: { states: '', sources: [], sourceOf: '' },
    error: {
      code: 'RECOVERY_REFUSED',
      message: 'Acknowledged operations cannot be brought back from what is here.',
      remedy: 'Read the findings; restore the named file, or override with a reason on the record.',
      context: { lsn: 48_061_930 },
    },
  };
}

export function emptyReport(world: World): RecoveryReport {
  const report = salvagedReport(world);
  return {
    ...report,
    outcome: 'empty',
    sentence: 'Nothing to recover: the store was created and never written.',
    base: null,
    baseLsn: null,
    lsn: 0,
    acknowledgedLsn: 0,
    replayed: 0,
    tornBytes: 0,
    stateDigest: null,
    root: null,
    headHash: null,
    lastOperationAt: null,
    tiers: report.tiers.map((tier) => ({
      ...tier,
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
      wouldLose: null,
      reason: 'Not there.',
    })),
    wal: { status: 'missing', segments: 0, bytes: 0, firstLsn: null, lastLsn: 0, tornBytes: 0, tornAt: null },
    steps: report.steps.slice(0, 7),
    decisions: [],
    findings: [],
    pageMap: { states: '', sources: [], sourceOf: '' },
    unacknowledgedOrders: 0,
    rtoMs: 88,
  };
}

/** A recovery that is `elapsedMs` into its work. */
export function runningView(world: World, elapsedMs: number): RecoveryView {
  const scaled = elapsedMs / 4;
  const steps = STEPS.filter((step) => step.startMs <= scaled && !step.afterRto).map((step) =>
    step.startMs + step.ms > scaled ? { ...step, outcome: 'running' as const, ms: scaled - step.startMs, reason: '' } : step,
  );
  const done = (tier: string): boolean => steps.some((step) => step.step === `probe.${tier}` && step.outcome !== 'running');
  const tiers = tiersOf(world)
    .filter((tier) => tier.tier !== 'L5')
    .map((tier) =>
      done(tier.tier)
        ? { ...tier, chosen: false }
        : {
            ...tier,
            status: 'probing' as const,
            chosen: false,
            lsn: null,
            checksumStored: null,
            checksumComputed: null,
            wouldLose: null,
            reason: '',
            ms: 0,
          },
    );
  const current = steps.at(-1);
  if (scaled > 1900) return { running: false, progress: null, report: salvagedReport(world) };
  return {
    running: true,
    report: null,
    progress: {
      phase: current?.step ?? 'identify',
      fraction: current?.step === 'replay' ? Math.min(1, (scaled - 888) / 641) : null,
      detail:
        current?.step === 'replay'
          ? `${Math.round(Math.min(1, (scaled - 888) / 641) * 412)} of 412 records`
          : current?.step.startsWith('probe')
            ? 'reading tiers and log side by side'
            : '',
      steps,
      tiers,
    },
  };
}
