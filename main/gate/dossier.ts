/**
 * The dossier: the frozen facts and bounds that an approval signs. Its hash is the SHA-256 of its canonical bytes.
 *
 * `gate/dossiers/<hash>.json`, the envelope: {dossier, format: "rearm-envelope-1", hash, proposer: {instance, monotonicNs}, supersedes}.
 * Only `dossier` is hashed and signed; `supersedes` is the hash of the dossier that this one replaces, or null.
 * `gate/dossiers/<hash>.<personId>.sig`: {dossierHash, format: "rearm-signature-1", personId, signature, signedAt}.
 * `gate/dossiers/<hash>.void`: {at, by, changes, dossierHash, format: "rearm-void-1", reason}; once written, it stays.
 *
 * Expiry. In the process that proposed it a dossier expires when its lifetime has passed on the monotonic clock, or when the
 * wall clock reaches `expiresAt`, whichever is first: stepping the wall clock back does not extend it. Every other process
 * has only the wall clock: there it expires at `expiresAt`, and counts as expired too while the wall clock stands more than
 * five seconds before `proposedAt`, for then it is wrong. Between the two a wall clock that is stepped back extends it by at most
 * the step, in other processes only.
 */

import { z } from 'zod';
import { type Bounds, type Dossier, LOST_PAGES_MAX, type LostPage, type Scope } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { canonicalHash } from './canonical.ts';
import { dossierPath, type GateLayout, signaturePath, voidPath } from './layout.ts';
import { check, fields, line, publishRecord, readRecord } from './records.ts';
import { CLOCK_TOLERANCE_NS, timeOf } from './time.ts';

/** Largest envelope that is written or read. */
export const DOSSIER_BYTES_MAX = 8 * 1024 * 1024;

const name = line(128).min(1);
const nullableAmount = fields.amount.nullable();
/** A bound that is negative could never be kept. */
const bound = z.string().regex(/^\+?\d{1,30}(\.\d{1,18})?$/);

export const scopeSchema = z.strictObject({
  mode: z.enum(['CANCEL_ONLY', 'REDUCING', 'ACTIVE']),
  venues: z.array(name).max(256),
  strategies: z.array(name).max(4096),
}) satisfies z.ZodType<Scope>;

export const boundsSchema = z.strictObject({
  unexplainedBreaks: z.number().int().min(0).max(1000),
  grossExposure: bound,
  netExposure: bound,
  lossSinceProposal: bound,
}) satisfies z.ZodType<Bounds>;

const lostPage = z.strictObject({
  page: fields.count,
  table: line(64).nullable(),
  rows: z.tuple([fields.count, fields.count]).nullable(),
}) satisfies z.ZodType<LostPage>;

const recovery = z.strictObject({
  outcome: z.enum(['recovered', 'salvaged', 'refused', 'empty']),
  base: z.enum(['L1', 'L2', 'L3', 'L4', 'L5']).nullable(),
  lostAcknowledged: fields.count.nullable(),
  replayed: fields.count,
  tornBytes: fields.count,
  sentence: line(4096),
  // Absent from dossiers of before it was kept, and where nothing was lost.
  lostPages: z.array(lostPage).min(1).max(LOST_PAGES_MAX).optional(),
});

/** What the proposer brings. The rest of the dossier is added by {@link buildDossier}. */
export const draftSchema = z.strictObject({
  stateDigest: z.string().regex(/^[0-9A-Za-z:._-]{1,160}$/),
  recovery,
  breaks: z
    .array(
      z.strictObject({
        id: line(64).min(1),
        kind: line(64).min(1),
        blocking: z.boolean(),
        decision: line(64).nullable(),
        comment: line(512),
      }),
    )
    .max(10_000),
  exposure: z.strictObject({
    grossAtCrash: fields.amount,
    netAtCrash: fields.amount,
    grossNow: nullableAmount,
    netNow: nullableAmount,
    worthNow: nullableAmount,
  }),
  limits: z.strictObject({ gross: nullableAmount, net: nullableAmount, loss: nullableAmount }),
  venues: z.array(z.strictObject({ name, status: line(64), provable: z.boolean() })).max(256),
  configurationHash: z.string().regex(/^[0-9A-Za-z:._-]{1,160}$/),
  overrides: z.array(z.strictObject({ what: line(128), reason: line(512), by: fields.actor })).max(256),
  scope: scopeSchema,
  bounds: boundsSchema,
});
export type DossierDraft = Omit<Dossier, 'format' | 'storeId' | keyof Accepted | 'proposedBy' | 'proposedAt' | 'expiresAt'>;

