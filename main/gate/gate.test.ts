import { describe, expect, it } from 'vitest';
import { privateKeyOf, publicKeyText, signHash } from './ed25519.ts';
import { makeKey, publishKey } from './keyring.ts';
import {
  ACCEPTED,
  another,
  CALM,
  CHEAP,
  type Desk,
  DRAFT,
  emptyDisk,
  open,
  outcome,
  PASSPHRASES,
  proposeDraft,
  ROOT,
  releaseBy,
  resealed,
  STORMY,
  signBoth,
  staffed,
  testRandom,
} from './simulated.test-support.ts';

const HERE = { accepted: ACCEPTED, now: CALM };
const sign = (desk: Desk, personId: 'ada' | 'rob', dossierHash: string, world = {}) =>
  outcome(() => desk.gate.sign({ personId, dossierHash, passphrase: PASSPHRASES[personId] }, world));
const actions = (desk: Desk) => desk.gate.auditView(100).entries.map((entry) => `${entry.actor} ${entry.action}`);
const MODE = `${ROOT}/gate/mode.json`;

function released(): Desk {
  const desk = staffed();
  const hash = proposeDraft(desk);
  signBoth(desk, hash);
  another(desk).gate.verifyAndBurn(releaseBy(desk, hash), ACCEPTED);
  return desk;
}

