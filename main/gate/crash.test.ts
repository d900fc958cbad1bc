/**
 * The gate through crashes and failing calls: every action is stopped before each of its calls to the storage, and its every call fails,
 * once or for good. Then the process is gone, or the power is: any subset of what no sync covers is there, and another process must find
 * the gate in order.
 *
 * The long profile tries every subset, every one of ten errors, and a second stop in each call of a burn behind each first one. The other
 * profile stops in every call too; of the subsets where there are more than four, of the errors and of the second stops it tries a choice,
 * another one for another REARM_SEED.
 */

import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../shared/contract/gate.ts';
import { LONG, SEED } from '../../tests/support/profile.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { inspectGate } from './inspect.ts';
import { gateLayout } from './layout.ts';
import { readPeople } from './people.ts';
import {
  ACCEPTED,
  CALM,
  Crash,
  type Desk,
  type Disk,
  type ERRORS,
  emptyDisk,
  errorsAt,
  open,
  outcome,
  PASSPHRASES,
  type Plan,
  proposeDraft,
  ROOT,
  releaseBy,
  STORE_ID,
  STORMY,
  signBoth,
  staffed,
  TestClock,
} from './simulated.test-support.ts';

interface Action {
  readonly name: string;
  /** The disk before, and the dossier that it is about. */
  readonly before: () => { desk: Desk; hash: string };
  readonly act: (desk: Desk, hash: string) => unknown;
  /** Whether its effect is there: must be so once the action returned. */
  readonly done: (desk: Desk, hash: string) => boolean;
}

const HERE = { accepted: ACCEPTED, now: CALM };
const started = () => {
  const desk = staffed();
  return { desk, hash: proposeDraft(desk) };
};
const signedBy = (both: boolean) => () => {
  const { desk, hash } = started();
  if (both) signBoth(desk, hash);
  else desk.gate.sign({ personId: 'ada', dossierHash: hash, passphrase: PASSPHRASES.ada });
  return { desk, hash };
};
const issued = () => {
  const { desk, hash } = signedBy(true)();
  releaseBy(desk, hash);
  return { desk, hash };
};
const active = () => {
  const { desk, hash } = issued();
  desk.gate.verifyAndBurn(desk.gate.findToken(ACCEPTED), ACCEPTED);
  return { desk, hash };
};
const status = (desk: Desk) => desk.gate.view(HERE).dossier?.status;

const ACTIONS: readonly Action[] = [
  {
    name: 'the first enrolment',
    before: () => ({ desk: open(emptyDisk()), hash: '' }),
    act: (desk) => desk.gate.enrol({ id: 'ada', name: 'Ada Lovelace', role: 'trader', passphrase: PASSPHRASES.ada }),
    done: (desk) => desk.gate.view().people.some((person) => person.id === 'ada'),
  },
  {
    name: 'an enrolment',
    before: active,
    act: (desk) => desk.gate.enrol({ id: 'eva', name: 'Eva', role: 'risk', passphrase: 'p', by: 'rob' }),
    done: (desk) => desk.gate.view().people.some((person) => person.id === 'eva'),
  },
  {
    name: 'a revocation',
    before: started,
    act: (desk) => desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left' }),
    done: (desk) => !desk.gate.view().people.some((person) => person.id === 'rob'),
  },
  {
    name: 'a proposal',
    before: () => ({ desk: staffed(), hash: '' }),
    act: (desk) => proposeDraft(desk),
    done: (desk) => status(desk) === 'open',
  },
  {
    name: 'a proposal over an open token',
    before: issued,
    act: (desk) => proposeDraft(desk),
    done: (desk, hash) => desk.gate.view().dossier?.hash !== hash && desk.gate.findToken(ACCEPTED) === null,
  },
  {
    name: 'the second signature',
    before: signedBy(false),
    act: (desk, hash) => desk.gate.sign({ personId: 'rob', dossierHash: hash, passphrase: PASSPHRASES.rob }),
    done: (desk) => status(desk) === 'complete',
  },
  {
    name: 'a release',
    before: signedBy(true),
    act: (desk, hash) => releaseBy(desk, hash),
    done: (desk) => status(desk) === 'released' && desk.gate.findToken(ACCEPTED) !== null,
  },
  {
    name: 'a burn',
    before: issued,
    act: (desk) => desk.gate.verifyAndBurn(desk.gate.findToken(ACCEPTED), ACCEPTED),
    done: (desk) => desk.gate.mode(ACCEPTED).mode === 'ACTIVE',
  },
  {
    name: 'a decision to stay halted',
    before: issued,
    act: (desk) => desk.gate.stayHalted({ by: 'rob', reason: 'not yet' }),
    done: (desk) => desk.gate.findToken(ACCEPTED) === null && desk.gate.mode().case === 'halted',
  },
  {
    name: 'a halt',
    before: active,
    act: (desk) => desk.gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'smoke' }),
    done: (desk) => desk.gate.mode().case === 'halted',
  },
  {
    name: 'a step up',
    before: started,
    act: (desk) => desk.gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'hedge' }),
    done: (desk) => desk.gate.mode().mode === 'REDUCING',
  },
  {
    name: 'the world leaving the bounds',
    before: issued,
    act: (desk) => desk.gate.enforce('console', { accepted: ACCEPTED, now: STORMY }),
    done: (desk) => status(desk) === 'void' && desk.gate.findToken(ACCEPTED) === null,
  },
  {
    name: 'a report of the engine',
    before: started,
    act: (desk) => desk.gate.reportEngine('waiting', 'for a release'),
    done: (desk) => desk.gate.view().engine.state === 'waiting',
  },
];

