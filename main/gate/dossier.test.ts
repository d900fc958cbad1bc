import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUND_RULES, changes, differences, isWithin, type WorldNow } from './bounds.ts';
import { canonicalText, sha256Hex } from './canonical.ts';
import {
  buildDossier,
  type DossierDraft,
  dossierHash,
  type Envelope,
  PROPOSAL_RULES,
  publishDossier,
  readDossier,
  remainingNs,
} from './dossier.ts';
import { gateLayout } from './layout.ts';
import {
  ACCEPTED,
  another,
  CALM,
  type Desk,
  DRAFT,
  outcome,
  ProcessStorage,
  proposeDraft,
  ROOT,
  resealed,
  STORE_ID,
  staffed,
} from './simulated.test-support.ts';
import { timeOf, timeText } from './time.ts';

const PROPOSAL = { by: 'ada', proposedAt: '2026-01-31T09:31:04.112000000Z', expiresAt: '2026-01-31T09:46:04.112000000Z' };
const build = (draft: DossierDraft = DRAFT) => buildDossier(draft, STORE_ID, ACCEPTED, PROPOSAL);

describe('a dossier', () => {
  it('has the hash that an independent reader computes from its file', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    const envelope = JSON.parse(desk.disk.text(`${ROOT}/gate/dossiers/${hash}.json`)) as Envelope;
    expect(sha256Hex(canonicalText(envelope.dossier))).toBe(hash);
    expect(envelope.dossier).toMatchObject({ ...DRAFT, ...ACCEPTED, storeId: STORE_ID, proposedBy: 'ada' });
  });

  it('changes its hash with every field', () => {
    const dossier = build();
    const hashes = new Set([dossierHash(dossier)]);
    let changed = 0;
    const visit = (value: unknown, rebuild: (value: unknown) => unknown): void => {
      const put = (next: unknown) => {
        changed += 1;
        hashes.add(sha256Hex(canonicalText(rebuild(next))));
      };
      if (Array.isArray(value)) {
        put([...value, 'more']);
        for (const [i, item] of value.entries()) visit(item, (next) => rebuild(value.with(i, next)));
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, item] of Object.entries(value)) visit(item, (next) => rebuild({ ...value, [key]: next }));
      } else if (typeof value === 'boolean') put(!value);
      else if (typeof value === 'number') put(value + 1);
      else put(`${value}!`);
    };
    visit(dossier, (value) => value);
    expect(changed).toBeGreaterThan(30);
    expect(hashes.size).toBe(changed + 1);
  });

  it.each<[string, unknown]>([
    ['a field more', { ...DRAFT, extra: 1 }],
    ['no bounds', { ...DRAFT, bounds: undefined }],
    ['a float', { ...DRAFT, exposure: { ...DRAFT.exposure, grossNow: 900.5 } }],
    ['an exponent', { ...DRAFT, exposure: { ...DRAFT.exposure, grossNow: '9e2' } }],
    ['a negative bound', { ...DRAFT, bounds: { ...DRAFT.bounds, lossSinceProposal: '-1' } }],
    ['too many breaks', { ...DRAFT, breaks: Array.from({ length: 10_001 }, (_, i) => ({ ...DRAFT.breaks[0], id: `b${i}` })) }],
    ['a comment that reads backwards', { ...DRAFT, breaks: [{ ...DRAFT.breaks[0], comment: 'ok \u202etsol' }] }],
    ['a mode that does not exist', { ...DRAFT, scope: { ...DRAFT.scope, mode: 'HALTED' } }],
  ])('is not proposed with %s', (_name, draft) => {
    expect(outcome(() => build(draft as DossierDraft))).toBe('PAYLOAD_INVALID');
  });

  const undecided = { ...DRAFT.breaks[0]!, id: 'b-2', decision: null, blocking: false };
  it.each<[string, string, DossierDraft]>([
    ['a blocking break without a decision', 'BREAKS_UNRESOLVED blockingBreaks', { ...DRAFT, breaks: [{ ...undecided, blocking: true }] }],
    ['more undecided breaks than its bound', 'BREAKS_UNRESOLVED unexplainedBreaks', { ...DRAFT, breaks: [undecided] }],
    ['a break twice', 'APPROVAL_INVALID duplicateBreak', { ...DRAFT, breaks: [DRAFT.breaks[0]!, DRAFT.breaks[0]!] }],
    ['a refused recovery', 'APPROVAL_INVALID recoveryRefused', { ...DRAFT, recovery: { ...DRAFT.recovery, outcome: 'refused' } }],
    ['a state rebuilt from the venues', 'APPROVAL_INVALID reconstructed', { ...DRAFT, recovery: { ...DRAFT.recovery, base: 'L5' } }],
  ])('is not proposed on %s', (_name, reason, draft) => {
    expect(outcome(() => build(draft))).toBe(reason);
    expect(PROPOSAL_RULES.some((rule) => reason.endsWith(rule.reason))).toBe(true);
  });

  it('is proposed on what is just inside those rules', () => {
    const bounds = { ...DRAFT.bounds, unexplainedBreaks: 1 };
    const overrides = [{ what: 'damage', reason: 'we know', by: 'ada' }];
    expect(outcome(() => build({ ...DRAFT, breaks: [undecided], bounds }))).toBe('done');
    expect(outcome(() => build({ ...DRAFT, recovery: { ...DRAFT.recovery, outcome: 'refused' }, overrides }))).toBe('done');
    const reducing = { ...DRAFT.scope, mode: 'REDUCING' as const };
    expect(outcome(() => build({ ...DRAFT, recovery: { ...DRAFT.recovery, base: 'L5' }, scope: reducing }))).toBe('done');
  });

  it('is not published under a hash that is not its own: nobody could read it', () => {
    const desk = staffed();
    const envelope = readDossier(desk.storage, gateLayout(ROOT), STORE_ID, proposeDraft(desk));
    const before = desk.disk.fingerprint();
    expect(outcome(() => publishDossier(desk.storage, gateLayout(ROOT), { ...envelope, hash: 'ab'.repeat(32) }))).toBe('PAYLOAD_INVALID');
    expect(desk.disk.fingerprint()).toBe(before);
  });

  it('file that was changed, exchanged or belongs elsewhere is not read', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    const path = `${ROOT}/gate/dossiers/${hash}.json`;
    const good = desk.disk.text(path);
    const read = (storeId = STORE_ID) => outcome(() => readDossier(new ProcessStorage(desk.disk), gateLayout(ROOT), storeId, hash));
    expect(read()).toBe('done');
    expect(read('b2'.repeat(16))).toBe('STORE_FOREIGN');
    for (const [bad, code] of [
      [good.replace('"lsn":48120331', '"lsn":48120332'), 'CHECKSUM_MISMATCH'],
      [resealed(good.replace('"lsn":48120331', '"lsn":48120332')), 'CHECKSUM_MISMATCH'],
      [resealed(good.replaceAll(hash, 'ab'.repeat(32))), 'CHECKSUM_MISMATCH'],
      [good.replace('"monotonicNs":"', '"monotonicNs":"1'), 'CHECKSUM_MISMATCH'],
      [good.replace('"checksum":', '"checksun":'), 'FORMAT_INVALID'],
      [`${good} `, 'FORMAT_INVALID'],
      [good.slice(0, -1), 'FORMAT_INVALID'],
      [good.replace('"dossier":', '"__proto__":1,"dossier":'), 'FORMAT_INVALID'],
      ['', 'FORMAT_INVALID'],
      [`"${'x'.repeat(8 * 1024 * 1024)}"`, 'VALUE_OUT_OF_RANGE'],
    ] as const) {
      desk.disk.put(path, bad);
      expect(read().split(' ')[0]).toBe(code);
    }
  });
});

