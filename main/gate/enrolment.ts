/** Enrolling and revoking people, on the record. */

import type { Role } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { publish, readWhole } from '../storage/publish.ts';
import { sha256Hex } from './canonical.ts';
import type { GateContext, Knowledge } from './context.ts';
import { type KeyRecord, makeKey, makeKeyBeside, publishKey } from './keyring.ts';
import { checkPersonId } from './layout.ts';
import { appendLine } from './line-log.ts';
import {
  checkEnrolment,
  type EnrolmentRecord,
  enrolmentFacts,
  enrolmentRecord,
  isFirstSetOpen,
  isInForce,
  type PeopleRecord,
  peopleLine,
  revocationRecord,
} from './people.ts';

export interface EnrolRequest {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Who enrols. Not asked for in the first set, which the creator of the store enrols. */
  readonly by?: string;
  /** Makes the key here, under this passphrase, in `keyDirectory` or the store. */
  readonly passphrase?: string;
  readonly keyDirectory?: string;
  /** The public key of a person who keeps the private one elsewhere: raw 32 bytes, base64. */
  readonly publicKey?: string;
}

/** The line first, whole; then the file, which is completed from the line where a crash comes between. */
function record(
  context: GateContext,
  by: string,
  action: 'person.enrolled' | 'person.revoked',
  entry: PeopleRecord,
  more: { readonly whileHalted?: true } = {},
): void {
  context.audit.append(by, action, { record: entry, ...more });
  appendLine(context.storage, context.layout.people, peopleLine(entry), context.layout.quarantine);
}

function enrolOne(
  context: GateContext,
  known: Knowledge,
  request: EnrolRequest,
  key: KeyRecord | null,
  firstSet: boolean,
): EnrolmentRecord {
  const { id, name, role } = request;
  const publicKey = key?.publicKey ?? request.publicKey ?? '';
  const enrolment = { id, name, role, publicKey };
  // A record that says ACTIVE while no engine lives was left by a crash: that is halted.
  const { mode, unread } = context.mode(null);
  if (unread) throw unread;
  const active = mode === 'ACTIVE' && context.engineAlive();
  const facts = enrolmentFacts(known.people, enrolment, request.by ?? null);
  checkEnrolment({ ...facts, active, firstSet }, id);
  const entry = enrolmentRecord(known.people, enrolment, request.by ?? 'creator', context.now());
  if (key) {
    const directory = request.keyDirectory ?? context.layout.keys;
    context.storage.makeDirectory(directory);
    publishKey(context.storage, directory, key);
  }
  // One person alone can have enrolled everybody: whoever signs is told.
  record(context, entry.enrolledBy, 'person.enrolled', entry, active ? {} : { whileHalted: true });
  return entry;
}

function checkRequest(request: EnrolRequest): void {
  checkPersonId(request.id);
  if ((request.passphrase === undefined) === (request.publicKey === undefined)) {
    throw new RearmError('PAYLOAD_INVALID', `${request.id}: give a passphrase for a new key, or the public key, not both`, {});
  }
}

/**
 * Enrols people: one while trading is ACTIVE, or a first set when the store is created. Durable, one after the other, on return.
 *
 * @throws RearmError ENROLMENT_REFUSED with `context.reason` (people.ts ENROLMENT_RULES), PAYLOAD_INVALID, AUDIT_BROKEN, GATE_BUSY
 */
export const enrol = (context: GateContext, requests: readonly EnrolRequest[]): EnrolmentRecord[] =>
  // Outside the lock: each key takes the time of one scrypt.
  enrolWith(
    context,
    requests,
    requests.map((request) => {
      checkRequest(request);
      return request.passphrase === undefined
        ? null
        : makeKey(request.id, request.passphrase, context.random, context.configuration.scrypt);
    }),
  );

/** {@link enrol} of one person, with scrypt beside this thread. */
export async function enrolBeside(context: GateContext, request: EnrolRequest): Promise<void> {
  checkRequest(request);
  const { id, passphrase } = request;
  const key = passphrase === undefined ? null : await makeKeyBeside(id, passphrase, context.random, context.configuration.scrypt);
  enrolWith(context, [request], [key]);
}

function enrolWith(context: GateContext, requests: readonly EnrolRequest[], keys: readonly (KeyRecord | null)[]): EnrolmentRecord[] {
  return context.locked(() => {
    // The whole list is one first set, though the first trader and the first risk person in it would close it.
    const firstSet = isFirstSetOpen(context.completed().people);
    return requests.map((request, index) => enrolOne(context, context.completed(), request, keys[index] ?? null, firstSet));
  });
}

/**
 * Revokes a person: what they signed no longer counts, in any mode, from the next look on. Durable on return.
 *
 * @throws RearmError NOT_FOUND, PAYLOAD_INVALID, ENROLMENT_REFUSED (whoever revokes is not enrolled), AUDIT_BROKEN, GATE_BUSY
 */
export function revoke(context: GateContext, request: { readonly id: string; readonly by: string; readonly reason: string }): void {
  context.locked(() => {
    const { people } = context.completed();
    if (!isInForce(people, request.by)) {
      throw new RearmError('ENROLMENT_REFUSED', `${request.id} was not revoked: ${request.by} is not enrolled`, { reason: 'enroller' });
    }
    const entry = revocationRecord(people, request.id, request.by, request.reason, context.now());
    record(context, request.by, 'person.revoked', entry);
  });
}

/**
 * Replaces a file of people that is damaged, or disagrees with the audit log, by what the log proves. The old file is kept in
 * quarantine. Durable on return.
 *
 * @throws RearmError AUDIT_BROKEN where the log itself does not verify; GATE_BUSY
 */
export function rebuildPeople(context: GateContext, request: { readonly by: string; readonly reason: string }): void {
  const { storage, layout, audit } = context;
  context.locked(() => {
    const records: PeopleRecord[] = [];
    audit.require((entry) => {
      if (entry.action.startsWith('person.')) records.push(entry.details.record as PeopleRecord);
    });
    const old = storage.exists(layout.people) ? readWhole(storage, layout.people, 64 * 1024 * 1024) : new Uint8Array(0);
    const oldHash = sha256Hex(old);
    audit.append(request.by, 'people.rebuilt', { reason: request.reason, records: records.length, oldHash });
    publish(storage, `${layout.quarantine}/people.log-${oldHash.slice(0, 16)}.replaced`, [old]);
    const lines = records.map((entry) => Buffer.concat([peopleLine(entry), Buffer.from('\n')]));
    publish(storage, layout.people, lines);
  });
}