const nonces = (disk: Disk): string[] => disk.files().flatMap((path) => /\/tokens\/([0-9a-f]{64})\.json$/.exec(path)?.[1] ?? []);

/** A process that finds the disk, later on the same day. */
function next(disk: Disk, seed = 'next', plan: Plan = {}): Desk {
  const clock = new TestClock();
  clock.pass(30_000);
  return open(disk, { clock, seed, ...plan });
}

/** What must hold on any disk, whatever happened to it. Returns what is wrong. */
function faults(disk: Disk): string[] {
  const wrong: string[] = [];
  const desk = next(disk);
  const entries: AuditEntry[] = [];
  const audit = desk.gate.auditView(1000);
  entries.push(...audit.entries);
  if (!audit.verified) wrong.push(`the audit log is bad at ${audit.firstBad}`);
  const has = (action: string, details: Record<string, unknown>) =>
    entries.some((entry) => entry.action === action && Object.entries(details).every(([key, value]) => entry.details[key] === value));
  const need = (action: string, details: Record<string, unknown>) => {
    if (!has(action, details)) wrong.push(`an effect without its line: ${action} ${JSON.stringify(details)}`);
  };
  for (const path of disk.files()) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith('.tmp')) continue;
    const signature = /^([0-9a-f]{64})\.([a-z]+)\.sig$/.exec(name);
    if (signature) need('dossier.signed', { dossierHash: signature[1] });
    if (/^[0-9a-f]{64}\.json$/.test(name) && path.includes('/dossiers/')) need('dossier.proposed', { dossierHash: name.slice(0, 64) });
    if (path.includes('/tokens/')) need('token.issued', { nonce: name.slice(0, 64) });
    if (path.includes('/burnt/') && disk.text(path).includes('"purpose":"release"')) need('token.burnt', { nonce: name });
  }
  const { mode, nonce } = desk.gate.mode(ACCEPTED);
  if (mode === 'ACTIVE') {
    const line = entries.find((entry) => entry.action === 'token.burnt' && entry.details.nonce === nonce);
    if (!line) wrong.push('ACTIVE without a burnt token');
    const signers = entries.filter((entry) => entry.action === 'dossier.signed' && entry.details.dossierHash === line?.details.dossierHash);
    if (new Set(signers.map((entry) => entry.details.role)).size !== 2) wrong.push('ACTIVE without two roles');
    need('mode.set', { to: 'ACTIVE', nonce });
  }
  desk.gate.view(HERE);
  // A crash is no damage: what verify would say of each file.
  const { storage } = desk;
  const layout = gateLayout(ROOT);
  const people = readPeople(storage, layout.people, STORE_ID);
  for (const { path, trouble } of inspectGate({ storage, layout, storeId: STORE_ID, people, audited: entries }))
    if (trouble?.severity === 'damaged') wrong.push(`${path}: ${trouble.code} ${trouble.message}`);
  return wrong;
}

