/**
 * From a complete approval to trading: the console issues the token, the trading process verifies and burns it.
 *
 * Issue: audit line, token file, gate/current.json. Release: audit line, burnt record, audit line, gate/mode.json. A crash
 * between any two of these leaves trading halted, and a burnt token is worth nothing.
 */

import { RearmError } from '../../shared/errors.ts';
import { chosenApprovals, weighApprovals } from './approval.ts';
import type { WorldNow } from './bounds.ts';
import { burn, isBurnt } from './burn.ts';
import type { GateContext, Knowledge } from './context.ts';
import { publishCurrent, readCurrent } from './current.ts';
import { type Accepted, acceptedSchema, checkAccepted, type Envelope, readDossier, readVoid } from './dossier.ts';
import { endReplaced } from './halt.ts';
import { type EffectiveMode, fromWords, publishMode } from './mode-record.ts';
import { checkTransition } from './modes.ts';
import { isInForce } from './people.ts';
import { requireInForce } from './proposal.ts';
import { check, isOfContent } from './records.ts';
import { timeOf, timeText } from './time.ts';
import {
  decideToken,
  MALFORMED,
  parseToken,
  publishToken,
  readToken,
  refuseToken,
  type Token,
  type TokenRule,
  tokenFacts,
  tokenHash,
} from './token.ts';

export interface ReleaseRequest {
  readonly by: string;
  readonly dossierHash: string;
  readonly accepted: Accepted;
  /** The world at this moment: outside the bounds nothing is released. */
  readonly now: WorldNow;
}

/**
 * Issues the token of a complete approval. Durable on return; the engine is still halted until it burns it.
 *
 * @throws RearmError APPROVAL_INVALID with `context.reason` (oneSignature, sameRole, void, expired, superseded, otherHead, released ...),
 *   AUDIT_BROKEN, GATE_BUSY, PAYLOAD_INVALID; in each case no token is in force.
 */
export function release(context: GateContext, request: ReleaseRequest): Token {
  const { storage, layout, storeId, clock, random, configuration, audit } = context;
  const accepted = checkAccepted(request.accepted, storeId);
  return context.locked(() => {
    if (!isInForce(context.completed().people, request.by)) {
      throw new RearmError('APPROVAL_INVALID', `nothing was released: ${request.by} is not enrolled`, { reason: 'unknownPerson' });
    }
    const found = requireInForce(context, request.dossierHash, { accepted, now: request.now }, request.by);
    if (found.decision.status !== 'complete') {
      const { reason, sentence } = found.decision;
      throw new RearmError('APPROVAL_INVALID', `nothing was released: ${sentence}`, { reason, owes: found.owes });
    }
    const { dossier, hash } = found.envelope;
    const wallNs = clock.wallNs();
    const ends = wallNs + BigInt(configuration.tokenLifetimeMs) * 1_000_000n;
    const bound = timeOf(dossier.expiresAt);
    const token: Token = {
      format: 'rearm-token-1',
      storeId,
      ...accepted,
      dossierHash: hash,
      scope: dossier.scope,
      nonce: Buffer.from(random(32)).toString('hex'),
      issuedAt: timeText(wallNs),
      expiresAt: timeText(ends < bound ? ends : bound),
      approvals: chosenApprovals(found.weighed),
    };
    const { nonce, scope, issuedAt, expiresAt, approvals } = token;
    audit.append(request.by, 'token.issued', {
      nonce,
      tokenHash: tokenHash(token),
      dossierHash: hash,
      scope,
      issuedAt,
      expiresAt,
      approvals: approvals.map((approval) => approval.personId),
      onePersonMode: configuration.onePersonMode,
    });
    publishToken(storage, layout, token);
    publishCurrent(storage, layout, storeId, hash, nonce);
    return token;
  });
}

/**
 * What the trading process asks for again and again while it waits: the token in force for its store and epoch. null where there is none,
 * or it is used, out of time, or no token. Reads only; whether the token is good is decided by {@link verifyAndBurn}.
 *
 * @throws what the storage throws: a disk that does not answer is no reason to wait on in silence
 */
