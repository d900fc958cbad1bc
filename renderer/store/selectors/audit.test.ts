import { describe, expect, it } from 'vitest';
import { auditEntry } from '../../testing/data/gate.ts';
import { acceptanceOf, detailsOf } from './audit.ts';

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

describe('the acceptance on the record', () => {
  const accept = (host: string, sentence: string, decisions: number) =>
    auditEntry(1, 0, 'trader-1', `${host}.accept`, { recovery: { sentence }, override: null, decisions });
  const burnt = auditEntry(1, 0, 'engine', 'token.burnt', {});

  it('is the first one since trading was released, with the decisions of all', () => {
    const entries = [accept('console', 'an older one', 9), burnt, accept('terminal', 'to LSN 7', 2), accept('console', 'to LSN 12', 1)];
    expect(acceptanceOf(entries)).toEqual({ sentence: 'to LSN 7', decisions: 3 });
    expect(acceptanceOf([...entries, burnt])).toBeNull();
    expect(acceptanceOf([])).toBeNull();
  });
});
