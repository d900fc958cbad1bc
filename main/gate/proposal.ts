/** Proposing a dossier and signing it. The audit line comes before each effect. */

import { RearmError } from '../../shared/errors.ts';
import { burn } from './burn.ts';
import type { GateContext } from './context.ts';
import { publishCurrent, readCurrent } from './current.ts';
import {
  type Accepted,
  buildDossier,
  checkAccepted,
  type DossierDraft,
  type Envelope,
  dossierHash as hashOf,
  publishDossier,
  publishSignature,
  readDossier,
  readVoid,
} from './dossier.ts';
import { verifyHash } from './ed25519.ts';
import { voidDossier } from './halt.ts';
import { readKey, signDossierHash, signDossierHashBeside } from './keyring.ts';
import { checkHash, checkPersonId, dossierPath } from './layout.ts';
import { isInForce } from './people.ts';
import { isOfContent } from './records.ts';
import { type Assessment, assess, hasOpenToken, type World } from './standing.ts';
import { timeOf, timeText } from './time.ts';

export interface ProposeRequest {
  readonly by: string;
  readonly accepted: Accepted;
  readonly draft: DossierDraft;
}

/** The dossier that the new one replaces: the one in force, where it is about the same epoch and was not released. */
function predecessor(context: GateContext, epoch: number): string | null {
  const { storage, layout, storeId } = context;
  const current = readCurrent(storage, layout, storeId);
  if (!current || (current.nonce !== null && !hasOpenToken(context, current))) return null;
  try {
    const { dossier } = readDossier(storage, layout, storeId, current.dossierHash);
    return dossier.epoch === epoch ? current.dossierHash : null;
  } catch (error) {
    if (isOfContent(error)) return null;
    throw error;
  }
}

/** The token of the dossier in force, where nobody used it, can be used no more. */
function withdrawOpenToken(context: GateContext, by: string): void {
  const { storage, layout, storeId, audit } = context;
  const current = readCurrent(storage, layout, storeId);
  if (!hasOpenToken(context, current)) return;
  const { nonce, dossierHash } = current;
  audit.append(by, 'token.withdrawn', { nonce, dossierHash });
  burn(storage, layout, { format: 'rearm-burnt-1', nonce, dossierHash, at: context.now(), by, purpose: 'withdrawn' });
}

/**
 * Freezes and publishes a dossier on an accepted head, and puts it in force; the one before it, and its token if nobody used
 * it, are worth nothing from here on. Durable on return.
 *
 * @throws RearmError APPROVAL_INVALID (unknownPerson, or a rule of the proposal), BREAKS_UNRESOLVED, PAYLOAD_INVALID, AUDIT_BROKEN, GATE_BUSY
 */
export function propose(context: GateContext, request: ProposeRequest): Envelope {
  const { storage, layout, storeId, clock, audit, configuration, instance } = context;
  const accepted = checkAccepted(request.accepted, storeId);
  return context.locked(() => {
    if (!isInForce(context.completed().people, request.by)) {
      throw new RearmError('APPROVAL_INVALID', `nothing was proposed: ${request.by} is not enrolled`, { reason: 'unknownPerson' });
    }
    const wallNs = clock.wallNs();
    const dossier = buildDossier(request.draft, storeId, accepted, {
      by: request.by,
      proposedAt: timeText(wallNs),
      expiresAt: timeText(wallNs + BigInt(configuration.dossierLifetimeMs) * 1_000_000n),
    });
    const hash = hashOf(dossier);
    if (storage.exists(dossierPath(layout, hash)) && readVoid(storage, layout, hash) !== null) {
      throw new RearmError('APPROVAL_INVALID', 'this very dossier was voided before; propose it again in a moment', { reason: 'void' });
    }
    const envelope: Envelope = {
      format: 'rearm-envelope-1',
      dossier,
      hash,
      supersedes: predecessor(context, accepted.epoch),
      proposer: { instance, monotonicNs: clock.monotonicNs().toString() },
    };
    const { scope, bounds, expiresAt } = dossier;
    audit.append(request.by, 'dossier.proposed', {
      dossierHash: hash,
      supersedes: envelope.supersedes,
      ...accepted,
      scope,
      bounds,
      expiresAt,
    });
    withdrawOpenToken(context, request.by);
    publishDossier(storage, layout, envelope);
    publishCurrent(storage, layout, storeId, hash, null);
    return envelope;
  });
}

/** @throws RearmError APPROVAL_INVALID with `context.reason` where the dossier of that hash cannot be signed or released any more. */
export function requireInForce(context: GateContext, hash: string, world: World, by: string): Assessment {
  const { people } = context.completed();
  const found = assess(context, people, world);
  const refuse = (reason: string, sentence: string): never => {
    throw new RearmError('APPROVAL_INVALID', `the dossier ${hash.slice(0, 12)} is not in force: ${sentence}`, {
      reason,
      dossierHash: hash,
    });
  };
  if (!found) return refuse('noDossier', 'no dossier is');
  if (found.current.dossierHash !== hash) return refuse('superseded', 'another one took its place');
  const { status, reason, sentence } = found.decision;
  if (status === 'open' || status === 'complete') return found;
  // The world left the bounds: that is kept, so that it does not come back in unseen.
  if (reason === 'void' && !found.marked) voidDossier(context, by, found.changes);
  return refuse(reason, sentence);
}