describe('from a crash to trading', () => {
  it('takes a proposal, two signatures from two machines, a release and a burn, and every process sees the same', () => {
    const console1 = staffed();
    const console2 = another(console1);
    const laptop = another(console1);
    const engine = another(console1);
    expect(engine.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'absent' });
    engine.gate.reportEngine('waiting', 'for a release');

    const hash = proposeDraft(console1);
    expect(console2.gate.view(HERE).dossier).toMatchObject({ hash, status: 'open', signatures: [], owes: ['trader', 'risk'] });
    expect(sign(console1, 'ada', hash)).toBe('done');
    expect(console2.gate.view(HERE).dossier).toMatchObject({ status: 'open', owes: ['risk'] });
    expect(outcome(() => releaseBy(console2, hash))).toBe('APPROVAL_INVALID oneSignature');
    expect(engine.gate.findToken(ACCEPTED)).toBeNull();
    expect(sign(laptop, 'rob', hash)).toBe('done');
    const { dossier } = console1.gate.view(HERE);
    expect(dossier).toMatchObject({
      status: 'complete',
      owes: [],
      signatures: [
        { personId: 'ada', role: 'trader' },
        { personId: 'rob', role: 'risk', name: 'Rob Roy' },
      ],
    });
    expect(dossier?.changes.every((change) => change.within)).toBe(true);
    expect(dossier!.expiresInMs).toBeGreaterThan(14 * 60_000);

    const token = releaseBy(console2, hash);
    expect(console1.gate.view(HERE)).toMatchObject({
      mode: 'HALTED',
      dossier: { status: 'released' },
      token: { nonce: token.nonce, burntAt: null },
    });
    expect(outcome(() => releaseBy(console1, hash))).toBe('APPROVAL_INVALID released');
    expect(engine.gate.verifyAndBurn(engine.gate.findToken(ACCEPTED), ACCEPTED).mode).toBe('ACTIVE');
    engine.gate.reportEngine('trading', 'quoting on ALPHA');
    const view = console1.gate.view(HERE);
    expect(view).toMatchObject({
      mode: 'ACTIVE',
      reason: 'released by ada and rob',
      onePersonMode: false,
      accepted: ACCEPTED,
      engine: { state: 'trading', detail: 'quoting on ALPHA' },
    });
    expect(view.token?.burntAt).toBe(view.token && JSON.parse(console1.disk.text(`${ROOT}/gate/burnt/${token.nonce}`)).at);
    expect(actions(console1)).toEqual([
      'rearm audit.created',
      'creator person.enrolled',
      'creator person.enrolled',
      'engine engine.reported',
      'ada dossier.proposed',
      'ada dossier.signed',
      'rob dossier.signed',
      'ada token.issued',
      'engine token.burnt',
      'engine mode.set',
      'engine engine.reported',
    ]);
    expect(console1.gate.auditView(3)).toMatchObject({ verified: true, firstBad: null });
  });

  it('takes a signature that was made elsewhere, and no other', () => {
    const desk = open(emptyDisk());
    const key = privateKeyOf(new Uint8Array(32).fill(5));
    desk.gate.enrol({ id: 'ada', name: 'Ada', role: 'trader', passphrase: PASSPHRASES.ada });
    desk.gate.enrol({ id: 'rob', name: 'Rob', role: 'risk', publicKey: publicKeyText(key) });
    const dossierHash = proposeDraft(desk);
    const signWith = (signature: string) => outcome(() => desk.gate.sign({ personId: 'rob', dossierHash, signature }));
    expect(signWith(signHash(key, 'rearm-audit-1', dossierHash))).toBe('SIGNATURE_INVALID wrongKey');
    expect(signWith(signHash(key, 'rearm-approval-1', 'ab'.repeat(32)))).toBe('SIGNATURE_INVALID wrongKey');
    expect(signWith('')).toBe('SIGNATURE_INVALID wrongKey');
    expect(outcome(() => desk.gate.sign({ personId: 'rob', dossierHash, passphrase: 'x' }))).toBe('NOT_FOUND');
    expect(outcome(() => desk.gate.sign({ personId: 'rob', dossierHash }))).toBe('PAYLOAD_INVALID');
    expect(desk.gate.view().dossier?.signatures).toEqual([]);
    expect(signWith(signHash(key, 'rearm-approval-1', dossierHash))).toBe('done');
    expect(desk.gate.view().dossier?.owes).toEqual(['trader']);
  });

  it('takes a key from a directory of the person', () => {
    const desk = staffed();
    const own = makeKey('eva', 'eva says open', testRandom('eva'), CHEAP);
    desk.storage.makeDirectory('/home/eva');
    publishKey(desk.storage, '/home/eva', own);
    const hash = proposeDraft(desk);
    const request = { personId: 'eva', dossierHash: hash, passphrase: 'eva says open', keyDirectory: '/home/eva' };
    expect(outcome(() => desk.gate.sign(request))).toBe('APPROVAL_INVALID unknownPerson');
    desk.storage.rename('/home/eva/eva.key', '/home/eva/kept');
    expect(outcome(() => desk.gate.sign(request))).toBe('NOT_FOUND');
  });

  it('writes nothing on a second signature of the same person', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    sign(desk, 'ada', hash);
    const before = desk.gate.auditView(1).head;
    expect(sign(desk, 'ada', hash)).toBe('done');
    expect(desk.gate.auditView(1).head).toBe(before);
  });

  it('can be staged: REDUCING first, then ACTIVE by another dossier', () => {
    const desk = staffed();
    const scope = { mode: 'REDUCING', venues: ['ALPHA'], strategies: ['mm'] } as const;
    const first = proposeDraft(desk, { ...DRAFT, scope });
    signBoth(desk, first);
    expect(desk.gate.verifyAndBurn(releaseBy(desk, first), ACCEPTED)).toMatchObject({ mode: 'REDUCING', until: null, strategies: ['mm'] });
    const second = proposeDraft(desk);
    signBoth(desk, second);
    expect(desk.gate.verifyAndBurn(releaseBy(desk, second), ACCEPTED).mode).toBe('ACTIVE');
  });
});