/** Uses every token there is, again and again; returns how often one worked. */
function uses(disk: Disk): number {
  let worked = 0;
  for (let round = 0; round < 2; round += 1) {
    for (const nonce of nonces(disk)) {
      const { checksum: _, ...token } = JSON.parse(disk.text(`${ROOT}/gate/tokens/${nonce}.json`)) as Record<string, unknown>;
      const result = outcome(() => next(disk, `use ${round}`).gate.verifyAndBurn(token, ACCEPTED));
      if (result === 'done') worked += 1;
      else if (!result.startsWith('TOKEN_INVALID')) throw new Error(`a token was refused with ${result}`);
    }
  }
  return worked;
}

/** The short profile goes on to trading from an eighth of the disks, always the same ones; the long one from all. */
const isFinished = (disk: Disk): boolean => LONG || Number.parseInt(disk.fingerprint().slice(0, 2), 16) < 32;

/** Goes on from whatever a crash left until trading is ACTIVE once more, as people would. Throws where that cannot be done. */
function finish(disk: Disk): void {
  const desk = next(disk, 'finish');
  const { gate } = desk;
  gate.stayHalted({ by: 'ada', reason: 'after the crash' });
  for (const [id, role] of [
    ['ada', 'trader'],
    ['rob', 'risk'],
  ] as const) {
    if (gate.view().people.some((person) => person.id === id)) continue;
    const result = outcome(() => gate.enrol({ id, name: `${id} again`, role, passphrase: PASSPHRASES[id] }));
    if (result === 'ENROLMENT_REFUSED halted' || result === 'ENROLMENT_REFUSED idTaken') return;
    if (result !== 'done') throw new Error(`${id} was not enrolled: ${result}`);
  }
  desk.clock.pass(1000);
  const hash = proposeDraft(desk);
  gate.sign({ personId: 'ada', dossierHash: hash, passphrase: PASSPHRASES.ada });
  const second = outcome(() => gate.sign({ personId: 'rob', dossierHash: hash, passphrase: PASSPHRASES.rob }));
  if (second === 'APPROVAL_INVALID revoked') return;
  if (second !== 'done') throw new Error(`rob could not sign: ${second}`);
  const token = releaseBy(desk, hash);
  if (gate.verifyAndBurn(token, ACCEPTED).mode !== 'ACTIVE') throw new Error('trading did not resume');
}

/** Whether an action ended with what the system said of a call. */
const isFailure = (result: string, error: (typeof ERRORS)[number]): boolean =>
  ['IO_FAILED', systemFailure(error, '', '').code].includes(result);

const callsOf = (disk: Disk, act: (desk: Desk) => unknown): number => {
  const process = next(disk.copy(), 'count');
  act(process);
  return process.storage.calls;
};

/** All of it takes minutes for an action. */
const WITHIN = { timeout: LONG ? 3_600_000 : 60_000 };

