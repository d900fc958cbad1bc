import { expect, test } from 'vitest';
import { REQUESTS } from './contract.ts';

const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean => schema.safeParse(value).success;

test.each([
  ['ada', true],
  ['risk-1', true],
  ['a_b', true],
  ['0', true],
  ['a'.repeat(64), true],
  ['', false],
  ['Ada', false],
  ['-ada', false],
  ['ada ', false],
  ['ada/../rob', false],
  ['ad\u00e1', false],
  ['ada\n', false],
  ['a'.repeat(65), false],
])('the person id %j is taken: %s', (id, expected) => {
  const enrol = { store: 0, id, name: 'Ada', role: 'trader', passphrase: 'p' };
  const sign = { store: 0, personId: id, dossierHash: '0'.repeat(64), passphrase: 'p' };
  expect(takes(REQUESTS['gate.enrol'], enrol)).toBe(expected);
  expect(takes(REQUESTS['gate.sign'], sign)).toBe(expected);
});

test.each([
  ['0', true],
  ['200000', true],
  ['0.000000000000000001', true],
  ['-1', false],
  ['-0', false],
  ['+1', false],
  ['1e5', false],
  ['Infinity', false],
  ['NaN', false],
  ['', false],
  ['1.', false],
  ['9'.repeat(31), false],
  [100, false],
])('the bound %j is taken: %s', (bound, expected) => {
  for (const name of ['grossExposure', 'netExposure', 'lossSinceProposal']) {
    const bounds = { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1', [name]: bound };
    const propose = { store: 0, by: 'ada', scope: { mode: 'ACTIVE', venues: [], strategies: [] }, bounds };
    expect(takes(REQUESTS['gate.propose'], propose)).toBe(expected);
  }
});

test.each([0, 3, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%s breaks without explanation: a count or nothing', (count) => {
  const bounds = { unexplainedBreaks: count, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' };
  const propose = { store: 0, by: 'ada', scope: { mode: 'ACTIVE', venues: [], strategies: [] }, bounds };
  expect(takes(REQUESTS['gate.propose'], propose)).toBe(count === 0 || count === 3);
});
