/**
 * The release token: single use, for one head of one store, in one scope. `gate/tokens/<nonce>.json`: canonical JSON
 * {approvals: [{personId, signature}], dossierHash, epoch, expiresAt, format: "rearm-token-1", headHash, issuedAt, lsn, nonce, scope, storeId}.
 *
 * The token itself is not signed. What it says is bound otherwise: store, head and scope by the dossier that the approvals
 * sign; nonce and times by the signed audit entry `token.issued`, which holds the SHA-256 of the token's canonical bytes;
 * its place by `gate/current.json`, which names the one nonce that is in force. The trading process checks all of that alone.
 */

import { z } from 'zod';
import type { Dossier, Scope } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { Approval, SignerSet, WeighedApprovals } from './approval.ts';
import { canonicalHash, canonicalText } from './canonical.ts';
import { type Accepted, type AcceptedHead, acceptedSchema, scopeSchema } from './dossier.ts';
import { type GateLayout, tokenPath } from './layout.ts';
import { fields, publishRecord, readRecord } from './records.ts';
import { CLOCK_TOLERANCE_NS, timeOf } from './time.ts';

export const TOKEN_BYTES_MAX = 2 * 1024 * 1024;

export const tokenSchema = z.strictObject({
  format: z.literal('rearm-token-1'),
  storeId: fields.storeId,
  ...acceptedSchema.shape,
  dossierHash: fields.hash,
  scope: scopeSchema,
  nonce: fields.nonce,
  issuedAt: fields.time,
  expiresAt: fields.time,
  approvals: z.array(z.strictObject({ personId: fields.personId, signature: fields.signature })).max(16),
});

export interface Token extends AcceptedHead {
  readonly format: 'rearm-token-1';
  readonly storeId: string;
  readonly dossierHash: string;
  readonly scope: Scope;
  /** 32 random bytes, hexadecimal. */
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly approvals: readonly Approval[];
}

/** A token from anywhere; null where it is not one. */
export function parseToken(value: unknown): Token | null {
  const result = tokenSchema.safeParse(value);
  return result.success ? result.data : null;
}

export const tokenHash = (token: Token): string => canonicalHash(token);

/** Durable on return. */
export const publishToken = (storage: Storage, layout: GateLayout, token: Token): void =>
  publishRecord(storage, tokenPath(layout, token.nonce), tokenSchema, token);

/** @throws RearmError NOT_FOUND, FORMAT_INVALID, VALUE_OUT_OF_RANGE */
export const readToken = (storage: Storage, layout: GateLayout, nonce: string): Token =>
  readRecord(storage, tokenPath(layout, nonce), tokenSchema, TOKEN_BYTES_MAX);

/** Everything that the decision about a token rests on. All are true, and `signers` twoRoles, for a good one. */
export interface TokenFacts {
  readonly wellFormed: boolean;
  readonly ownStore: boolean;
  readonly sameEpoch: boolean;
  /** LSN and head hash are those of the accepted head that the verifier sees itself. */
  readonly sameHead: boolean;
  readonly unburnt: boolean;
  /** `gate/current.json` names this nonce: it was not withdrawn, and no newer dossier took its place. */
  readonly inForce: boolean;
  readonly dossierReadable: boolean;
  /** Store, epoch, LSN and head hash of the signed dossier. */
  readonly dossierMatches: boolean;
  readonly scopeMatches: boolean;
  readonly dossierNotVoid: boolean;
  /** The wall clock does not stand before its issue (by more than five seconds). */
  readonly begun: boolean;
  readonly unexpired: boolean;
  readonly withinDossier: boolean;
  readonly everybodyEnrolled: boolean;
  readonly nobodyRevoked: boolean;
  readonly signaturesValid: boolean;
  readonly signers: SignerSet;
  readonly onePersonMode: boolean;
  /** The audit log verifies and holds the issue of exactly this token. */
  readonly audited: boolean;
}

export interface TokenRule {
  readonly refuses: (facts: TokenFacts) => boolean;
  /** One word, for `context.reason`. */
  readonly reason: string;
  readonly sentence: string;
}

const four = (set: SignerSet) => (facts: TokenFacts) => facts.signers === set && (set === 'none' || !facts.onePersonMode);