describe('the bounds', () => {
  const dossier = build();
  const UNIT = '0.000000000000000001';

  it('have a row for each', () => {
    expect(BOUND_RULES.map((rule) => rule.bound).sort()).toEqual(Object.keys(DRAFT.bounds).sort());
  });

  it.each<[string, Partial<WorldNow>, boolean]>([
    ['the world as proposed', {}, true],
    ['gross exposure at its bound', { grossExposure: '1000' }, true],
    ['one unit of the last place more', { grossExposure: `1000${UNIT.slice(1)}` }, false],
    ['net exposure at its bound', { netExposure: '100.000' }, true],
    ['net exposure at its bound, short', { netExposure: '-100' }, true],
    ['net exposure beyond it, short', { netExposure: `-100${UNIT.slice(1)}` }, false],
    ['the loss at its bound', { worth: '-62' }, true],
    ['a loss beyond it', { worth: `-62${UNIT.slice(1)}` }, false],
    ['a profit', { worth: '1000000' }, true],
    ['one break', { unexplainedBreaks: 1 }, false],
    ['unknown breaks', { unexplainedBreaks: null }, false],
    ['unknown gross exposure', { grossExposure: null }, false],
    ['unknown net exposure', { netExposure: null }, false],
    ['an unknown loss', { worth: null }, false],
  ])('hold or do not: %s', (_name, moved, within) => {
    expect(isWithin(changes(dossier, { ...CALM, ...moved }))).toBe(within);
  });

  it('do not hold where the worth was unknown at the proposal: nobody knows what was lost since', () => {
    const unmeasured = { ...dossier, exposure: { ...dossier.exposure, worthNow: null } };
    expect(isWithin(changes(unmeasured, CALM))).toBe(false);
  });

  it('say what was proposed and what is now', () => {
    expect(changes(dossier, { ...CALM, netExposure: null, worth: '-72' })).toEqual([
      { what: 'unexplained breaks', proposed: '0', now: '0', within: true },
      { what: 'gross exposure', proposed: '900.5', now: '900.5', within: true },
      { what: 'net exposure', proposed: '-20.25', now: 'UNKNOWN', within: false },
      { what: 'loss since the proposal', proposed: '0', now: '60', within: false },
    ]);
  });

  it('are compared exactly, to the last place', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 18 })).map(([units, places]) => {
      const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
      const whole = digits.slice(0, digits.length - places).slice(-30);
      return { text: `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(digits.length - places)}`}`, places };
    });
    fc.assert(
      fc.property(decimal, decimal, (now, bound) => {
        const limit = bound.text.replace('-', '');
        const scaled = (text: string) => {
          const [whole, fraction = ''] = text.replace('-', '').split('.');
          return BigInt(`${whole}${fraction.padEnd(18, '0')}`);
        };
        const bounds = { ...DRAFT.bounds, grossExposure: limit };
        const list = changes({ ...dossier, bounds }, { ...CALM, grossExposure: now.text });
        expect(list.find((change) => change.what === 'gross exposure')?.within).toBe(scaled(now.text) <= scaled(limit));
      }),
    );
  });

  it('refuse figures that are no plain decimals', () => {
    expect(outcome(() => changes(dossier, { ...CALM, grossExposure: '1e3' }))).toBe('AMOUNT_INVALID');
  });
});

describe('the difference to the dossier before', () => {
  it('is all that changed, and nothing else', () => {
    const before = build({ ...DRAFT, breaks: [DRAFT.breaks[0]!, { ...DRAFT.breaks[0]!, id: 'gone' }] });
    const after = buildDossier(
      {
        ...DRAFT,
        breaks: [
          { ...DRAFT.breaks[0]!, comment: 'called the venue' },
          { ...DRAFT.breaks[0]!, id: 'new' },
        ],
        bounds: { ...DRAFT.bounds, lossSinceProposal: '60' },
      },
      STORE_ID,
      { ...ACCEPTED, lsn: ACCEPTED.lsn + 1 },
      { by: 'rob', proposedAt: PROPOSAL.expiresAt, expiresAt: '2026-01-31T10:46:04.112000000Z' },
    );
    expect(differences(before, before)).toEqual([]);
    expect(differences(before, after).map((one) => [one.what, one.before === null, one.after === null])).toEqual([
      ['bounds.lossSinceProposal', false, false],
      ['breaks[b-1]', false, false],
      ['breaks[gone]', false, true],
      ['breaks[new]', true, false],
      ['lsn', false, false],
    ]);
  });

  it('is found through the hash that the envelope carries', () => {
    const desk = staffed();
    const first = proposeDraft(desk);
    const second = proposeDraft(desk, { ...DRAFT, bounds: { ...DRAFT.bounds, netExposure: '120' } });
    expect(desk.gate.dossier(first).supersedes).toBeNull();
    expect(desk.gate.dossier(second).supersedes).toBe(first);
    expect(desk.gate.differences(first)).toBeNull();
    expect(desk.gate.differences(second)).toEqual([{ what: 'bounds.netExposure', before: '"100"', after: '"120"' }]);
  });
});

describe('expiry', () => {
  const LIFE = 15 * 60_000;
  const step = (desk: Desk, ms: number) => {
    desk.clock.wall += BigInt(ms) * 1_000_000n;
  };
  const status = (desk: Desk) => desk.gate.view().dossier?.status;

  it('comes after its lifetime, in every process', () => {
    const desk = staffed();
    proposeDraft(desk);
    desk.clock.pass(LIFE - 1);
    expect([status(desk), status(another(desk))]).toEqual(['open', 'open']);
    desk.clock.pass(1);
    expect([status(desk), status(another(desk))]).toEqual(['expired', 'expired']);
  });

  it('is not put off in the process that proposed it by a wall clock that is stepped back', () => {
    const desk = staffed();
    proposeDraft(desk);
    desk.clock.pass(LIFE - 1000);
    step(desk, -600_000);
    expect(status(desk)).toBe('open');
    desk.clock.pass(1000);
    expect(status(desk)).toBe('expired');
    expect(status(another(desk))).toBe('open');
  });

  it('comes at once where the wall clock is stepped past it, or stands before the proposal', () => {
    const desk = staffed();
    proposeDraft(desk);
    step(desk, LIFE);
    expect([status(desk), status(another(desk))]).toEqual(['expired', 'expired']);
    step(desk, -LIFE - 4000);
    expect([status(desk), status(another(desk))]).toEqual(['open', 'open']);
    step(desk, -2000);
    expect([status(desk), status(another(desk))]).toEqual(['open', 'expired']);
  });

  it('is counted in nanoseconds', () => {
    const dossier = build();
    const envelope: Envelope = {
      format: 'rearm-envelope-1',
      dossier,
      hash: dossierHash(dossier),
      supersedes: null,
      proposer: { instance: 'aa', monotonicNs: '7' },
    };
    const end = timeOf(dossier.expiresAt);
    expect(remainingNs(envelope, { wallNs: end - 1n, monotonicNs: 0n, instance: 'bb' })).toBe(1n);
    expect(remainingNs(envelope, { wallNs: end - 5n, monotonicNs: 7n + BigInt(LIFE) * 1_000_000n - 3n, instance: 'aa' })).toBe(3n);
    expect(timeText(end)).toBe(dossier.expiresAt);
  });
});
