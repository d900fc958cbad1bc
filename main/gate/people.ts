/**
 * The enrolled people: who may sign, in which role, with which key. `gate/people.log` (line-log.ts), one canonical JSON record a line,
 * hash-chained: `hash` is the SHA-256 of the canonical bytes of the record without `hash`; `previousHash` of the first is the
 * SHA-256 of `rearm-people-1 <storeId>`. Records are never changed; a revocation is a record of its own.
 *
 * Every record is in the audit log before it is here (gate.ts), whole: a file that lacks its end is completed from there, so
 * that cutting a revocation off brings nobody back; a file that holds more, or something else, is refused.
 */

import { z } from 'zod';
import { type Person, ROLES, type Role } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { canonicalBytes, canonicalHash, parseCanonical, sha256Hex } from './canonical.ts';
import { isUsablePublicKey } from './ed25519.ts';
import { readLines } from './line-log.ts';
import { check, fields, line } from './records.ts';

/** Most records in the file. */
export const PEOPLE_RECORDS_MAX = 1024;
/** Most people that the first set may hold. */
export const FIRST_SET_MAX = 16;

const enrolledSchema = z.strictObject({
  kind: z.literal('enrolled'),
  sequence: fields.count.min(1),
  id: fields.personId,
  name: line(128).min(1),
  role: z.enum(ROLES),
  publicKey: fields.publicKey,
  enrolledAt: fields.time,
  enrolledBy: fields.actor,
  previousHash: fields.hash,
  hash: fields.hash,
});

const revokedSchema = z.strictObject({
  kind: z.literal('revoked'),
  sequence: fields.count.min(1),
  id: fields.personId,
  revokedAt: fields.time,
  revokedBy: fields.actor,
  reason: line(512).min(1),
  previousHash: fields.hash,
  hash: fields.hash,
});

const recordSchema = z.discriminatedUnion('kind', [enrolledSchema, revokedSchema]);
export type PeopleRecord = z.infer<typeof recordSchema>;
export type EnrolmentRecord = z.infer<typeof enrolledSchema>;

export interface EnrolledPerson extends Person {
  readonly enrolledBy: string;
  /** null: in force. */
  readonly revokedAt: string | null;
}

export interface People {
  readonly records: readonly PeopleRecord[];
  readonly byId: ReadonlyMap<string, EnrolledPerson>;
  /** Hash of the last record. */
  readonly head: string;
}

export const peopleGenesis = (storeId: string): string => sha256Hex(`rearm-people-1 ${storeId}`);

export const NOBODY = (storeId: string): People => ({ records: [], byId: new Map(), head: peopleGenesis(storeId) });

/** The people after one more record. @throws RearmError FORMAT_INVALID where it does not follow. */
export function withRecord(people: People, record: PeopleRecord): People {
  const sequence = people.records.length + 1;
  const { hash, ...body } = record;
  const known = people.byId.get(record.id);
  const wrong =
    sequence > PEOPLE_RECORDS_MAX
      ? `more than ${PEOPLE_RECORDS_MAX} records`
      : record.sequence !== sequence
        ? `it is numbered ${record.sequence}`
        : record.previousHash !== people.head
          ? 'it does not follow the record before it'
          : canonicalHash(body) !== hash
            ? 'its hash does not match'
            : record.kind === 'enrolled' && known !== undefined
              ? `${record.id} is enrolled already`
              : record.kind === 'revoked' && (known === undefined || known.revokedAt !== null)
                ? `${record.id} is not enrolled`
                : null;
  if (wrong !== null) {
    throw new RearmError('FORMAT_INVALID', `record ${sequence} of the enrolled people is bad: ${wrong}`, { sequence, wrong });
  }
  const byId = new Map(people.byId);
  if (record.kind === 'enrolled') {
    const { id, name, role, publicKey, enrolledAt, enrolledBy } = record;
    byId.set(id, { id, name, role, publicKey, enrolledAt, enrolledBy, revokedAt: null });
  } else {
    byId.set(record.id, { ...known!, revokedAt: record.revokedAt });
  }
  return { records: [...people.records, record], byId, head: hash };
}

/** @throws RearmError FORMAT_INVALID */
export const parseRecord = (value: unknown, what: string): PeopleRecord => check(recordSchema, value, what, 'FORMAT_INVALID');

/**
 * Reads the file; a torn last line was never acknowledged and is left out.
 *
 * @throws RearmError FORMAT_INVALID, with the first bad record in `context.sequence` and where its line begins in `context.offset`: nobody is enrolled by a file that is damaged.
 */
export function readPeople(storage: Storage, path: string, storeId: string): People {
  let people = NOBODY(storeId);
  readLines(storage, path, (bytes, index, offset) => {
    const what = `record ${index + 1} of the enrolled people`;
    try {
      people = withRecord(people, parseRecord(parseCanonical(bytes, what), what));
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      throw new RearmError('FORMAT_INVALID', error.message, { ...error.context, sequence: index + 1, offset, path }, error);
    }
    return true;
  });
  return people;
}

export const peopleLine = (record: PeopleRecord): Uint8Array => canonicalBytes(record);