describe.each(ACTIONS.map((action) => [action.name, action] as const))('%s', WITHIN, (_name, action) => {
  const { desk: base, hash } = action.before();
  const usesBefore = uses(base.disk.copy());
  const calls = callsOf(base.disk, (desk) => action.act(desk, hash));
  const wasActive = base.gate.mode(ACCEPTED).mode === 'ACTIVE';

  it('is durable when it returns', () => {
    expect(action.done(next(base.disk.copy()), hash)).toBe(false);
    const disk = base.disk.copy();
    action.act(next(disk, 'act'), hash);
    for (const { what, disk: found } of disk.losses())
      expect({ what, done: action.done(next(found), hash), faults: faults(found) }).toEqual({ what, done: true, faults: [] });
  });

  it('leaves the gate in order when it is stopped before any of its calls, whatever is lost', () => {
    const seen = new Set<string>();
    for (let crashAt = 1; crashAt <= calls; crashAt += 1) {
      const disk = base.disk.copy();
      const process = next(disk, 'act', { crashAt });
      expect(() => action.act(process, hash)).toThrow(Crash);
      for (const { what, disk: found } of disk.losses(crashAt)) {
        // Between two calls that only read, the same disk is found again.
        if (seen.size === seen.add(found.fingerprint()).size) continue;
        const active = next(found).gate.mode(ACCEPTED).mode === 'ACTIVE';
        const worked = uses(found.copy());
        const state = { crashAt, what, faults: faults(found), moreUses: worked - usesBefore };
        // A release may add the one use that it is for; nothing else adds any, and a token that led to ACTIVE has none left.
        const moreUses = action.name === 'a release' ? Math.min(worked, 1) : Math.min(worked - usesBefore, 0);
        expect(state).toEqual({ crashAt, what, faults: [], moreUses });
        if (active && !wasActive)
          expect({ crashAt, what, name: action.name, worked }).toEqual({ crashAt, what, name: 'a burn', worked: 0 });
        if (!isFinished(found)) continue;
        finish(found);
        expect(faults(found)).toEqual([]);
        expect(uses(found)).toBe(0);
      }
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  it('leaves the gate in order when any of its calls fails, once or for good', () => {
    const seen = new Set<string>();
    for (let failAt = 1; failAt <= calls; failAt += 1) {
      for (const error of errorsAt(failAt))
        for (const sticky of [false, true]) {
          const disk = base.disk.copy();
          const result = outcome(() => action.act(next(disk, 'act', { failAt, sticky, error }), hash));
          // What was not read is never told, nor put aside, as what is broken, refused or not there.
          expect({ failAt, sticky, error, result: result === 'done' || isFailure(result, error) ? 'told' : result }).toEqual({
            failAt,
            sticky,
            error,
            result: 'told',
          });
          expect(disk.files().filter((path) => path.includes('/mode.json-'))).toEqual([]);
          for (const { what, disk: found } of disk.losses(failAt)) {
            if (seen.size === seen.add(`${found.fingerprint()} ${result === 'done'}`).size) continue;
            const state = { failAt, sticky, error, what };
            const done = action.done(next(found), hash);
            expect({ ...state, faults: faults(found) }).toEqual({ ...state, faults: [] });
            if (result === 'done') expect({ ...state, done }).toEqual({ ...state, done: true });
            expect(uses(found.copy())).toBeLessThanOrEqual(1);
            if (!isFinished(found)) continue;
            finish(found);
            expect(faults(found)).toEqual([]);
          }
        }
    }
  });
});

describe('a burn that is stopped, and stopped again when it is tried once more', WITHIN, () => {
  it('never lets a token release twice', () => {
    const { desk } = issued();
    const token = desk.gate.findToken(ACCEPTED);
    const attempt = (disk: Disk, plan: Plan, seed: string): 'released' | 'refused' | 'crashed' => {
      try {
        next(disk, seed, plan).gate.verifyAndBurn(token, ACCEPTED);
        return 'released';
      } catch (error) {
        return error instanceof Crash ? 'crashed' : 'refused';
      }
    };
    const calls = callsOf(desk.disk, (process) => process.gate.verifyAndBurn(token, ACCEPTED));
    const firsts = new Map<string, Disk>();
    for (let first = 1; first <= calls; first += 1) {
      const disk = desk.disk.copy();
      expect(attempt(disk, { crashAt: first }, 'first')).toBe('crashed');
      for (const { disk: found } of disk.losses(first)) firsts.set(found.fingerprint(), found);
    }
    const seen = new Set<string>();
    let released = 0;
    let spent = 0;
    let turn = SEED;
    for (const found of firsts.values()) {
      // A stride without a common factor with the calls of one step: over all the disks, every call is met.
      const [start, stride] = LONG ? [1, 1] : [1 + (turn % 7), 7];
      turn += 1;
      for (let second = start; second <= calls; second += stride) {
        const once = found.copy();
        const again = attempt(once, { crashAt: second }, 'second');
        for (const { disk: twice } of once.losses(turn)) {
          if (seen.size === seen.add(`${twice.fingerprint()} ${again}`).size) continue;
          const results = [again, attempt(twice, {}, 'third'), attempt(twice, {}, 'fourth')];
          const count = results.filter((result) => result === 'released').length;
          expect(count).toBeLessThanOrEqual(1);
          expect(faults(twice)).toEqual([]);
          if (count === 1) released += 1;
          else spent += 1;
        }
      }
    }
    // Both happen: a crash before the line costs nothing, one after it costs the token.
    expect(released).toBeGreaterThan(10);
    expect(spent).toBeGreaterThan(20);
  });
});

describe('a halt that cannot be written', () => {
  it('halts all the same, by taking the end of what permitted trading', () => {
    const { desk } = active();
    const halt = (process: Desk) => process.gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'smoke' });
    const calls = callsOf(desk.disk, halt);
    let met = 0;
    for (let failAt = 1; failAt <= calls; failAt += 1)
      for (const error of errorsAt(failAt)) {
        const disk = desk.disk.copy();
        let said = '';
        try {
          halt(next(disk, 'act', { failAt, error }));
        } catch (thrown) {
          said = String(thrown);
        }
        if (!/(create|write|sync) .*mode\.json|rename .*mode\.json/.test(said)) continue;
        met += 1;
        for (const { what, disk: found } of disk.losses(failAt))
          expect({ failAt, error, said, what, mode: next(found).gate.mode().mode }).toEqual({ failAt, error, said, what, mode: 'HALTED' });
      }
    expect(met).toBe(4 * errorsAt(0).length);
  });
});

describe('a pointer that is there, and that the disk does not find when it is read', () => {
  it('is not taken for none: no token stays behind a withdrawal that returned', () => {
    const { desk } = issued();
    const withdraw = (process: Desk) => process.gate.stayHalted({ by: 'rob', reason: 'not yet' });
    const calls = callsOf(desk.disk, withdraw);
    let failed = 0;
    for (let failAt = 1; failAt <= calls; failAt += 1) {
      const disk = desk.disk.copy();
      const result = outcome(() => withdraw(next(disk, 'act', { failAt, error: 'ENOENT' })));
      if (result !== 'done') failed += 1;
      else expect({ failAt, token: next(disk).gate.findToken(ACCEPTED) }).toEqual({ failAt, token: null });
    }
    expect(failed).toBeGreaterThan(10);
  });
});

describe('the order of the effects', () => {
  const trace = (action: string): string[] => {
    const found = ACTIONS.find((candidate) => candidate.name === action)!;
    const { desk, hash } = found.before();
    const process = next(desk.disk, 'act');
    // What a process does once, before its first action, is not the matter here.
    process.gate.record('ada', 'test.warmed', {});
    const from = process.storage.trace.length;
    found.act(process, hash);
    const short = (call: string) => call.replaceAll(`${ROOT}/`, '').replace(/[0-9a-f]{64}/g, '#');
    const calls = process.storage.trace.slice(from).map(short);
    return calls.filter((call) => !call.startsWith('lock ') && call !== 'makeDirectory gate');
  };
  const line = [
    'write audit/audit.log',
    'sync audit/audit.log',
    'write audit/audit.log',
    'sync audit/audit.log',
    'create audit/audit.head.tmp',
    'write audit/audit.head.tmp',
    'sync audit/audit.head.tmp',
    'rename audit/audit.head',
    'syncDirectory audit',
  ];
  const published = (directory: string, name: string) => [
    `create ${directory}/${name}.tmp`,
    `write ${directory}/${name}.tmp`,
    `sync ${directory}/${name}.tmp`,
    `rename ${directory}/${name}`,
    `syncDirectory ${directory}`,
  ];

  it('of a release is: line, token, pointer', () => {
    expect(trace('a release')).toEqual([...line, ...published('gate/tokens', '#.json'), ...published('gate', 'current.json')]);
  });

  it('of a burn is: line, burnt mark, line, mode', () => {
    const burnt = ['create gate/burnt/#', 'write gate/burnt/#', 'sync gate/burnt/#', 'syncDirectory gate/burnt'];
    expect(trace('a burn')).toEqual([...line, ...burnt, ...line, ...published('gate', 'mode.json')]);
  });

  it('of a halt is: mode, line, the end of the release', () => {
    expect(trace('a halt')).toEqual([...published('gate', 'mode.json'), ...line, ...published('gate/burnt', '#')]);
  });

  it('of a step up is: line, mode', () => {
    expect(trace('a step up')).toEqual([...line, ...published('gate', 'mode.json')]);
  });
});
