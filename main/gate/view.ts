/** What the screens show of the gate. Reads only, and never fails for what a file holds: what cannot be read is said in `reason`. */

import type { DossierView, GateView } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { readBurnt } from './burn.ts';
import type { GateContext } from './context.ts';
import { readCurrent } from './current.ts';
import { readEngine } from './engine-report.ts';
import { NOBODY, peopleView, readPeople } from './people.ts';
import { type Assessment, assess, type World } from './standing.ts';
import { readToken } from './token.ts';

function dossierView(found: Assessment): DossierView {
  const { envelope, decision, signatures, owes, changes, remainingNs } = found;
  return {
    dossier: envelope.dossier,
    hash: envelope.hash,
    signatures,
    status: decision.status,
    owes,
    expiresInMs: remainingNs > 0n ? Number(remainingNs / 1_000_000n) : 0,
    changes,
  };
}

function tokenView(context: GateContext): GateView['token'] {
  const { storage, layout, storeId } = context;
  const nonce = readCurrent(storage, layout, storeId)?.nonce ?? null;
  if (nonce === null) return null;
  const { issuedAt, expiresAt } = readToken(storage, layout, nonce);
  const burnt = readBurnt(storage, layout, nonce);
  // A burnt mark without a readable time is burnt all the same; its issue is the earliest that it can have been.
  const burntAt = burnt === null ? null : burnt === 'unreadable' ? issuedAt : burnt.at;
  return { nonce, issuedAt, expiresAt, burntAt };
}

function engineView(context: GateContext): GateView['engine'] {
  const last = readEngine(context);
  if (!last) return { state: 'absent', detail: 'the trading process has not reported', at: null };
  const { state, detail, at } = last;
  if (state === 'trading' && !context.engineAlive()) {
    return { state: 'absent', detail: `the process is gone; it last said: trading${detail === '' ? '' : `, ${detail}`}`, at };
  }
  return { state, detail, at };
}

export function gateView(context: GateContext, world: World): GateView {
  const { storage, layout, storeId, configuration } = context;
  const faults: string[] = [];
  const attempt = <T>(what: string, fallback: T, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      faults.push(`${what}: ${error.message}`);
      return fallback;
    }
  };
  const accepted = world.accepted ?? null;
  const mode = context.mode(accepted?.epoch ?? null);
  const people = attempt('the enrolled people cannot be read', NOBODY(storeId), () => readPeople(storage, layout.people, storeId));
  const found = attempt('the dossier cannot be read', null, () => assess(context, people, world));
  const engine = attempt('the engine cannot be asked', { state: 'absent', detail: '', at: null }, () => engineView(context));
  const token = attempt('the token cannot be read', null, () => tokenView(context));
  return {
    mode: mode.mode,
    since: mode.since,
    reason: [mode.reason, ...faults].join('; '),
    people: peopleView(people),
    onePersonMode: configuration.onePersonMode,
    dossier: found ? dossierView(found) : null,
    accepted: accepted ? { epoch: accepted.epoch, lsn: accepted.lsn, headHash: accepted.headHash } : null,
    token,
    engine,
  };
}