export interface Enrolment {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly publicKey: string;
}

/** What is known when somebody is to be enrolled. */
export interface EnrolmentFacts {
  /** The mode in force is ACTIVE and the engine lives. In every other mode one person alone could have brought the engine there. */
  readonly active: boolean;
  /** The store is still being created: {@link isFirstSetOpen}. */
  readonly firstSet: boolean;
  readonly idTaken: boolean;
  /** Under another id: the same person could sign twice. */
  readonly nameTaken: boolean;
  readonly keyTaken: boolean;
  readonly keyUsable: boolean;
  /** Whoever enrols is enrolled and not revoked; the first set is enrolled by the store's creator. */
  readonly enrollerKnown: boolean;
}

/** The first row that applies refuses. */
export const ENROLMENT_RULES: readonly {
  readonly refuses: (facts: EnrolmentFacts) => boolean;
  readonly reason: string;
  readonly sentence: string;
}[] = [
  { refuses: (f) => !f.active && !f.firstSet, reason: 'halted', sentence: 'people are enrolled only while trading is ACTIVE' },
  { refuses: (f) => !f.firstSet && !f.enrollerKnown, reason: 'enroller', sentence: 'whoever enrols must be enrolled' },
  { refuses: (f) => f.idTaken, reason: 'idTaken', sentence: 'the id was used before; ids are never used again' },
  { refuses: (f) => f.nameTaken, reason: 'nameTaken', sentence: 'somebody else has this name; add what tells them apart' },
  { refuses: (f) => f.keyTaken, reason: 'keyTaken', sentence: 'the key is enrolled for somebody else' },
  { refuses: (f) => !f.keyUsable, reason: 'keyUnusable', sentence: 'the public key is not a usable Ed25519 key' },
];

/**
 * The first set is open until a trader and a risk person were ever enrolled, {@link FIRST_SET_MAX} records were written, or
 * somebody was revoked: until then nobody could approve anything, so nothing is bypassed.
 */
export function isFirstSetOpen(people: People): boolean {
  const roles = new Set([...people.byId.values()].map((person) => person.role));
  if (people.records.some((record) => record.kind === 'revoked')) return false;
  return roles.size < ROLES.length && people.records.length < FIRST_SET_MAX;
}

/** @throws RearmError ENROLMENT_REFUSED with `context.reason` */
export function checkEnrolment(facts: EnrolmentFacts, id: string): void {
  const rule = ENROLMENT_RULES.find((candidate) => candidate.refuses(facts));
  if (!rule) return;
  throw new RearmError('ENROLMENT_REFUSED', `${id} was not enrolled: ${rule.sentence}`, { id, reason: rule.reason });
}

const folded = (name: string): string => name.normalize('NFKC').trim().toLowerCase().replace(/\s+/g, ' ');

/** The facts of {@link EnrolmentFacts} that the enrolled people give. */
export function enrolmentFacts(people: People, enrolment: Enrolment, enroller: string | null): Omit<EnrolmentFacts, 'active' | 'firstSet'> {
  const everybody = [...people.byId.values()];
  return {
    idTaken: people.byId.has(enrolment.id),
    nameTaken: everybody.some((person) => folded(person.name) === folded(enrolment.name)),
    keyTaken: everybody.some((person) => person.publicKey === enrolment.publicKey),
    keyUsable: isUsablePublicKey(enrolment.publicKey),
    enrollerKnown: enroller !== null && isInForce(people, enroller),
  };
}

export const isInForce = (people: People, id: string): boolean => people.byId.get(id)?.revokedAt === null;

/** @throws RearmError PAYLOAD_INVALID */
export function enrolmentRecord(people: People, enrolment: Enrolment, by: string, at: string): EnrolmentRecord {
  const { id, name, role, publicKey } = enrolment;
  const sequence = people.records.length + 1;
  const body = {
    kind: 'enrolled' as const,
    sequence,
    id,
    name,
    role,
    publicKey,
    enrolledAt: at,
    enrolledBy: by,
    previousHash: people.head,
  };
  return check(enrolledSchema, { ...body, hash: canonicalHash(body) }, 'the enrolment', 'PAYLOAD_INVALID');
}

/** @throws RearmError PAYLOAD_INVALID; NOT_FOUND where the person is not enrolled */
export function revocationRecord(people: People, id: string, by: string, reason: string, at: string): PeopleRecord {
  if (!isInForce(people, id)) throw new RearmError('NOT_FOUND', `${id} is not enrolled`, { id });
  const sequence = people.records.length + 1;
  const body = { kind: 'revoked' as const, sequence, id, revokedAt: at, revokedBy: by, reason, previousHash: people.head };
  return check(revokedSchema, { ...body, hash: canonicalHash(body) }, 'the revocation', 'PAYLOAD_INVALID');
}

/** People as the screens show them; who was revoked is left out. */
export const peopleView = (people: People): Person[] =>
  [...people.byId.values()]
    .filter((person) => person.revokedAt === null)
    .map(({ id, name, role, publicKey, enrolledAt }) => ({ id, name, role, publicKey, enrolledAt }));
