import { expect, test } from 'vitest';
import { REQUESTS } from '../shared/contract/contract.ts';
import { memoryServices } from '../tests/support/memory-services.ts';
import { dispatch, isRequestName, REQUEST_NAMES } from './dispatch.ts';

const quiet = (): void => {};

test('a checked payload reaches its handler, and the value comes back', async () => {
  const services = memoryServices();
  const reply = await dispatch(services.handlers, 'recovery.run', { store: 0 }, quiet);
  expect(reply).toEqual({ ok: true, value: { running: true, progress: null, report: null } });
  expect(services.asked).toEqual([{ name: 'recovery.run', payload: { store: 0 }, session: 'nobody' }]);
});

test.each(REQUEST_NAMES)('%s: an unknown field, a wrong type and no payload at all never reach the handler', async (name) => {
  const services = memoryServices();
  for (const payload of [{ store: 0, extra: 1 }, { store: '0' }, undefined, null, [], 'text', { __proto__: { store: 0 }, nothing: 1 }]) {
    const reply = await dispatch(services.handlers, name, payload, quiet);
    expect(reply).toMatchObject({ ok: false, error: { code: 'PAYLOAD_INVALID' } });
  }
  expect(services.asked).toEqual([]);
});

test('an expected error crosses as data; a defect keeps its stack to itself and tells the log', async () => {
  const services = memoryServices();
  const lines: string[] = [];
  const expected = await dispatch(services.handlers, 'gate.get', { store: 0 }, (line) => lines.push(line));
  expect(expected).toMatchObject({ ok: false, error: { code: 'NOT_FOUND', context: { name: 'gate.get' } } });
  expect(lines).toEqual([]);
  const defect = await dispatch(services.handlers, 'facts.get', { store: 0 }, (line) => lines.push(line));
  expect(defect).toMatchObject({ ok: false, error: { code: 'INTERNAL', context: {} } });
  expect(lines[0]).toContain('memory-services.ts');
});

test('only names of the contract are names', () => {
  expect(REQUEST_NAMES).toEqual(Object.keys(REQUESTS));
  for (const name of ['', 'toString', '__proto__', 'constructor', 'console.describe ']) expect(isRequestName(name)).toBe(false);
});