export interface SignRequest {
  readonly personId: string;
  readonly dossierHash: string;
  /** Signs here, with the person's key in `keyDirectory` or the store ... */
  readonly passphrase?: string;
  readonly keyDirectory?: string;
  /** ... or the signature was made elsewhere: Ed25519 over `rearm-approval-1 <hash>`, base64. */
  readonly signature?: string;
}

/**
 * Signs the dossier in force. Durable on return; signing again changes nothing.
 *
 * @param world what the caller sees; where it is outside the bounds the dossier becomes void instead.
 * @throws RearmError SIGNATURE_INVALID (wrong passphrase, wrong key), APPROVAL_INVALID (unknownPerson, revoked, superseded, void,
 *   expired, released, otherHead), NOT_FOUND (no key file), PAYLOAD_INVALID, AUDIT_BROKEN, GATE_BUSY
 */
export function sign(context: GateContext, request: SignRequest, world: World = {}): void {
  const { storage, layout, audit } = context;
  const { personId, dossierHash: hash } = request;
  checkHash(hash);
  checkPersonId(personId);
  if ((request.passphrase === undefined) === (request.signature === undefined)) {
    throw new RearmError('PAYLOAD_INVALID', 'give the passphrase or a signature, not both', {});
  }
  // Outside the lock: this takes the time of one scrypt.
  const signature =
    request.signature ?? signDossierHash(readKey(storage, request.keyDirectory ?? layout.keys, personId), request.passphrase ?? '', hash);
  context.locked(() => {
    const { people } = context.completed();
    const person = people.byId.get(personId);
    if (!person || person.revokedAt !== null) {
      const reason = person ? 'revoked' : 'unknownPerson';
      throw new RearmError('APPROVAL_INVALID', `nothing was signed: ${personId} is not enrolled`, { reason });
    }
    const found = requireInForce(context, hash, world, personId);
    if (!verifyHash(person.publicKey, 'rearm-approval-1', hash, signature)) {
      throw new RearmError('SIGNATURE_INVALID', `nothing was signed: the signature is not one of ${personId} over this dossier`, {
        personId,
        reason: 'wrongKey',
      });
    }
    if (found.weighed.counting.some((entry) => entry.person.id === personId)) return;
    audit.append(personId, 'dossier.signed', { dossierHash: hash, role: person.role, signature });
    publishSignature(storage, layout, {
      format: 'rearm-signature-1',
      dossierHash: hash,
      personId,
      signature,
      signedAt: context.now(),
    });
  });
}

/** Wait before the n-th try after wrong passphrases: half a second, doubled each time, half a minute at most. */
const PATIENCE_MS = 500;
const PATIENCE_MS_MAX = 30_000;

/**
 * How long a person's passphrase is not tried: counted in the audit log from the wrong ones since they last signed, so that neither
 * another session nor another process starts anew.
 *
 * @throws RearmError AUDIT_BROKEN
 */
export function patienceMs(context: GateContext, personId: string): number {
  let wrong = 0;
  let last = 0n;
  context.audit.require(({ actor, action, at }) => {
    if (actor !== personId) return;
    if (action === 'dossier.signed') wrong = 0;
    if (action !== 'key.refused') return;
    wrong += 1;
    last = timeOf(at);
  });
  if (wrong === 0) return 0;
  const whole = Math.min(PATIENCE_MS * 2 ** Math.min(wrong - 1, 16), PATIENCE_MS_MAX);
  // A clock that was set back keeps nobody out for longer than that.
  const passed = Math.max(0, Number((context.clock.wallNs() - last) / 1_000_000n));
  return Math.max(0, whole - passed);
}

/**
 * {@link sign} with a passphrase, for a thread that has other things to do: scrypt runs beside it. A wrong passphrase is put on the record,
 * and makes the person's next try wait.
 *
 * @param world as it is when the signature is made.
 */
export async function signBeside(
  context: GateContext,
  request: SignRequest & { readonly passphrase: string },
  world: () => World,
): Promise<void> {
  const { personId, dossierHash, passphrase, keyDirectory } = request;
  checkHash(dossierHash);
  const key = readKey(context.storage, keyDirectory ?? context.layout.keys, personId);
  const patience = patienceMs(context, personId);
  if (patience > 0) await context.sleep(patience);
  let signature: string;
  try {
    signature = await signDossierHashBeside(key, passphrase, dossierHash);
  } catch (error) {
    if (error instanceof RearmError && error.code === 'SIGNATURE_INVALID')
      context.locked(() => context.audit.append(personId, 'key.refused', { dossierHash }));
    throw error;
  }
  sign(context, { personId, dossierHash, signature }, world());
}