export function findToken(context: GateContext, accepted: Accepted): Token | null {
  const { storage, layout, storeId, clock } = context;
  try {
    const current = readCurrent(storage, layout, storeId);
    if (!current || current.nonce === null || isBurnt(storage, layout, current.nonce)) return null;
    const token = readToken(storage, layout, current.nonce);
    const forUs = token.storeId === storeId && token.epoch === accepted.epoch;
    return forUs && clock.wallNs() < timeOf(token.expiresAt) ? token : null;
  } catch (error) {
    if (isOfContent(error)) return null;
    throw error;
  }
}

function decide(context: GateContext, token: Token, accepted: Accepted, known: Knowledge): TokenRule | null {
  const { storage, layout, storeId, clock, configuration } = context;
  let envelope: Envelope | null = null;
  try {
    envelope = readDossier(storage, layout, token.storeId, token.dossierHash);
  } catch (error) {
    if (!isOfContent(error)) throw error;
  }
  return decideToken(
    tokenFacts(token, {
      storeId,
      accepted,
      burnt: isBurnt(storage, layout, token.nonce) || known.spent.has(token.nonce),
      currentNonce: readCurrent(storage, layout, storeId)?.nonce ?? null,
      dossier: envelope?.dossier ?? null,
      dossierVoid: readVoid(storage, layout, token.dossierHash) !== null,
      wallNs: clock.wallNs(),
      weighed: weighApprovals(token.approvals, known.people, token.dossierHash),
      onePersonMode: configuration.onePersonMode,
      issuedHash: known.issued.get(token.nonce) ?? null,
    }),
  );
}

/** Whether a token would release now, and if not, why. Writes nothing. @throws RearmError AUDIT_BROKEN, PAYLOAD_INVALID (accepted) */
export function verifyToken(
  context: GateContext,
  value: unknown,
  accepted: Accepted,
): { valid: boolean; reason: string; sentence: string } {
  check(acceptedSchema, accepted, 'the accepted head', 'PAYLOAD_INVALID');
  const token = parseToken(value);
  const rule = token ? decide(context, token, accepted, context.knowledge()) : decideToken(MALFORMED);
  return { valid: rule === null, reason: rule?.reason ?? '', sentence: rule?.sentence ?? '' };
}

/**
 * Verifies a token against the head that the trading process accepted itself, burns it, and sets the mode of its scope. When this returns the
 * engine may trade in that mode; when it throws, whatever it throws, the engine stays halted. Durable on return.
 *
 * @param by names the trading process in the records.
 * @throws RearmError TOKEN_INVALID with `context.reason` (token.ts TOKEN_RULES), AUDIT_BROKEN, GATE_BUSY, what the storage throws.
 */
export function verifyAndBurn(context: GateContext, value: unknown, accepted: Accepted, by = 'engine'): EffectiveMode {
  const { storage, layout, storeId, audit } = context;
  const head = check(acceptedSchema, accepted, 'the accepted head', 'PAYLOAD_INVALID');
  return context.locked(() => {
    const token = parseToken(value);
    if (!token) return refuseToken(decideToken(MALFORMED)!, null);
    const rule = decide(context, token, accepted, context.completed());
    if (rule) return refuseToken(rule, token.nonce);
    const { nonce, dossierHash, scope } = token;
    const before = context.mode(head.epoch);
    if (before.unread) throw before.unread;
    checkTransition(before.mode, scope.mode, 'gate');
    audit.append(by, 'token.burnt', { nonce, dossierHash, scope });
    burn(storage, layout, { format: 'rearm-burnt-1', nonce, dossierHash, at: context.now(), by, purpose: 'release' });
    const reason = `released by ${token.approvals.map((approval) => approval.personId).join(' and ')}`;
    audit.append(by, 'mode.set', { ...fromWords(before), to: scope.mode, reason, nonce, dossierHash });
    const { mode, venues, strategies } = scope;
    publishMode(storage, layout, before, {
      format: 'rearm-mode-1',
      storeId,
      mode,
      by,
      reason,
      at: context.now(),
      until: null,
      cap: null,
      venues,
      strategies,
      nonce,
      epoch: head.epoch,
    });
    endReplaced(context, before, nonce);
    return context.mode(head.epoch);
  });
}