describe('a dossier in force', () => {
  it.each<[string, string, (desk: Desk) => void]>([
    ['expired', 'expired', (desk) => desk.clock.pass(15 * 60_000)],
    ['replaced', 'superseded', (desk) => void proposeDraft(desk)],
    ['void by a decision', 'void', (desk) => void desk.gate.stayHalted({ by: 'rob', reason: 'not like this' })],
    ['void by a halt', 'void', (desk) => void desk.gate.setMode({ mode: 'HALTED', by: 'anybody', reason: 'stop' })],
    ['without a pointer', 'noDossier', (desk) => desk.disk.delete(`${ROOT}/gate/current.json`)],
    ['with a pointer that is damaged', 'noDossier', (desk) => desk.disk.put(`${ROOT}/gate/current.json`, '{')],
  ])('can neither be signed nor released once it is %s', (_name, reason, change) => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    sign(desk, 'ada', hash);
    change(desk);
    expect(sign(desk, 'rob', hash)).toBe(`APPROVAL_INVALID ${reason}`);
    expect(outcome(() => releaseBy(desk, hash))).toBe(`APPROVAL_INVALID ${reason}`);
    const complete = staffed();
    const second = proposeDraft(complete);
    signBoth(complete, second);
    change(complete);
    expect(outcome(() => releaseBy(complete, second))).toBe(`APPROVAL_INVALID ${reason}`);
    expect(complete.gate.findToken(ACCEPTED)).toBeNull();
  });

  it('is void once the world left its bounds, also when it comes back', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    expect(desk.gate.view({ accepted: ACCEPTED, now: STORMY }).dossier?.status).toBe('void');
    expect(desk.gate.view(HERE).dossier?.status).toBe('complete');
    expect(outcome(() => desk.gate.release({ by: 'ada', dossierHash: hash, accepted: ACCEPTED, now: STORMY }))).toBe(
      'APPROVAL_INVALID void',
    );
    expect(desk.gate.view(HERE).dossier?.status).toBe('void');
    expect(outcome(() => releaseBy(desk, hash))).toBe('APPROVAL_INVALID void');
    expect(actions(desk).at(-1)).toBe('ada dossier.voided');
    const next = proposeDraft(desk);
    expect(desk.gate.dossier(next).supersedes).toBe(hash);
  });

  it('is voided by whoever looks at the world, before or after its release, until its token is used', () => {
    for (const stage of ['open', 'complete', 'released'] as const) {
      const desk = staffed();
      const hash = proposeDraft(desk);
      if (stage !== 'open') signBoth(desk, hash);
      const token = stage === 'released' ? releaseBy(desk, hash) : null;
      desk.gate.enforce('console', HERE);
      const lines = actions(desk).length;
      desk.gate.enforce('console', { accepted: ACCEPTED, now: STORMY });
      expect(desk.gate.view(HERE).dossier?.status).toBe('void');
      expect(actions(desk).slice(lines)).toEqual(['console dossier.voided']);
      desk.gate.enforce('console', { accepted: ACCEPTED, now: STORMY });
      expect(actions(desk)).toHaveLength(lines + 1);
      if (token) expect(outcome(() => desk.gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID used');
    }
    const trading = released();
    trading.gate.enforce('console', { accepted: ACCEPTED, now: STORMY });
    expect(trading.gate.mode(ACCEPTED).mode).toBe('ACTIVE');
  });

  it('is not signed by somebody who sees the world outside its bounds, or another head', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    expect(sign(desk, 'ada', hash, { accepted: { ...ACCEPTED, epoch: 8 } })).toBe('APPROVAL_INVALID otherHead');
    expect(sign(desk, 'ada', hash, { now: { ...CALM, grossExposure: null } })).toBe('APPROVAL_INVALID void');
    expect(sign(desk, 'ada', hash, HERE)).toBe('APPROVAL_INVALID void');
  });

  it('is not released for another head than it describes', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    for (const other of [{ epoch: 8 }, { lsn: 1 }, { headHash: 'fedcba9876543210' }]) {
      const release = () => desk.gate.release({ by: 'ada', dossierHash: hash, accepted: { ...ACCEPTED, ...other }, now: CALM });
      expect(outcome(release)).toBe('APPROVAL_INVALID otherHead');
    }
    expect(
      outcome(() => desk.gate.release({ by: 'ada', dossierHash: hash, accepted: { ...ACCEPTED, storeId: 'b2'.repeat(16) }, now: CALM })),
    ).toBe('STORE_FOREIGN');
    expect(outcome(() => releaseBy(desk, hash))).toBe('done');
  });

  it('does not count a signature that was tampered with, or whose person was revoked', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    const path = `${ROOT}/gate/dossiers/${hash}.rob.sig`;
    const good = desk.disk.text(path);
    for (const bad of [
      '',
      '{}',
      resealed(good.replace('"personId":"rob"', '"personId":"ada"')),
      desk.disk.text(path.replace('rob', 'ada')),
      resealed(good.replace(/"signature":"./, '"signature":"/')),
      good.replace(/"signedAt":"2026/, '"signedAt":"2027'),
    ]) {
      desk.disk.put(path, bad);
      expect(desk.gate.view(HERE).dossier).toMatchObject({ status: 'open', owes: ['risk'] });
      expect(outcome(() => releaseBy(desk, hash))).toBe('APPROVAL_INVALID oneSignature');
    }
    desk.disk.put(path, good);
    desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left' });
    expect(outcome(() => releaseBy(desk, hash))).toBe('APPROVAL_INVALID oneSignature');
    expect(desk.gate.view(HERE).dossier?.signatures.map((one) => one.personId)).toEqual(['ada']);
  });

  it('is only proposed and released by somebody who is enrolled', () => {
    const desk = staffed();
    const propose = () => desk.gate.propose({ by: 'eve', accepted: ACCEPTED, draft: DRAFT });
    expect(outcome(propose)).toBe('APPROVAL_INVALID unknownPerson');
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    expect(outcome(() => desk.gate.release({ by: 'eve', dossierHash: hash, accepted: ACCEPTED, now: CALM }))).toBe(
      'APPROVAL_INVALID unknownPerson',
    );
  });

  it('is worth nothing where the audit log does not verify', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    const log = `${ROOT}/audit/audit.log`;
    const good = desk.disk.text(log);
    desk.disk.put(log, good.replace('"role":"trader"', '"role":"risk"'));
    expect(outcome(() => releaseBy(desk, hash))).toMatch(/^AUDIT_BROKEN/);
    desk.disk.put(log, good);
    const token = releaseBy(desk, hash);
    const issued = desk.disk.text(log);
    desk.disk.put(log, issued.replace('"role":"trader"', '"role":"risk"'));
    expect(outcome(() => desk.gate.verifyAndBurn(token, ACCEPTED))).toMatch(/^AUDIT_BROKEN/);
    expect(desk.gate.mode().mode).toBe('HALTED');
    desk.disk.put(log, issued);
    expect(outcome(() => desk.gate.verifyAndBurn(token, ACCEPTED))).toBe('done');
  });
});

