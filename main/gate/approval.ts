/**
 * The four-eyes rule. Which signatures count, what they add up to, and what that makes of a dossier: tables of facts and
 * decisions, enumerated by approval.test.ts.
 */

import { ROLES, type Role } from '../../shared/contract/gate.ts';
import { verifyHash } from './ed25519.ts';
import type { EnrolledPerson, People } from './people.ts';

export interface Approval {
  readonly personId: string;
  /** Ed25519 over `rearm-approval-1 <dossier hash>`, base64. */
  readonly signature: string;
}

/** Facts about one signature. */
export interface SignatureFacts {
  readonly enrolled: boolean;
  readonly revoked: boolean;
  /** It verifies with the enrolled key over exactly this dossier's hash. */
  readonly valid: boolean;
}

export type SignatureRefusal = 'unknownPerson' | 'revoked' | 'wrongKey';

/** The first row that applies refuses; a signature that none refuses counts. */
export const SIGNATURE_RULES: readonly {
  readonly refuses: (facts: SignatureFacts) => boolean;
  readonly reason: SignatureRefusal;
}[] = [
  { refuses: (f) => !f.enrolled, reason: 'unknownPerson' },
  { refuses: (f) => f.revoked, reason: 'revoked' },
  { refuses: (f) => !f.valid, reason: 'wrongKey' },
];

export const weighSignature = (facts: SignatureFacts): SignatureRefusal | null =>
  SIGNATURE_RULES.find((rule) => rule.refuses(facts))?.reason ?? null;

/** What the signatures that count add up to. */
export const SIGNER_SETS = ['none', 'one', 'samePerson', 'sameRole', 'twoRoles'] as const;
export type SignerSet = (typeof SIGNER_SETS)[number];

/** Two people are two ids with two keys; enrolment sees to it that no key has two ids. */
export function signerSet(signers: readonly Pick<EnrolledPerson, 'id' | 'role' | 'publicKey'>[]): SignerSet {
  if (signers.length < 2) return signers.length === 0 ? 'none' : 'one';
  const differ = (a: (typeof signers)[number], b: (typeof signers)[number]) => a.id !== b.id && a.publicKey !== b.publicKey;
  const pairs = signers.flatMap((a) => signers.filter((b) => differ(a, b)).map((b) => a.role !== b.role));
  if (pairs.length === 0) return 'samePerson';
  return pairs.includes(true) ? 'twoRoles' : 'sameRole';
}

/** How a dossier stands before anybody's signature is looked at. */
export const STANDINGS = ['current', 'released', 'superseded', 'otherHead', 'void', 'expired'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface ApprovalFacts {
  readonly standing: Standing;
  readonly signers: SignerSet;
  /** Only ever by configuration, and shown. */
  readonly onePersonMode: boolean;
}

export interface ApprovalDecision {
  readonly status: 'open' | 'complete' | 'void' | 'expired' | 'released';
  /** One word, for `context.reason`. */
  readonly reason: string;
  readonly sentence: string;
}

interface ApprovalRule extends ApprovalDecision {
  readonly when: (facts: ApprovalFacts) => boolean;
}

const rule = (when: ApprovalRule['when'], status: ApprovalRule['status'], reason: string, sentence: string) => ({
  when,
  status,
  reason,
  sentence,
});

/** The first row that applies decides; the rows are complete. */
export const APPROVAL_RULES: readonly ApprovalRule[] = [
  rule((f) => f.standing === 'released', 'released', 'released', 'a token was issued for it; it is never issued twice'),
  rule((f) => f.standing === 'superseded', 'void', 'superseded', 'another dossier took its place'),
  rule((f) => f.standing === 'otherHead', 'void', 'otherHead', 'another state was accepted than the one it describes'),
  rule((f) => f.standing === 'void', 'void', 'void', 'the world left its bounds, or somebody decided to stay halted'),
  rule((f) => f.standing === 'expired', 'expired', 'expired', 'its time has passed'),
  rule((f) => f.signers === 'twoRoles', 'complete', 'twoRoles', 'a trader and a risk person signed it'),
  rule(
    (f) => f.onePersonMode && f.signers !== 'none',
    'complete',
    'onePerson',
    'one person signed it; the configuration asks for no second one',
  ),
  rule((f) => f.signers === 'sameRole', 'open', 'sameRole', 'two people of the same role signed it'),
  rule((f) => f.signers === 'samePerson', 'open', 'samePerson', 'the same person signed it twice'),
  rule((f) => f.signers === 'one', 'open', 'oneSignature', 'one person signed it'),
  rule(() => true, 'open', 'noSignature', 'nobody signed it'),
];

export function decideApproval(facts: ApprovalFacts): ApprovalDecision {
  const { status, reason, sentence } = APPROVAL_RULES.find((candidate) => candidate.when(facts))!;
  return { status, reason, sentence };
}

export interface WeighedApprovals {
  readonly counting: readonly { readonly person: EnrolledPerson; readonly signature: string }[];
  readonly refused: readonly { readonly personId: string; readonly reason: SignatureRefusal }[];
  readonly signers: SignerSet;
}

/** Weighs signatures over a dossier hash against the enrolled people. */
export function weighApprovals(approvals: readonly Approval[], people: People, dossierHash: string): WeighedApprovals {
  const counting: { person: EnrolledPerson; signature: string }[] = [];
  const refused: { personId: string; reason: SignatureRefusal }[] = [];
  for (const { personId, signature } of approvals) {
    const person = people.byId.get(personId);
    const reason = weighSignature({
      enrolled: person !== undefined,
      revoked: person !== undefined && person.revokedAt !== null,
      valid: person !== undefined && verifyHash(person.publicKey, 'rearm-approval-1', dossierHash, signature),
    });
    if (reason === null && person) counting.push({ person, signature });
    else refused.push({ personId, reason: reason ?? 'unknownPerson' });
  }
  return { counting, refused, signers: signerSet(counting.map((entry) => entry.person)) };
}

/** The roles that still have to sign. */
export function owedRoles(weighed: WeighedApprovals, decision: ApprovalDecision): Role[] {
  if (decision.status !== 'open') return [];
  return ROLES.filter((role) => !weighed.counting.some((entry) => entry.person.role === role));
}

/** The signatures that a token carries: one of each role, or the one that there is in one-person mode. */
export function chosenApprovals(weighed: WeighedApprovals): Approval[] {
  const chosen = ROLES.flatMap((role) => weighed.counting.find((entry) => entry.person.role === role) ?? []);
  return chosen.map(({ person, signature }) => ({ personId: person.id, signature }));
}