/** The head of the epoch that was opened when the recovery was accepted. */
export const acceptedSchema = z.object({
  epoch: fields.count.max(0xffff_ffff),
  lsn: fields.count,
  headHash: fields.headHash,
});
export interface Accepted {
  /** Of the store that the caller sees, where it says so: must be this one. */
  readonly storeId?: string;
  readonly epoch: number;
  readonly lsn: number;
  readonly headHash: string;
}

export type AcceptedHead = Omit<Accepted, 'storeId'>;

/** The head alone, checked. @throws RearmError PAYLOAD_INVALID; STORE_FOREIGN where it says that it is another store's */
export function checkAccepted(accepted: Accepted, storeId: string): AcceptedHead {
  const head = check(acceptedSchema, accepted, 'the accepted head', 'PAYLOAD_INVALID');
  if (accepted.storeId !== undefined && accepted.storeId !== storeId) {
    throw new RearmError('STORE_FOREIGN', 'the accepted head is that of another store', { storeId: accepted.storeId });
  }
  return head;
}

const dossierSchema = z.strictObject({
  ...draftSchema.shape,
  format: z.literal('rearm-dossier-1'),
  storeId: fields.storeId,
  ...acceptedSchema.shape,
  proposedBy: fields.personId,
  proposedAt: fields.time,
  expiresAt: fields.time,
}) satisfies z.ZodType<Dossier>;

const envelopeSchema = z.strictObject({
  format: z.literal('rearm-envelope-1'),
  dossier: dossierSchema,
  hash: fields.hash,
  supersedes: fields.hash.nullable(),
  proposer: z.strictObject({ instance: z.string().regex(/^[0-9a-f]{32}$/), monotonicNs: fields.nanoseconds }),
});

export interface Envelope {
  readonly format: 'rearm-envelope-1';
  readonly dossier: Dossier;
  readonly hash: string;
  readonly supersedes: string | null;
  readonly proposer: { readonly instance: string; readonly monotonicNs: string };
}

const signatureSchema = z.strictObject({
  format: z.literal('rearm-signature-1'),
  dossierHash: fields.hash,
  personId: fields.personId,
  signature: fields.signature,
  signedAt: fields.time,
});
export type SignatureRecord = z.infer<typeof signatureSchema>;

const change = z.strictObject({ what: line(64), proposed: line(64), now: line(64), within: z.boolean() });
export const voidSchema = z.strictObject({
  format: z.literal('rearm-void-1'),
  dossierHash: fields.hash,
  at: fields.time,
  by: fields.actor,
  reason: line(512).min(1),
  changes: z.array(change).max(16),
});
export type VoidRecord = z.infer<typeof voidSchema>;

/** Rules that a proposal must meet; the first that does not hold refuses it. */
export const PROPOSAL_RULES: readonly {
  readonly holds: (draft: DossierDraft) => boolean;
  readonly code: 'BREAKS_UNRESOLVED' | 'APPROVAL_INVALID';
  readonly reason: string;
  readonly sentence: string;
}[] = [
  {
    holds: (draft) => draft.breaks.every((found) => !found.blocking || found.decision !== null),
    code: 'BREAKS_UNRESOLVED',
    reason: 'blockingBreaks',
    sentence: 'a blocking break has no decision',
  },
  {
    holds: (draft) => draft.breaks.filter((found) => found.decision === null).length <= draft.bounds.unexplainedBreaks,
    code: 'BREAKS_UNRESOLVED',
    reason: 'unexplainedBreaks',
    sentence: 'more breaks are undecided than the bound allows',
  },
  {
    holds: (draft) => new Set(draft.breaks.map((found) => found.id)).size === draft.breaks.length,
    code: 'APPROVAL_INVALID',
    reason: 'duplicateBreak',
    sentence: 'a break is listed twice',
  },
  {
    holds: (draft) => draft.recovery.outcome !== 'refused' || draft.overrides.length > 0,
    code: 'APPROVAL_INVALID',
    reason: 'recoveryRefused',
    sentence: 'the recovery was refused and nobody overrode it on the record',
  },
  {
    holds: (draft) => draft.recovery.base !== 'L5' || draft.scope.mode !== 'ACTIVE',
    code: 'APPROVAL_INVALID',
    reason: 'reconstructed',
    sentence: 'a state rebuilt from the venues does not know its strategies: REDUCING at most',
  },
];

/**
 * Freezes a dossier.
 *
 * @throws RearmError PAYLOAD_INVALID for a field that is missing or wrong; BREAKS_UNRESOLVED or APPROVAL_INVALID, with
 *   `context.reason`, where a rule of {@link PROPOSAL_RULES} does not hold.
 */