describe('modes', () => {
  it('up to REDUCING are set by one enrolled person, and REDUCING ends by itself', () => {
    const desk = staffed();
    expect(outcome(() => desk.gate.setMode({ mode: 'CANCEL_ONLY', by: 'eve', reason: 'trust me' }))).toBe('APPROVAL_INVALID unknownPerson');
    expect(desk.gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'take quotes off' }).mode).toBe('CANCEL_ONLY');
    const reducing = desk.gate.setMode({ mode: 'REDUCING', by: 'rob', reason: 'hedge', minutes: 5, cap: '1000' });
    expect(reducing).toMatchObject({ mode: 'REDUCING', by: 'rob', cap: '1000' });
    expect(outcome(() => desk.gate.setMode({ mode: 'REDUCING', by: 'rob', reason: 'more time' }))).toBe('GATE_CLOSED');
    desk.clock.pass(5 * 60_000 - 1);
    expect(desk.gate.mode().mode).toBe('REDUCING');
    desk.clock.pass(1);
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'timePassed', since: reducing.until });
    const lines = actions(desk).length;
    desk.gate.enforce('console', {});
    desk.gate.enforce('console', {});
    expect(actions(desk).slice(lines)).toEqual(['console mode.rehalted']);
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'halted', by: 'console' });
  });

  it('take no more minutes, no other cap and no empty reason', () => {
    const { gate } = staffed();
    const by = 'ada';
    expect(outcome(() => gate.setMode({ mode: 'REDUCING', by, reason: 'hedge', minutes: 31 }))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => gate.setMode({ mode: 'REDUCING', by, reason: 'hedge', minutes: 0.5 }))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => gate.setMode({ mode: 'CANCEL_ONLY', by, reason: 'off', minutes: 5 }))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => gate.setMode({ mode: 'REDUCING', by, reason: 'hedge', cap: '-1' }))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => gate.setMode({ mode: 'REDUCING', by, reason: 'hedge', cap: 'much' }))).toBe('AMOUNT_INVALID');
    expect(outcome(() => gate.setMode({ mode: 'HALTED', by, reason: '' }))).toBe('PAYLOAD_INVALID');
  });

  it('do not reach ACTIVE through a file that somebody wrote', () => {
    const desk = released();
    const active = desk.disk.text(MODE);
    const { nonce } = desk.gate.mode();
    for (const forged of [active.replace(`"${nonce}"`, 'null'), active.replace(nonce!, 'ab'.repeat(32))]) {
      desk.disk.put(MODE, resealed(forged));
      expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
    }
    desk.disk.put(MODE, active);
    expect(desk.gate.mode().mode).toBe('ACTIVE');
    for (const [damaged, why] of [
      [active.slice(0, -1), 'unreadable'],
      ['', 'unreadable'],
      [resealed(active.replace(/a1a1/g, 'b2b2')), 'foreign'],
      [active.replace('ACTIVE', 'REDUCING'), 'unreadable'],
    ] as const) {
      desk.disk.put(MODE, damaged);
      expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: why });
    }
    desk.disk.delete(MODE);
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'absent' });
  });

  it('that replace what is no mode of this store keep it as evidence, and the log says what was in force, and why', () => {
    for (const [mode, spoil, because] of [
      ['CANCEL_ONLY', (text: string) => text.slice(0, -1), 'the mode record cannot be read'],
      ['HALTED', (text: string) => text.slice(0, -1), 'the mode record cannot be read'],
      ['REDUCING', (text: string) => resealed(text.replace(/a1a1/g, 'b2b2')), 'the mode record belongs to another store'],
    ] as const) {
      const desk = released();
      const damaged = spoil(desk.disk.text(MODE));
      desk.disk.put(MODE, damaged);
      desk.gate.setMode({ mode, by: 'ada', reason: 'smoke' });
      expect(desk.gate.mode().mode).toBe(mode);
      const kept = desk.disk.files().filter((path) => path.includes('/quarantine/mode.json-'));
      expect(kept.map((path) => desk.disk.text(path))).toEqual([damaged]);
      expect(desk.gate.auditView(1).entries.at(-1)!.details).toMatchObject({ from: 'HALTED', fromBecause: because, to: mode });
    }
  });

  it('do not reach ACTIVE through a token that was withdrawn', () => {
    const desk = released();
    const active = desk.disk.text(MODE);
    const { nonce } = desk.gate.mode();
    const hash = proposeDraft(desk);
    signBoth(desk, hash);
    const withdrawn = releaseBy(desk, hash).nonce;
    desk.gate.stayHalted({ by: 'rob', reason: 'no more' });
    desk.disk.put(MODE, resealed(active.replace(nonce!, withdrawn)));
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
    // Nor through an older record that somebody put back: what it was released for was halted.
    desk.disk.put(MODE, active);
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'noRelease' });
  });

  it('do not keep REDUCING longer than one person may, whatever the file says', () => {
    const desk = staffed();
    desk.gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'hedge' });
    const text = desk.disk.text(MODE);
    const until = desk.gate.mode().until!;
    for (const more of ['null', `"${until.replace('2026', '2027')}"`]) {
      desk.disk.put(MODE, resealed(text.replace(`"${until}"`, more)));
      expect(desk.gate.mode().case).toBe('unreadable');
    }
  });

  it('are HALTED while the clock stands before their time, and in the epoch after a crash', () => {
    const desk = released();
    desk.clock.wall -= 60_000_000_000n;
    expect(desk.gate.mode()).toMatchObject({ mode: 'HALTED', case: 'clockWrong' });
    desk.clock.wall += 60_000_000_000n;
    expect(desk.gate.mode({ ...ACCEPTED, epoch: ACCEPTED.epoch + 1 })).toMatchObject({ mode: 'HALTED', case: 'olderEpoch' });
    desk.gate.enforce('console', { accepted: { ...ACCEPTED, epoch: ACCEPTED.epoch + 1 } });
    expect(desk.gate.mode(ACCEPTED)).toMatchObject({ mode: 'HALTED', case: 'halted' });
  });

  it('go down at once, by anybody, and stay down with their first reason', () => {
    const desk = released();
    const first = desk.gate.setMode({ mode: 'HALTED', by: 'a bystander', reason: 'smoke' });
    expect(first).toMatchObject({ mode: 'HALTED', by: 'a bystander', reason: 'smoke' });
    expect(desk.gate.rehalt({ by: 'engine', cause: 'engineDied' })).toEqual(first);
    expect(actions(desk).slice(-2)).toEqual(['a bystander mode.set', 'engine mode.rehalted']);
    expect(outcome(() => desk.gate.setMode({ mode: 'ACTIVE' as 'HALTED', by: 'ada', reason: 'go' }))).toBe('GATE_CLOSED');
  });

  it('go down although the audit log is broken, which is said after it', () => {
    for (const [mode, expected] of [
      ['HALTED', 'HALTED'],
      ['CANCEL_ONLY', 'CANCEL_ONLY'],
      ['REDUCING', 'REDUCING'],
    ] as const) {
      const desk = released();
      desk.disk.put(`${ROOT}/audit/audit.log`, 'nonsense\n');
      expect(outcome(() => desk.gate.setMode({ mode, by: 'ada', reason: 'smoke' }))).toMatch(/^AUDIT_BROKEN/);
      expect(desk.gate.mode().mode).toBe(expected);
    }
    const up = staffed();
    up.disk.put(`${ROOT}/audit/audit.log`, 'nonsense\n');
    expect(outcome(() => up.gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'off' }))).toMatch(/^AUDIT_BROKEN/);
    expect(up.gate.mode().mode).toBe('HALTED');
  });

  it('go down in a store that has no gate yet', () => {
    const desk = open(emptyDisk());
    expect(desk.gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'first things first' }).case).toBe('halted');
    expect(desk.gate.auditView(10).verified).toBe(true);
  });

  it('keep a record that cannot be read as evidence', () => {
    const desk = released();
    desk.disk.put(MODE, 'garbage');
    desk.gate.stayHalted({ by: 'rob', reason: 'what is this' });
    const kept = desk.disk.files().filter((path) => path.endsWith('.damaged'));
    expect(kept.map((path) => desk.disk.text(path))).toEqual(['garbage']);
    expect(desk.gate.mode()).toMatchObject({ case: 'halted', by: 'rob' });
  });

  it('that go down withdraw a token that nobody used, and leave a dossier that is being signed', () => {
    const desk = staffed();
    desk.gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'hedge' });
    const hash = proposeDraft(desk);
    desk.gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'enough' });
    signBoth(desk, hash);
    desk.gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'hedge' });
    const token = releaseBy(desk, hash);
    desk.gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'wait' });
    expect(outcome(() => desk.gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID used');
    expect(outcome(() => releaseBy(desk, hash))).toBe('APPROVAL_INVALID void');
  });
});

