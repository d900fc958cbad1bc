import { describe, expect, it } from 'vitest';
import { SIGNER_SETS } from './approval.ts';
import { canonicalText } from './canonical.ts';
import { privateKeyOf, signHash } from './ed25519.ts';
import type { Accepted, Token } from './gate.ts';
import {
  ACCEPTED,
  another,
  CALM,
  type Desk,
  emptyDisk,
  open,
  outcome,
  PASSPHRASES,
  proposeDraft,
  ROOT,
  resealed,
  staffed,
} from './simulated.test-support.ts';
import { decideToken, MALFORMED, parseToken, TOKEN_RULES, type TokenFacts } from './token.ts';

const GOOD: TokenFacts = {
  ...(Object.fromEntries(Object.keys(MALFORMED).map((name) => [name, true])) as unknown as TokenFacts),
  signers: 'twoRoles',
  onePersonMode: false,
};
const FLAGS = Object.keys(MALFORMED).filter((name) => name !== 'signers' && name !== 'onePersonMode') as (keyof TokenFacts)[];

describe('the decision about a token', () => {
  it('is good in exactly the combinations of facts in which nothing is wrong', () => {
    const reasons = new Map<string, number>();
    let good = 0;
    const wrong: string[] = [];
    for (let bits = 0; bits < 1 << FLAGS.length; bits += 1) {
      const facts: Record<string, unknown> = {};
      for (let i = 0; i < FLAGS.length; i += 1) facts[FLAGS[i]!] = (bits & (1 << i)) !== 0;
      for (const signers of SIGNER_SETS)
        for (const onePersonMode of [false, true]) {
          const rule = decideToken({ ...facts, signers, onePersonMode } as unknown as TokenFacts);
          const enough = signers === 'twoRoles' || (onePersonMode && signers !== 'none');
          const expected = bits === (1 << FLAGS.length) - 1 && enough;
          if ((rule === null) !== expected) wrong.push(JSON.stringify({ bits, signers, onePersonMode }));
          if (rule === null) good += 1;
          else reasons.set(rule.reason, (reasons.get(rule.reason) ?? 0) + 1);
        }
    }
    expect(wrong).toEqual([]);
    expect(good).toBe(1 + 4);
    expect([...reasons.keys()].sort()).toEqual(TOKEN_RULES.map((rule) => rule.reason).sort());
  });

  it('names the fact that is wrong where only one is', () => {
    expect(decideToken(GOOD)).toBeNull();
    const named = FLAGS.map((flag) => decideToken({ ...GOOD, [flag]: false })?.reason);
    const expected = [
      'malformed',
      'foreignStore',
      'otherEpoch',
      'otherHead',
      'used',
      'withdrawn',
      'dossierMissing',
      'otherDossier',
      'scope',
      'void',
      'clock',
      'expired',
      'outlivesDossier',
      'unknownPerson',
      'revoked',
      'wrongKey',
      'notAudited',
    ];
    expect(named).toEqual(expected);
  });
});

/** A store with an issued token, signed by the trader ada, the trader tim and the risk officer rob. */
function issued(): { desk: Desk; token: Token; hash: string } {
  const desk = open(emptyDisk());
  desk.gate.enrolFirstSet([
    { id: 'ada', name: 'Ada Lovelace', role: 'trader', passphrase: PASSPHRASES.ada },
    { id: 'tim', name: 'Tim Berners', role: 'trader', passphrase: PASSPHRASES.tim },
    { id: 'rob', name: 'Rob Roy', role: 'risk', passphrase: PASSPHRASES.rob },
  ]);
  const hash = proposeDraft(desk);
  for (const personId of ['ada', 'tim', 'rob'] as const) desk.gate.sign({ personId, dossierHash: hash, passphrase: PASSPHRASES[personId] });
  return { desk, token: desk.gate.release({ by: 'rob', dossierHash: hash, accepted: ACCEPTED, now: CALM }), hash };
}