/** The first row that applies refuses; a token that none refuses is good. */
export const TOKEN_RULES: readonly TokenRule[] = [
  { refuses: (f) => !f.wellFormed, reason: 'malformed', sentence: 'it is not a token' },
  { refuses: (f) => !f.ownStore, reason: 'foreignStore', sentence: 'it is for another store' },
  { refuses: (f) => !f.sameEpoch, reason: 'otherEpoch', sentence: 'it is for another epoch' },
  { refuses: (f) => !f.sameHead, reason: 'otherHead', sentence: 'it is for another head than the accepted one' },
  { refuses: (f) => !f.unburnt, reason: 'used', sentence: 'it was used or withdrawn before' },
  { refuses: (f) => !f.inForce, reason: 'withdrawn', sentence: 'it is not the token in force' },
  { refuses: (f) => !f.dossierReadable, reason: 'dossierMissing', sentence: 'the dossier that was signed cannot be read' },
  { refuses: (f) => !f.dossierMatches, reason: 'otherDossier', sentence: 'the dossier that was signed describes another head' },
  { refuses: (f) => !f.scopeMatches, reason: 'scope', sentence: 'its scope is not the one that was signed' },
  { refuses: (f) => !f.dossierNotVoid, reason: 'void', sentence: 'the dossier that was signed is void' },
  { refuses: (f) => !f.begun, reason: 'clock', sentence: 'the clock stands before its issue' },
  { refuses: (f) => !f.unexpired, reason: 'expired', sentence: 'its time has passed' },
  { refuses: (f) => !f.withinDossier, reason: 'outlivesDossier', sentence: 'it claims more time than the approval has' },
  { refuses: (f) => !f.everybodyEnrolled, reason: 'unknownPerson', sentence: 'somebody signed who is not enrolled' },
  { refuses: (f) => !f.nobodyRevoked, reason: 'revoked', sentence: 'somebody signed who was revoked' },
  { refuses: (f) => !f.signaturesValid, reason: 'wrongKey', sentence: 'a signature does not verify' },
  { refuses: four('none'), reason: 'noSignature', sentence: 'nobody signed' },
  { refuses: four('one'), reason: 'oneSignature', sentence: 'only one person signed' },
  { refuses: four('samePerson'), reason: 'samePerson', sentence: 'the same person signed twice' },
  { refuses: four('sameRole'), reason: 'sameRole', sentence: 'both who signed have the same role' },
  { refuses: (f) => !f.audited, reason: 'notAudited', sentence: 'the audit log does not hold its issue' },
];

/** null: the token is good. */
export const decideToken = (facts: TokenFacts): TokenRule | null => TOKEN_RULES.find((rule) => rule.refuses(facts)) ?? null;

/** @throws RearmError TOKEN_INVALID with `context.reason` */
export function refuseToken(rule: Pick<TokenRule, 'reason' | 'sentence'>, nonce: string | null): never {
  throw new RearmError('TOKEN_INVALID', `the release token was refused: ${rule.sentence}; trading stays halted`, {
    reason: rule.reason,
    nonce,
  });
}

/** What the verifier knows beside the token. */
export interface TokenWorld {
  readonly storeId: string;
  readonly accepted: Accepted;
  readonly burnt: boolean;
  readonly currentNonce: string | null;
  /** null: it cannot be read, or is not the dossier of that hash. */
  readonly dossier: Dossier | null;
  readonly dossierVoid: boolean;
  readonly wallNs: bigint;
  readonly weighed: WeighedApprovals;
  readonly onePersonMode: boolean;
  /** Hash of the token that the audit log says was issued with this nonce; null: none. */
  readonly issuedHash: string | null;
}

export const MALFORMED: TokenFacts = {
  wellFormed: false,
  ownStore: false,
  sameEpoch: false,
  sameHead: false,
  unburnt: false,
  inForce: false,
  dossierReadable: false,
  dossierMatches: false,
  scopeMatches: false,
  dossierNotVoid: false,
  begun: false,
  unexpired: false,
  withinDossier: false,
  everybodyEnrolled: false,
  nobodyRevoked: false,
  signaturesValid: false,
  signers: 'none',
  onePersonMode: false,
  audited: false,
};

export function tokenFacts(token: Token, world: TokenWorld): TokenFacts {
  const { accepted, dossier, weighed } = world;
  const refusals = new Set(weighed.refused.map((entry) => entry.reason));
  const expiresAt = timeOf(token.expiresAt);
  return {
    wellFormed: true,
    ownStore: token.storeId === world.storeId && (accepted.storeId ?? token.storeId) === token.storeId,
    sameEpoch: token.epoch === accepted.epoch,
    sameHead: token.lsn === accepted.lsn && token.headHash === accepted.headHash,
    unburnt: !world.burnt,
    inForce: world.currentNonce === token.nonce,
    dossierReadable: dossier !== null,
    dossierMatches:
      dossier !== null &&
      dossier.storeId === token.storeId &&
      dossier.epoch === token.epoch &&
      dossier.lsn === token.lsn &&
      dossier.headHash === token.headHash,
    scopeMatches: dossier !== null && canonicalText(dossier.scope) === canonicalText(token.scope),
    dossierNotVoid: !world.dossierVoid,
    begun: world.wallNs >= timeOf(token.issuedAt) - CLOCK_TOLERANCE_NS,
    unexpired: world.wallNs < expiresAt,
    withinDossier: dossier !== null && expiresAt <= timeOf(dossier.expiresAt),
    everybodyEnrolled: !refusals.has('unknownPerson'),
    nobodyRevoked: !refusals.has('revoked'),
    signaturesValid: !refusals.has('wrongKey'),
    signers: weighed.signers,
    onePersonMode: world.onePersonMode,
    audited: world.issuedHash === tokenHash(token),
  };
}