describe('the view', () => {
  it('of an empty store is halted, and reads only', () => {
    const desk = open(emptyDisk());
    expect(desk.gate.view()).toEqual({
      mode: 'HALTED',
      since: null,
      reason: 'no mode was ever recorded',
      people: [],
      onePersonMode: false,
      dossier: null,
      accepted: null,
      token: null,
      engine: { state: 'absent', detail: 'the trading process has not reported', at: null },
    });
    expect(desk.gate.findToken(ACCEPTED)).toBeNull();
    expect(desk.storage.trace).toEqual([]);
  });

  it('shows what cannot be read, and fails for none of it', () => {
    const desk = released();
    for (const path of desk.disk.files().filter((name) => name.startsWith(`${ROOT}/gate/`))) {
      const good = desk.disk.bytes(path);
      for (const bad of ['', '{}', '{"format":"rearm-mode-1"}', '\u0000'.repeat(100), 'x'.repeat(100_000)]) {
        desk.disk.put(path, bad);
        const view = desk.gate.view(HERE);
        expect(['HALTED', 'ACTIVE']).toContain(view.mode);
        expect(desk.gate.findToken(ACCEPTED)).toBeNull();
      }
      desk.disk.put(path, good);
    }
    desk.disk.put(`${ROOT}/gate/people.log`, 'x\n');
    expect(desk.gate.view(HERE).reason).toContain('the enrolled people cannot be read');
  });

  it('says that an engine which said trading is gone', () => {
    const desk = released();
    desk.gate.reportEngine('trading', 'two quotes');
    const after = another(desk, { deps: { engineAlive: () => false } });
    expect(after.gate.view().engine).toMatchObject({ state: 'absent', detail: 'the process is gone; it last said: trading, two quotes' });
  });
});

