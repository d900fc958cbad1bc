/**
 * `verify`: every byte of every file of a store against its checksums, and the copies of the state against each other through
 * the log. Read-only; it never stops at the first finding.
 */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { knownLineage } from '../cascade/known-lineage.ts';
import { recover } from '../cascade/recover.ts';
import { pagesFor } from '../image/image.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { filesInPlaceOfDirectories } from '../store/directories.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { ofOtherVersion } from '../store/ladder.ts';
import {
  ARCHIVE_FILE_NAME,
  ARCHIVE_SUMS_NAME,
  parseEpochName,
  parseMappedName,
  parseSlotName,
  parseSnapshotName,
  type StoreLayout,
  storeLayout,
} from '../store/layout.ts';
import { readArchive } from '../tiers/archive-reader.ts';
import { readMapped } from '../tiers/mapped-reader.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { readSnapshots } from '../tiers/snapshot-reader.ts';
import { type TierHead, within } from '../tiers/tier-copy.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { scanSegments, unreadSegments } from '../wal/segment-scan.ts';
import { isUnfinished } from '../wal/unfinished.ts';
import { verifyArchive } from './archive.ts';
import { compareCopies } from './copies.ts';
import { FileFindings, type FileReport, type FileStatus, worstOf } from './file-findings.ts';
import { type AuditHead, verifyGate } from './gate.ts';
import { verifySegments } from './segments.ts';
import { verifySide } from './side.ts';
import { verifyCopies } from './tiers.ts';

export interface VerifyOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  readonly bootId: string;
  /** An entry of the audit log that was noted elsewhere: the log must still hold it. */
  readonly anchor?: AuditHead | undefined;
  /** One file by itself, as the report names it: its own bytes, and nothing that only the others show. @throws RearmError NOT_FOUND */
  readonly only?: string | undefined;
  readonly progress?: (fraction: number | null, what: string) => void;
}

export interface VerifyReport {
  readonly storeId: string;
  readonly status: FileStatus;
  /** The last entry of the audit log; null where there is none, or where it does not verify. What shows later that its end was not cut off. */
  readonly audit: AuditHead | null;
  readonly files: readonly FileReport[];
}

/**
 * Beside a living writer the files are read one after the other while they change: what is found is looked at again, and counts where it
 * is found again. A file that the disk does not give is told as unread; where this process may read none, or not what all others are judged
 * by, the error is thrown.
 *
 * @throws RearmError STORE_MISSING where there is no store.json at all; VERSION_NEWER, VERSION_OLDER where another release wrote here;
 *   PERMISSION_DENIED, IO_FAILED
 */
export function verify(options: VerifyOptions): VerifyReport {
  const { storage, root } = options;
  let report = verifyOnce(options);
  const isSuspect = (): boolean => report.status === 'damaged' || report.status === 'unread';
  for (let look = 1; look < LIVE_LOOKS && isSuspect() && storage.isLocked(storeLayout(root).lock); look += 1)
    report = inBoth(root, report, verifyOnce(options), options.only);
  return report;
}

const LIVE_LOOKS = 4;

/** The second report, with only the damage that the first one found in the same file too. */
function inBoth(root: string, first: VerifyReport, second: VerifyReport, only: string | undefined): VerifyReport {
  const before = new Set(first.files.flatMap(({ path, findings }) => findings.map(({ code }) => `${path} ${code}`)));
  const findings = new FileFindings(root);
  for (const file of second.files) {
    findings.file(file.path);
    for (const { severity, code, message, ...where } of file.findings)
      if (severity !== 'damaged' || before.has(`${file.path} ${code}`)) findings.add(file.path, severity, code, message, where);
  }
  return reportOf(second.storeId, findings, second.audit, only);
}

/** @param only of this file alone */
function reportOf(storeId: string, findings: FileFindings, audit: AuditHead | null, only?: string): VerifyReport {
  const files = findings.reports().filter(({ path }) => only === undefined || path === only);
  return { storeId, status: worstOf(files.map(({ status }) => status)), audit, files };
}

