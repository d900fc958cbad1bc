import { describe, expect, it } from 'vitest';
import { detailsOf } from './audit.ts';

describe('details of an audit entry', () => {
  it('names what is inside a record by both names, and leaves lists and words as they are', () => {
    const details = { record: { id: 'risk-1', role: 'risk' }, approvals: ['trader-1', 'risk-1'], override: null, state: 'trading' };
    expect(detailsOf({ details })).toEqual([
      ['record.id', 'risk-1'],
      ['record.role', 'risk'],
      ['approvals', ['trader-1', 'risk-1']],
      ['override', null],
      ['state', 'trading'],
    ]);
  });
});