interface Attempt {
  readonly desk: Desk;
  readonly token: Token;
  readonly hash: string;
}
interface Offer {
  readonly token?: unknown;
  readonly accepted?: Accepted;
}
const CURRENT = `${ROOT}/gate/current.json`;
const later = (token: Token, ms: number): string =>
  token.expiresAt.replace(
    /^.*$/,
    (text) => `${new Date(Date.parse(`${text.slice(0, 19)}Z`) + ms).toISOString().slice(0, 19)}${text.slice(19)}`,
  );
const pointTo = ({ desk }: Attempt, nonce: string) =>
  desk.disk.put(CURRENT, resealed(desk.disk.text(CURRENT).replace(/"nonce":"[0-9a-f]+"/, `"nonce":"${nonce}"`)));
const eve = privateKeyOf(new Uint8Array(32).fill(9));

/** What is done to the token, the store or the clock, and the reason for which it must be refused. */
const FORGERIES: readonly [string, string, (attempt: Attempt) => unknown][] = [
  ['nothing', 'malformed', () => ({ token: null })],
  ['a field more', 'malformed', ({ token }) => ({ token: { ...token, extra: 1 } })],
  ['a field less', 'malformed', ({ token: { nonce: _, ...rest } }) => ({ token: rest })],
  ['another format', 'malformed', ({ token }) => ({ token: { ...token, format: 'rearm-token-2' } })],
  ['a nonce that is a path', 'malformed', ({ token }) => ({ token: { ...token, nonce: `../${token.nonce.slice(3)}` } })],
  ['another store', 'foreignStore', ({ token }) => ({ token: { ...token, storeId: 'b2'.repeat(16) } })],
  ['the head of another store', 'foreignStore', () => ({ accepted: { ...ACCEPTED, storeId: 'b2'.repeat(16) } })],
  ['another epoch', 'otherEpoch', () => ({ accepted: { ...ACCEPTED, epoch: 8 } })],
  ['another LSN', 'otherHead', () => ({ accepted: { ...ACCEPTED, lsn: ACCEPTED.lsn + 1 } })],
  ['another head hash', 'otherHead', () => ({ accepted: { ...ACCEPTED, headHash: 'fedcba9876543210' } })],
  [
    'a token moved to another epoch',
    'otherDossier',
    ({ token }) => ({ token: { ...token, epoch: 8 }, accepted: { ...ACCEPTED, epoch: 8 } }),
  ],
  ['a wider scope', 'scope', ({ token }) => ({ token: { ...token, scope: { ...token.scope, venues: [] } } })],
  ['a higher mode', 'scope', ({ token }) => ({ token: { ...token, scope: { ...token.scope, mode: 'REDUCING' } } })],
  ['its second use', 'used', ({ desk, token }) => void another(desk).gate.verifyAndBurn(token, ACCEPTED)],
  ['an empty burnt mark', 'used', ({ desk, token }) => desk.disk.put(`${ROOT}/gate/burnt/${token.nonce}`, '')],
  ['a decision to stay halted', 'used', ({ desk }) => void desk.gate.stayHalted({ by: 'rob', reason: 'not yet' })],
  ['a halt', 'used', ({ desk }) => void desk.gate.setMode({ mode: 'HALTED', by: 'anybody', reason: 'stop' })],
  ['a newer dossier', 'used', ({ desk }) => void proposeDraft(desk)],
  ['an automatic halt', 'used', ({ desk }) => void desk.gate.rehalt({ by: 'engine', cause: 'newBreak' })],
  ['another nonce', 'withdrawn', ({ token }) => ({ token: { ...token, nonce: 'ab'.repeat(32) } })],
  ['no pointer', 'withdrawn', ({ desk }) => desk.disk.delete(CURRENT)],
  [
    'another nonce that the pointer names',
    'notAudited',
    (attempt) => {
      pointTo(attempt, 'ab'.repeat(32));
      return { token: { ...attempt.token, nonce: 'ab'.repeat(32) } };
    },
  ],
  ['a dossier that is gone', 'dossierMissing', ({ desk, hash }) => desk.disk.delete(`${ROOT}/gate/dossiers/${hash}.json`)],
  [
    'a dossier that was changed',
    'dossierMissing',
    ({ desk, hash }) => {
      const path = `${ROOT}/gate/dossiers/${hash}.json`;
      desk.disk.put(path, resealed(desk.disk.text(path).replace('"replayed":412', '"replayed":413')));
    },
  ],
  ['a void mark', 'void', ({ desk, hash }) => desk.disk.put(`${ROOT}/gate/dossiers/${hash}.void`, '')],
  ['a clock before its issue', 'clock', ({ desk }) => desk.clock.pass(-10_000)],
  ['too late', 'expired', ({ desk }) => desk.clock.pass(5 * 60_000)],
  ['more time', 'notAudited', ({ token }) => ({ token: { ...token, expiresAt: later(token, 1000) } })],
  ['more time than the dossier has', 'outlivesDossier', ({ token }) => ({ token: { ...token, expiresAt: later(token, 3_600_000) } })],
  [
    'a signature of nobody',
    'unknownPerson',
    ({ token }) => ({ token: { ...token, approvals: [token.approvals[0], { ...token.approvals[1], personId: 'eve' }] } }),
  ],
  ['a revoked person', 'revoked', ({ desk }) => desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left the firm' })],
  [
    'a revocation that was cut off',
    'revoked',
    ({ desk }) => {
      const path = `${ROOT}/gate/people.log`;
      const before = desk.disk.bytes(path).slice();
      desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left the firm' });
      desk.disk.put(path, before);
    },
  ],
  [
    'a wrong key',
    'wrongKey',
    ({ token, hash }) => ({
      token: { ...token, approvals: [token.approvals[0], { personId: 'rob', signature: signHash(eve, 'rearm-approval-1', hash) }] },
    }),
  ],
  [
    'a signature over another dossier',
    'wrongKey',
    ({ token, desk }) => {
      const record = JSON.parse(desk.disk.text(`${ROOT}/gate/dossiers/${token.dossierHash}.ada.sig`)) as { signature: string };
      return { token: { ...token, approvals: [token.approvals[1], { personId: 'tim', signature: record.signature }] } };
    },
  ],
  ['no signature', 'noSignature', ({ token }) => ({ token: { ...token, approvals: [] } })],
  ['one signature', 'oneSignature', ({ token }) => ({ token: { ...token, approvals: [token.approvals[0]] } })],
  ['the same person twice', 'samePerson', ({ token }) => ({ token: { ...token, approvals: [token.approvals[0], token.approvals[0]] } })],
  [
    'the same role twice',
    'sameRole',
    ({ token, desk }) => {
      const record = JSON.parse(desk.disk.text(`${ROOT}/gate/dossiers/${token.dossierHash}.tim.sig`)) as { signature: string };
      return { token: { ...token, approvals: [token.approvals[0], { personId: 'tim', signature: record.signature }] } };
    },
  ],
];

describe('a release token', () => {
  it('releases once when nothing is wrong with it', () => {
    const { desk, token } = issued();
    const engine = another(desk);
    expect(engine.gate.findToken(ACCEPTED)).toEqual(token);
    expect(engine.gate.verifyToken(token, ACCEPTED)).toEqual({ valid: true, reason: '', sentence: '' });
    expect(engine.gate.mode().mode).toBe('HALTED');
    expect(engine.gate.verifyAndBurn(token, ACCEPTED)).toMatchObject({ mode: 'ACTIVE', venues: ['ALPHA'], nonce: token.nonce });
    expect(engine.gate.findToken(ACCEPTED)).toBeNull();
    expect(outcome(() => engine.gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID used');
  });

  it.each(FORGERIES)('is refused after %s: %s', (_name, reason, forge) => {
    const attempt = issued();
    const offer = (forge(attempt) ?? {}) as Offer;
    const token = 'token' in offer ? offer.token : attempt.token;
    const accepted = offer.accepted ?? ACCEPTED;
    const engine = another(attempt.desk);
    const before = engine.gate.mode(ACCEPTED);
    const burntBefore = attempt.desk.disk.files().filter((path) => path.includes('/burnt/'));
    expect(outcome(() => engine.gate.verifyAndBurn(token, accepted))).toBe(`TOKEN_INVALID ${reason}`);
    expect(engine.gate.verifyToken(token, accepted).reason).toBe(reason);
    expect(engine.gate.mode(ACCEPTED)).toEqual(before);
    expect(attempt.desk.disk.files().filter((path) => path.includes('/burnt/'))).toEqual(burntBefore);
  });

  it('has a forgery for every reason in the table', () => {
    const tried = new Set(FORGERIES.map(([, reason]) => reason));
    expect([...tried].sort()).toEqual(TOKEN_RULES.map((rule) => rule.reason).sort());
  });

  it('is not harmed by refused attempts', () => {
    const { desk, token } = issued();
    const engine = another(desk);
    for (const wrong of [null, { ...token, epoch: 8 }, { ...token, approvals: [] }]) {
      expect(outcome(() => engine.gate.verifyAndBurn(wrong, ACCEPTED))).toMatch(/^TOKEN_INVALID/);
    }
    expect(engine.gate.verifyAndBurn(token, ACCEPTED).mode).toBe('ACTIVE');
  });

  it('is found by nobody of another epoch, and after its time by nobody', () => {
    const { desk } = issued();
    expect(desk.gate.findToken({ ...ACCEPTED, epoch: 8 })).toBeNull();
    desk.clock.pass(5 * 60_000);
    expect(desk.gate.findToken(ACCEPTED)).toBeNull();
  });

  it('never outlives its dossier', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    desk.gate.sign({ personId: 'ada', dossierHash: hash, passphrase: PASSPHRASES.ada });
    desk.gate.sign({ personId: 'rob', dossierHash: hash, passphrase: PASSPHRASES.rob });
    desk.clock.pass(14 * 60_000);
    const token = desk.gate.release({ by: 'ada', dossierHash: hash, accepted: ACCEPTED, now: CALM });
    expect(token.expiresAt).toBe(desk.gate.dossier(hash).dossier.expiresAt);
  });

  it('needs a trading process whose own configuration allows one person', () => {
    const configuration = { onePersonMode: true };
    const desk = open(emptyDisk(), { deps: { configuration } });
    desk.gate.enrol({ id: 'ada', name: 'Ada Lovelace', role: 'trader', passphrase: PASSPHRASES.ada });
    const hash = proposeDraft(desk);
    desk.gate.sign({ personId: 'ada', dossierHash: hash, passphrase: PASSPHRASES.ada });
    expect(desk.gate.view().onePersonMode).toBe(true);
    const token = desk.gate.release({ by: 'ada', dossierHash: hash, accepted: ACCEPTED, now: CALM });
    expect(outcome(() => another(desk).gate.verifyAndBurn(token, ACCEPTED))).toBe('TOKEN_INVALID oneSignature');
    expect(another(desk, { deps: { configuration } }).gate.verifyAndBurn(token, ACCEPTED).mode).toBe('ACTIVE');
  });

  it('is read from its canonical bytes', () => {
    const { desk, token } = issued();
    const text = desk.disk.text(`${ROOT}/gate/tokens/${token.nonce}.json`);
    const { checksum, ...record } = JSON.parse(text) as Record<string, unknown>;
    expect(text).toBe(canonicalText({ ...token, checksum }));
    expect(parseToken(record)).toEqual(token);
  });
});