function verifyOnce(options: VerifyOptions): VerifyReport {
  const { storage, root, progress, only } = options;
  const covers = (folder: string): boolean => only === undefined || only.startsWith(`${folder}/`);
  const layout = storeLayout(root);
  const findings = new FileFindings(root);
  let storeId: Uint8Array;
  let pagesMax = 0;
  let identityText = '';
  findings.file('store.json');
  try {
    const identity = readIdentity(storage, root);
    storeId = storeIdBytes(identity);
    identityText = identity.storeId;
    pagesMax = pagesFor(identity.rowsMax);
  } catch (error) {
    if (!(error instanceof RearmError) || ofOtherVersion(error) || saysNothing(error) || isUnread(error) || error.code === 'STORE_MISSING')
      throw error;
    findings.add('store.json', 'damaged', error.code, error.message, { whole: true });
    return reportOf('', findings, null);
  }
  if (only === undefined) listAll(storage, layout, findings);
  else if (!isFileOf(storage, root, only)) throw new RearmError('NOT_FOUND', `${only} is no file of the store ${root}`, { file: only });
  else findings.file(only);

  progress?.(0.05, 'lineage');
  const lineage = knownLineage(storage, layout, storeId);
  for (const finding of lineage.findings)
    findings.add(relative(root, finding.file ?? 'lineage'), 'damaged', finding.code, finding.message, { whole: true });

  progress?.(0.1, 'log');
  const scan = scanSegments(storage, layout, storeId, lineage.path);
  const mapped = findings.attempt('l1', () => readMapped(storage, layout, storeId, options.bootId));
  const acknowledged = mapped?.ofThisBoot.has(lineage.head?.epoch ?? 0) ? Math.max(0, ...mapped.acknowledged.values()) : null;
  for (const { name, error } of scan.errors)
    findings.attempt(`wal/${name}`, () => {
      if (isUnread(error)) throw error;
      if (isUnfinished(storage, layout, storeId, scan, name, acknowledged))
        findings.add(`wal/${name}`, 'torn', 'UNFINISHED', `${error.message}: nothing depends on it`, { offset: 0 });
      else findings.add(`wal/${name}`, 'damaged', error.code, error.message, { offset: 0 });
    });
  if (covers('wal')) verifySegments(storage, layout, storeId, scan, findings);

  progress?.(0.4, 'tiers');
  const heads: TierHead[] = within(
    [
      ...(mapped?.heads ?? []),
      ...(findings.attempt('l2', () => readSlots(storage, layout, storeId)) ?? []),
      ...(findings.attempt('l3', () => readSnapshots(storage, layout, storeId)) ?? []),
      ...(findings.attempt('l4', () => readArchive(layout, identityText, storage.isLocked(layout.lock))) ?? []),
    ],
    pagesMax,
  );
  if (covers('l4')) findings.attempt('l4', () => verifyArchive(storage, layout, storeId, findings));
  const tell = (what: string): void => progress?.(0.6, what);
  const copies = verifyCopies({ storage, root, heads, only, findings, tell });

  progress?.(0.8, 'copies against each other');
  // Beside a log with a gap that nobody could look into, every copy might seem to be ahead of it.
  if (only === undefined && unreadSegments(scan).length === 0)
    findings.attempt('wal', () =>
      compareCopies({
        storage,
        storeId,
        segments: scan.segments,
        path: lineage.path,
        identity: readIdentity(storage, root),
        copies,
        findings,
      }),
    );

  progress?.(0.95, 'side records, gate and audit');
  if (covers('side')) findings.attempt('side', () => verifySide(storage, layout, findings));
  const audit = covers('gate') || covers('audit') ? verifyGate(options, identityText, findings) : null;
  if (only === undefined) findings.attempt('wal', () => verifyTogether(options, findings));
  progress?.(1, 'done');
  return reportOf(identityText, findings, audit, only);
}

/** Names come from a pattern: nothing beside the store is looked at. */
const FILE = /^(store\.json|(lineage|wal|l1|l2|l3|l4|side|gate|audit)(\/[\w-][\w.-]*)+)$/;
const isFileOf = (storage: Storage, root: string, file: string): boolean =>
  FILE.test(file) && storage.exists(join(root, file)) && !storage.isDirectory(join(root, file));

/** What no file shows by itself: that another one is missing, or ends before what others tell. */
function verifyTogether({ storage, clock, root, bootId }: VerifyOptions, findings: FileFindings): void {
  const { report } = recover({ storage, clock, root, bootId, brief: true });
  for (const { code, severity, message, file, lsn } of report.findings)
    if (severity === 'critical' || code === 'MAP_EMPTY')
      findings.add(file ?? 'wal', 'damaged', code, message, lsn === undefined ? {} : { lsn });
}

const relative = (root: string, path: string): string => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);

/** Notes every file that belongs to a store, and names every other one. */
function listAll(storage: Storage, layout: StoreLayout, findings: FileFindings): void {
  const known: readonly (readonly [string, string, (name: string) => boolean])[] = [
    ['lineage', layout.lineage, (name) => parseEpochName(name) !== null],
    ['wal', layout.wal, (name) => parseSegmentName(name) !== null],
    ['l1', layout.l1, (name) => parseMappedName(name) !== null],
    ['l2', layout.l2, (name) => parseSlotName(name) !== null],
    ['l3', layout.l3, (name) => parseSnapshotName(name) !== null],
    ['l4', layout.l4, (name) => [ARCHIVE_FILE_NAME, `${ARCHIVE_FILE_NAME}-journal`, ARCHIVE_SUMS_NAME].includes(name)],
    ['side', layout.side, (name) => name.endsWith('.side')],
  ];
  for (const [folder, directory, belongs] of known) {
    for (const name of findings.attempt(folder, () => storage.list(directory)) ?? []) {
      findings.file(`${folder}/${name}`);
      if (belongs(name)) continue;
      if (name.endsWith('.tmp'))
        findings.add(`${folder}/${name}`, 'torn', 'LEFTOVER', 'a file that was being published when the engine died; it is not used');
      else findings.add(`${folder}/${name}`, 'note', 'UNKNOWN_FILE', 'not a file of a store; it is not used');
    }
  }
  for (const name of findings.attempt('store.json', () => filesInPlaceOfDirectories(storage, layout)) ?? [])
    findings.add(name, 'damaged', 'NO_DIRECTORY', 'a file lies where a directory of the store belongs', { whole: true });
  for (const name of findings.attempt('quarantine', () => storage.list(layout.quarantine)) ?? [])
    findings.add(`quarantine/${name}`, 'note', 'QUARANTINED', 'kept as evidence; it is not used');
}