describe('the lock', () => {
  it('of another process is waited for, and refused after that', () => {
    const locks = new Set<string>();
    const desk = staffed({ locks });
    locks.add(`${ROOT}/gate/lock`);
    let waits = 0;
    const patient = another(desk, {
      locks,
      deps: {
        wait: () => {
          waits += 1;
        },
      },
    });
    expect(outcome(() => proposeDraft(patient))).toBe('GATE_BUSY');
    expect(waits).toBe(249);
    const lucky = another(desk, { locks, seed: 'lucky', deps: { wait: () => void locks.clear() } });
    expect(outcome(() => proposeDraft(lucky))).toBe('done');
    expect(locks.size).toBe(0);
  });
});

describe('other services', () => {
  it('record entries of their own, and never the gate’s', () => {
    const desk = staffed();
    desk.gate.record('ada', 'venues.cancelled', { venue: 'ALPHA', orders: 3 });
    expect(actions(desk).at(-1)).toBe('ada venues.cancelled');
    for (const action of [
      'token.issued',
      'person.enrolled',
      'mode.set',
      'dossier.signed',
      'audit.created',
      'gate.x',
      'people.x',
      'engine.x',
    ]) {
      expect(outcome(() => desk.gate.record('ada', action, {}))).toBe('PAYLOAD_INVALID');
    }
  });
});

describe('the configuration', () => {
  it('is refused where a lifetime makes no sense', () => {
    const configure = (configuration: object) => outcome(() => open(emptyDisk(), { deps: { configuration } }));
    expect(configure({ dossierLifetimeMs: 24 * 3_600_000 })).toBe('CONFIGURATION_INVALID');
    expect(configure({ tokenLifetimeMs: 0 })).toBe('CONFIGURATION_INVALID');
    expect(configure({})).toBe('done');
    expect(outcome(() => open(emptyDisk(), { deps: { storeId: '../../etc' } }))).toBe('PAYLOAD_INVALID');
  });
});
