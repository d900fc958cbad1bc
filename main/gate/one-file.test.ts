/** One file of the gate that is lost, changed, put back or not given by the disk: it never permits more, and is never taken for what it is not. */

import { describe, expect, it } from 'vitest';
import type { Storage } from '../storage/storage.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { inspectGate } from './inspect.ts';
import { gateLayout } from './layout.ts';
import { readPeople } from './people.ts';
import {
  ACCEPTED,
  another,
  CALM,
  Crash,
  type Desk,
  DRAFT,
  open,
  outcome,
  proposeDraft,
  ROOT,
  releaseBy,
  resealed,
  STORE_ID,
  signBoth,
  staffed,
} from './simulated.test-support.ts';

const MODE = `${ROOT}/gate/mode.json`;

function issued(draft = DRAFT) {
  const desk = staffed();
  const hash = proposeDraft(desk, draft);
  signBoth(desk, hash);
  return { desk, hash, token: releaseBy(desk, hash) };
}

function released(draft = DRAFT) {
  const { desk, hash, token } = issued(draft);
  another(desk).gate.verifyAndBurn(token, ACCEPTED);
  return { desk, hash, token };
}

/** Another process, of which these calls fail. */
function failing(desk: Desk, error: string, fails: (call: string, args: readonly unknown[]) => boolean, deps = {}): Desk {
  const storage = new Proxy<Storage>(another(desk).storage, {
    get(target, call: keyof Storage) {
      const value = target[call];
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        if (fails(call, args)) throw systemFailure(error, call, String(args[0]));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return open(desk.disk, { clock: desk.clock, seed: 'failing', deps: { ...deps, storage } });
}

const onFullDisk = (desk: Desk, deps = {}): Desk => failing(desk, 'ENOSPC', (call, [, mode]) => call === 'open' && mode === 'create', deps);

/** The mode record cannot be opened, once. */
function onceUnread(desk: Desk): Desk {
  let left = 1;
  return failing(desk, 'EIO', (call, [path]) => {
    if (call !== 'open' || path !== MODE || left === 0) return false;
    left -= 1;
    return true;
  });
}

/** What a verification says of the mode record. */
function told(desk: Desk): string[] {
  const layout = gateLayout(ROOT);
  const { storage } = another(desk);
  const people = readPeople(storage, layout.people, STORE_ID);
  const audited = desk.gate.auditView(1_000).entries;
  return inspectGate({ storage, layout, storeId: STORE_ID, people, audited }).flatMap(({ path, trouble }) =>
    trouble ? [`${path} ${trouble.severity}`] : [],
  );
}

describe('a halt that finds the disk full', () => {
  const neverClosed = { neverClosed: () => true };

  it.each(['nothing', 'CANCEL_ONLY', 'REDUCING'] as const)(
    'of a store that was never closed, where %s was set, never leads to trading',
    (set) => {
      const desk = staffed({ deps: neverClosed });
      if (set !== 'nothing') desk.gate.setMode({ mode: set, by: 'ada', reason: 'careful' });
      const full = onFullDisk(desk, neverClosed);
      expect(outcome(() => full.gate.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' }))).toBe('DISK_FULL');
      // Where not even a file without content can be made, nothing was closed, and the call says so.
      expect(full.gate.mode().mode).toBe(set === 'nothing' ? 'ACTIVE' : 'HALTED');
      if (set !== 'nothing') expect(told(desk)).toEqual(['gate/mode.json torn']);
    },
  );

  it('of a store that was never closed leaves a record without content, which outlasts the power', () => {
    const desk = staffed({ deps: neverClosed });
    const full = failing(desk, 'ENOSPC', (call, [path, mode]) => call === 'open' && mode === 'create' && path !== MODE, neverClosed);
    expect(outcome(() => full.gate.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' }))).toBe('DISK_FULL');
    const later = open(desk.disk.afterCut(), { clock: desk.clock, deps: neverClosed });
    expect(later.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'unreadable' });
  });

  it('leaves what cannot be read as it is: it is evidence, and permits nothing', () => {
    const { desk } = released();
    const text = desk.disk.text(MODE).slice(0, -10);
    desk.disk.put(MODE, text);
    expect(outcome(() => onFullDisk(desk).gate.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' }))).toBe('DISK_FULL');
    expect(desk.disk.text(MODE)).toBe(text);
  });
});

describe('a mode record', () => {
  it('that is gone after a halt does not mean that the gate was never closed: the log says that it was', () => {
    const desk = staffed({ deps: { neverClosed: () => true } });
    expect(desk.gate.mode().case).toBe('neverClosed');
    desk.gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'smoke' });
    desk.disk.delete(MODE);
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'absent' });
  });

  it('that permits more than was signed permits nothing, and a verification shows it', () => {
    const { desk } = released({ ...DRAFT, scope: { mode: 'REDUCING', venues: ['ALPHA'], strategies: ['s1'] } });
    const text = desk.disk.text(MODE);
    expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'REDUCING', venues: ['ALPHA'] });
    const record = JSON.parse(text) as Record<string, unknown>;
    for (const more of [{ mode: 'ACTIVE' }, { venues: [] }, { strategies: ['s1', 's2'] }]) {
      desk.disk.put(MODE, resealed(JSON.stringify({ ...record, ...more })));
      expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
      expect(told(desk)).toEqual(['gate/mode.json damaged']);
    }
    desk.disk.put(MODE, text);
    expect([desk.gate.mode(ACCEPTED).mode, told(desk)]).toEqual(['REDUCING', []]);
  });

  it('whose token cannot be read permits nothing', () => {
    const { desk, token } = released();
    desk.disk.delete(`${ROOT}/gate/tokens/${token.nonce}.json`);
    expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
  });

  it.each(['HALTED', 'CANCEL_ONLY', 'REDUCING'] as const)(
    'from before %s was set, put back, permits nothing, and a verification shows it',
    (mode) => {
      const { desk } = released();
      const before = desk.disk.bytes(MODE).slice();
      desk.gate.setMode({ mode, by: 'rob', reason: 'smoke' });
      desk.disk.put(MODE, before);
      expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
      expect(told(desk)).toEqual(['gate/mode.json damaged']);
    },
  );

  it('that the disk does not give: only HALTED is set, and the log does not say what was in force', () => {
    for (const mode of ['CANCEL_ONLY', 'REDUCING'] as const) {
      const { desk } = released();
      expect(outcome(() => onceUnread(desk).gate.setMode({ mode, by: 'ada', reason: 'smoke' }))).toBe('IO_FAILED');
      expect(desk.gate.mode(ACCEPTED).mode).toBe('ACTIVE');
    }
    const { desk } = released();
    onceUnread(desk).gate.setMode({ mode: 'HALTED', by: 'a bystander', reason: 'smoke' });
    expect(desk.gate.auditView(1).entries[0]!.details).toMatchObject({
      from: null,
      fromBecause: expect.stringContaining('could not be read'),
      to: 'HALTED',
    });
    expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'HALTED', case: 'halted' });
  });
});

