/** The people, the audit log and the records of the gate, each by itself and against each other. */

import { join } from 'node:path';
import type { AuditEntry } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { Gate } from '../gate/gate.ts';
import { inspectGate } from '../gate/inspect.ts';
import { gateLayout } from '../gate/layout.ts';
import { readLines } from '../gate/line-log.ts';
import { type People, readPeople } from '../gate/people.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import type { FileFindings } from './file-findings.ts';

/** Number and hash of an entry of the audit log. */
export interface AuditHead {
  readonly sequence: number;
  readonly head: string;
}

export interface GateOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  /** An entry of the audit log that was noted elsewhere: the log must still hold it. */
  readonly anchor?: AuditHead | undefined;
}

/** @returns the last entry of the audit log; null where there is none, or where it does not verify */
export function verifyGate(options: GateOptions, storeId: string, findings: FileFindings): AuditHead | null {
  const { storage, root } = options;
  const layout = gateLayout(root);
  const enrolled = findings.attempt('gate/people.log', () => storage.exists(layout.people));
  let people: People | null = null;
  if (enrolled) {
    findings.file('gate/people.log');
    people = findings.reading('gate/people.log', () => verifyPeople(storage, layout.people, storeId, findings)) ?? null;
  }
  const { audited, head } = verifyAudit(options, storeId, enrolled, findings);
  for (const { path, trouble } of inspectGate({ storage, layout, storeId, people, audited })) {
    findings.file(path);
    if (trouble) findings.add(path, trouble.severity, trouble.code, trouble.message, trouble.code === 'LEFTOVER' ? {} : { whole: true });
  }
  return head;
}

/** @returns null where its end is torn, or damaged so that it looks like that: then it does not say who signed */
function verifyPeople(storage: Storage, path: string, storeId: string, findings: FileFindings): People | null {
  const people = readPeople(storage, path, storeId);
  const { count, wholeBytes, tornBytes } = readLines(storage, path, () => true);
  if (tornBytes === 0) return people;
  findings.add(
    'gate/people.log',
    'torn',
    'TORN_TAIL',
    `${tornBytes} bytes behind the last whole record: it is completed from the audit log`,
    {
      entry: count + 1,
      offset: wholeBytes,
    },
  );
  return null;
}

interface AuditReading {
  /** Every entry; null where the log does not verify. */
  readonly audited: readonly AuditEntry[] | null;
  readonly head: AuditHead | null;
}

function verifyAudit(
  { storage, clock, root, anchor }: GateOptions,
  storeId: string,
  /** Not known where nobody could look. */
  enrolled: boolean | undefined,
  findings: FileFindings,
): AuditReading {
  const names = findings.attempt('audit', () => storage.list(join(root, 'audit')));
  if (!names) return { audited: null, head: null };
  if (names.length === 0) {
    if (enrolled) findings.add('audit/audit.log', 'damaged', 'AUDIT_MISSING', 'people were enrolled here, and the audit log is gone');
    if (anchor) findings.add('audit/audit.log', 'damaged', 'AUDIT_CUT', `entry ${anchor.sequence} was noted, and there is no log`);
    return { audited: [], head: null };
  }
  findings.file('audit/audit.log');
  const gate = Gate.open(root, { storage, clock, storeId, random: () => new Uint8Array(32) });
  try {
    const verification = gate.verifyAudit(anchor && { format: 'rearm-anchor-1', storeId, at: '', ...anchor });
    const entries = verification.verified ? gate.auditView(Number.MAX_SAFE_INTEGER).entries : null;
    if (!verification.verified)
      findings.add('audit/audit.log', 'damaged', 'AUDIT_BROKEN', verification.reason, {
        entry: verification.firstBad!,
        ...(verification.badOffset !== null && { offset: verification.badOffset }),
      });
    else if (enrolled === false && entries!.some(({ action }) => action === 'person.enrolled'))
      findings.add('gate/people.log', 'damaged', 'PEOPLE_MISSING', 'the audit log tells of people, and who they are is gone');
    else if (verification.tornBytes > 0)
      findings.add('audit/audit.log', 'torn', 'TORN_TAIL', `${verification.tornBytes} bytes of an entry that was never acknowledged`);
    if (verification.anchor !== null && verification.anchor !== 'holds')
      findings.add(
        'audit/audit.log',
        'damaged',
        'AUDIT_CUT',
        verification.anchor === 'truncated'
          ? `it ends at entry ${verification.count}, and entry ${anchor!.sequence} was noted`
          : `entry ${anchor!.sequence} is another one than was noted`,
        { entry: anchor!.sequence },
      );
    return { audited: entries, head: entries && { sequence: verification.count, head: verification.head } };
  } catch (error) {
    if (!(error instanceof RearmError) || saysNothing(error)) throw error;
    if (isUnread(error)) findings.unread('audit/audit.log', error);
    else findings.add('audit/audit.log', 'damaged', error.code, error.message);
    return { audited: null, head: null };
  }
}
