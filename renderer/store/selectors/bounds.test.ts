import { describe, expect, it } from 'vitest';
import type { DossierView } from '../../../shared/contract/gate.ts';
import { boundRows, isAmount, unchangedBounds } from './bounds.ts';

const view = {
  dossier: { bounds: { unexplainedBreaks: 0, grossExposure: '2000000', netExposure: '750000', lossSinceProposal: '10000' } },
  changes: [
    { what: 'gross exposure', proposed: '1', now: '2', within: true },
    { what: 'loss since proposal', proposed: '0', now: '12000', within: false },
    { what: 'ATLAS status', proposed: 'answered', now: 'silent', within: true },
  ],
} as unknown as DossierView;

describe('bounds', () => {
  it('stand beside what they hold, those outside first', () => {
    expect(boundRows(view).map((row) => [row.what, row.bound, row.within])).toEqual([
      ['loss since proposal', '10000', false],
      ['gross exposure', '2000000', true],
      ['ATLAS status', null, true],
    ]);
  });

  it('are shown too where nothing changed', () => {
    expect(unchangedBounds(view)).toEqual([
      { what: 'net exposure', bound: '750000' },
      { what: 'unexplained breaks', bound: '0' },
    ]);
  });

  it('take what the contract takes', () => {
    expect(['1', '1.5', '-2', '1e3', '', '1,000', '.5'].map(isAmount)).toEqual([true, true, true, false, false, false, false]);
  });
});