describe('a token', () => {
  it('works once though the mark that it was used is gone: the log says so', () => {
    const { desk, token } = released();
    desk.gate.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' });
    desk.disk.delete(`${ROOT}/gate/burnt/${token.nonce}`);
    expect(outcome(() => another(desk).gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID used');
    expect(desk.gate.mode().mode).toBe('HALTED');
  });

  it('that was withdrawn stays so, whichever of the files that say it is gone or put back', () => {
    const { desk, token, hash } = issued();
    const current = `${ROOT}/gate/current.json`;
    const before = desk.disk.bytes(current).slice();
    desk.gate.stayHalted({ by: 'rob', reason: 'not yet' });
    desk.disk.put(current, before);
    desk.disk.delete(`${ROOT}/gate/burnt/${token.nonce}`);
    for (const path of desk.disk.files()) if (path.includes(`${hash}.void`)) desk.disk.delete(path);
    expect(outcome(() => another(desk).gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID used');
  });

  it('is not issued again by a decision to stay halted that dies, wherever', () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const { desk, hash } = issued();
      const dying = another(desk, { crashAt });
      let died = false;
      try {
        dying.gate.stayHalted({ by: 'rob', reason: 'not yet' });
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        died = true;
      }
      const next = open(desk.disk.afterDeath(), { clock: desk.clock, seed: 'next' });
      const again = outcome(() => next.gate.release({ by: 'ada', dossierHash: hash, accepted: ACCEPTED, now: CALM }));
      expect({ crashAt, again }).not.toEqual({ crashAt, again: 'done' });
      if (!died) break;
    }
  });
});

describe('the acknowledged head of the audit log', () => {
  const HEAD = `${ROOT}/audit/audit.head`;
  const cutLast = (desk: Desk, path: string): void => {
    const lines = desk.disk.text(path).trimEnd().split('\n');
    desk.disk.put(path, `${lines.slice(0, -1).join('\n')}\n`);
  };

  it('that is gone is not made anew from whatever line is the last', () => {
    const desk = staffed();
    proposeDraft(desk);
    desk.disk.delete(HEAD);
    expect(outcome(() => another(desk).gate.record('ada', 'test.noted', {}))).toBe('AUDIT_BROKEN');
    expect(desk.disk.files()).not.toContain(HEAD);
    expect(desk.gate.verifyAudit()).toMatchObject({ verified: false, reason: 'the acknowledged head is missing' });
    // A halt needs no log.
    expect(outcome(() => another(desk).gate.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' }))).toBe('AUDIT_BROKEN');
    expect(desk.gate.mode().mode).toBe('HALTED');
  });

  it('that is gone with the ends of the log and of the people: nobody who was revoked signs again', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left' });
    for (const path of [`${ROOT}/audit/audit.log`, `${ROOT}/gate/people.log`]) cutLast(desk, path);
    desk.disk.delete(HEAD);
    expect(outcome(() => releaseBy(another(desk), hash))).toBe('AUDIT_BROKEN');
  });
});