export function buildDossier(
  draft: DossierDraft,
  storeId: string,
  head: AcceptedHead,
  proposal: { readonly by: string; readonly proposedAt: string; readonly expiresAt: string },
): Dossier {
  const body = check(draftSchema, draft, 'the dossier', 'PAYLOAD_INVALID');
  for (const rule of PROPOSAL_RULES) {
    if (!rule.holds(body)) {
      throw new RearmError(rule.code, `the dossier was not proposed: ${rule.sentence}`, { reason: rule.reason });
    }
  }
  const { epoch, lsn, headHash } = head;
  const { by: proposedBy, proposedAt, expiresAt } = proposal;
  const rest = { format: 'rearm-dossier-1', storeId, epoch, lsn, headHash, proposedBy, proposedAt, expiresAt };
  return check(dossierSchema, { ...body, ...rest }, 'the dossier', 'PAYLOAD_INVALID');
}

export const dossierHash = (dossier: Dossier): string => canonicalHash(dossier);

/** Durable on return. @throws RearmError PAYLOAD_INVALID where the envelope and its dossier do not belong together. */
export function publishDossier(storage: Storage, layout: GateLayout, envelope: Envelope): void {
  if (dossierHash(envelope.dossier) !== envelope.hash) {
    throw new RearmError('PAYLOAD_INVALID', 'the hash is not that of the dossier', { hash: envelope.hash });
  }
  publishRecord(storage, dossierPath(layout, envelope.hash), envelopeSchema, envelope);
}

/**
 * Reads the dossier of that hash, from a file that anybody may have changed.
 *
 * @throws RearmError NOT_FOUND, FORMAT_INVALID, VALUE_OUT_OF_RANGE; CHECKSUM_MISMATCH where it is not what was signed;
 *   STORE_FOREIGN where it is another store's.
 */
export function readDossier(storage: Storage, layout: GateLayout, storeId: string, hash: string): Envelope {
  const path = dossierPath(layout, hash);
  const envelope = readRecord(storage, path, envelopeSchema, DOSSIER_BYTES_MAX);
  if (envelope.hash !== hash || dossierHash(envelope.dossier) !== hash) {
    throw new RearmError('CHECKSUM_MISMATCH', `${path} is not the dossier of that hash`, { path });
  }
  if (envelope.dossier.storeId !== storeId) {
    throw new RearmError('STORE_FOREIGN', `${path} is a dossier of another store`, { path });
  }
  return envelope;
}

/** Durable on return. */
export const publishSignature = (storage: Storage, layout: GateLayout, record: SignatureRecord): void =>
  publishRecord(storage, signaturePath(layout, record.dossierHash, record.personId), signatureSchema, record);

/** The signature of a person; null where there is none. @throws RearmError FORMAT_INVALID */
export function readSignature(storage: Storage, layout: GateLayout, hash: string, personId: string): SignatureRecord | null {
  const path = signaturePath(layout, hash, personId);
  if (!storage.exists(path)) return null;
  const record = readRecord(storage, path, signatureSchema, 4096);
  if (record.dossierHash !== hash || record.personId !== personId) {
    throw new RearmError('FORMAT_INVALID', `${path} holds another signature than its name says`, { path });
  }
  return record;
}

/** Durable on return; the dossier of that hash is never signed or released again. */
export const publishVoid = (storage: Storage, layout: GateLayout, record: VoidRecord): void =>
  publishRecord(storage, voidPath(layout, record.dossierHash), voidSchema, record);

/** Why the dossier is void; null where it is not. A void mark that cannot be read voids just the same. */
export function readVoid(storage: Storage, layout: GateLayout, hash: string): VoidRecord | 'unreadable' | null {
  const path = voidPath(layout, hash);
  if (!storage.exists(path)) return null;
  try {
    return readRecord(storage, path, voidSchema, 65_536);
  } catch (error) {
    if (error instanceof RearmError) return 'unreadable';
    throw error;
  }
}

/** Nanoseconds until the dossier expires for this process; 0 or less: it has expired. See the head of this file. */
export function remainingNs(
  envelope: Envelope,
  clock: { readonly wallNs: bigint; readonly monotonicNs: bigint; readonly instance: string },
): bigint {
  const proposedAt = timeOf(envelope.dossier.proposedAt);
  const expiresAt = timeOf(envelope.dossier.expiresAt);
  const byWall = expiresAt - clock.wallNs;
  if (envelope.proposer.instance === clock.instance) {
    const passed = clock.monotonicNs - BigInt(envelope.proposer.monotonicNs);
    const byMonotonic = expiresAt - proposedAt - passed;
    return byMonotonic < byWall ? byMonotonic : byWall;
  }
  return clock.wallNs < proposedAt - CLOCK_TOLERANCE_NS ? 0n : byWall;
}
