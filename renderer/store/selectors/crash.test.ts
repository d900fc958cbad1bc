import { expect, test } from 'vitest';
import { createFixture } from '../../testing/fixture.ts';
import { createConsole } from '../console.ts';
import { subjectsOf } from '../state.ts';
import { crashedAt, modeSince } from './crash.ts';

test('trading is halted since the crash, where no mode was recorded, and since the record where one was', async () => {
  const object = createConsole({ bridge: createFixture('crashed', 0), storage: null, clock: Date.now });
  await object.actions.loadStore(0);
  const { facts, gate } = subjectsOf(object.store.getState());
  const at = facts.view!.next.crashedAt;
  expect(at).not.toBeNull();
  expect(crashedAt({ facts })).toBe(at);
  const since = (change: object) => modeSince({ facts, gate: { ...gate, view: { ...gate.view!, ...change } } });
  expect(since({ mode: 'HALTED', since: null })).toBe(at);
  expect(since({ mode: 'HALTED', since: '2026-01-31T10:00:00Z' })).toBe('2026-01-31T10:00:00Z');
  expect(since({ mode: 'ACTIVE', since: null })).toBeNull();
});
