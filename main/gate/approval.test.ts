import { describe, expect, it } from 'vitest';
import {
  decideApproval,
  owedRoles,
  SIGNATURE_RULES,
  SIGNER_SETS,
  STANDINGS,
  signerSet,
  weighApprovals,
  weighSignature,
} from './approval.ts';
import { privateKeyOf, publicKeyText, signHash } from './ed25519.ts';
import type { EnrolledPerson, People } from './people.ts';

const BOTH = [false, true];
const HASH = 'ab'.repeat(32);

describe('one signature', () => {
  it('counts in exactly one of the eight combinations of facts', () => {
    const counted: unknown[] = [];
    for (const enrolled of BOTH)
      for (const revoked of BOTH)
        for (const valid of BOTH) {
          const reason = weighSignature({ enrolled, revoked, valid });
          const expected = !enrolled ? 'unknownPerson' : revoked ? 'revoked' : !valid ? 'wrongKey' : null;
          expect(reason).toBe(expected);
          if (reason === null) counted.push({ enrolled, revoked, valid });
        }
    expect(counted).toEqual([{ enrolled: true, revoked: false, valid: true }]);
    expect(SIGNATURE_RULES.map((rule) => rule.reason)).toEqual(['unknownPerson', 'revoked', 'wrongKey']);
  });
});

describe('the four-eyes rule', () => {
  it('decides every combination of facts as it is written down', () => {
    const seen = new Map<string, number>();
    for (const standing of STANDINGS)
      for (const signers of SIGNER_SETS)
        for (const onePersonMode of BOTH) {
          const { status, reason, sentence } = decideApproval({ standing, signers, onePersonMode });
          const complete = standing === 'current' && (signers === 'twoRoles' || (onePersonMode && signers !== 'none'));
          expect(status === 'complete', `${standing} ${signers} ${onePersonMode}`).toBe(complete);
          const others = { released: 'released', superseded: 'void', otherHead: 'void', void: 'void', expired: 'expired' } as const;
          if (standing !== 'current') expect(status).toBe(others[standing]);
          else if (!complete) expect(status).toBe('open');
          if (standing !== 'current') expect(reason).toBe(standing);
          else if (complete) expect(reason).toBe(signers === 'twoRoles' ? 'twoRoles' : 'onePerson');
          else
            expect(reason).toBe(
              { none: 'noSignature', one: 'oneSignature', samePerson: 'samePerson', sameRole: 'sameRole', twoRoles: '' }[signers],
            );
          expect(sentence).not.toBe('');
          seen.set(reason, (seen.get(reason) ?? 0) + 1);
        }
    expect([...seen.values()].reduce((a, b) => a + b)).toBe(STANDINGS.length * SIGNER_SETS.length * 2);
    expect(seen.size).toBe(11);
  });

  it('counts people, not signatures', () => {
    const ada = { id: 'ada', role: 'trader', publicKey: 'A' } as const;
    const tim = { id: 'tim', role: 'trader', publicKey: 'T' } as const;
    const rob = { id: 'rob', role: 'risk', publicKey: 'R' } as const;
    expect(signerSet([])).toBe('none');
    expect(signerSet([ada])).toBe('one');
    expect(signerSet([ada, ada])).toBe('samePerson');
    expect(signerSet([ada, { ...rob, publicKey: 'A' }])).toBe('samePerson');
    expect(signerSet([ada, { ...ada, role: 'risk' }])).toBe('samePerson');
    expect(signerSet([ada, tim])).toBe('sameRole');
    expect(signerSet([ada, ada, tim])).toBe('sameRole');
    expect(signerSet([ada, rob])).toBe('twoRoles');
    expect(signerSet([tim, ada, rob])).toBe('twoRoles');
  });
});

describe('signatures over a dossier', () => {
  const keys = Object.fromEntries(['ada', 'tim', 'rob', 'ron', 'eve'].map((id, i) => [id, privateKeyOf(new Uint8Array(32).fill(i + 1))]));
  const person = (id: string, role: 'trader' | 'risk', revokedAt: string | null): EnrolledPerson => ({
    id,
    name: id,
    role,
    publicKey: publicKeyText(keys[id]!),
    enrolledAt: '',
    enrolledBy: '',
    revokedAt,
  });
  const everybody = [
    person('ada', 'trader', null),
    person('tim', 'trader', null),
    person('rob', 'risk', null),
    person('ron', 'risk', 'then'),
  ];
  const people: People = { records: [], head: '', byId: new Map(everybody.map((one) => [one.id, one])) };
  const over = (id: string, hash: string) => signHash(keys[id]!, 'rearm-approval-1', hash);
  const offered = [
    { personId: 'ada', signature: over('ada', HASH), good: 'trader', reason: null },
    { personId: 'tim', signature: over('tim', HASH), good: 'trader', reason: null },
    { personId: 'rob', signature: over('rob', HASH), good: 'risk', reason: null },
    { personId: 'ron', signature: over('ron', HASH), good: null, reason: 'revoked' },
    { personId: 'eve', signature: over('eve', HASH), good: null, reason: 'unknownPerson' },
    { personId: 'rob', signature: over('rob', 'cd'.repeat(32)), good: null, reason: 'wrongKey' },
    { personId: 'rob', signature: over('eve', HASH), good: null, reason: 'wrongKey' },
    { personId: 'rob', signature: signHash(keys.rob!, 'rearm-audit-1', HASH), good: null, reason: 'wrongKey' },
    { personId: 'rob', signature: 'not base64', good: null, reason: 'wrongKey' },
  ] as const;

  it('complete the approval in exactly those of all subsets that hold a good one of each role', () => {
    let complete = 0;
    for (let bits = 0; bits < 1 << offered.length; bits += 1) {
      const chosen = offered.filter((_, i) => bits & (1 << i));
      const weighed = weighApprovals(chosen, people, HASH);
      const roles = new Set(chosen.flatMap((one) => one.good ?? []));
      const decision = decideApproval({ standing: 'current', signers: weighed.signers, onePersonMode: false });
      expect(decision.status).toBe(roles.size === 2 ? 'complete' : 'open');
      expect(owedRoles(weighed, decision)).toEqual(['trader', 'risk'].filter((role) => !roles.has(role as 'risk')));
      expect(weighed.refused.map((one) => one.reason)).toEqual(chosen.flatMap((one) => one.reason ?? []));
      if (decision.status === 'complete') complete += 1;
    }
    expect(complete).toBe(3 * 64);
  });
});
