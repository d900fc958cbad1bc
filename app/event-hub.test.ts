import { expect, test } from 'vitest';
import { memoryServices } from '../tests/support/memory-services.ts';
import { EventHub } from './event-hub.ts';

const view = (running: boolean) => ({ running, progress: null, report: null });

test('whoever comes back is told the latest of each subject that changed meanwhile, in order, and nothing twice', () => {
  const services = memoryServices();
  const hub = new EventHub(services);
  const seen: unknown[] = [];
  const detach = hub.attach(null, (event) => seen.push(event.sequence));
  services.emit('recovery.changed', { store: 0, view: view(true) });
  detach();
  services.emit('recovery.changed', { store: 0, view: view(false) });
  services.emit('recovery.changed', { store: 1, view: view(true) });
  services.emit('recovery.changed', { store: 0, view: view(true) });
  const missed: unknown[] = [];
  hub.attach(1, (event) => missed.push([event.sequence, event.payload.store]));
  services.emit('audit.changed', { store: 0, head: 'h' });
  expect(seen).toEqual([1]);
  expect(missed).toEqual([
    [3, 1],
    [4, 0],
    [5, 0],
  ]);
});

test('alarms are subjects of their own, by their id', () => {
  const services = memoryServices();
  const hub = new EventHub(services);
  for (const id of ['a', 'b', 'a']) services.emit('alarm', { store: 0, id, severity: 'high', text: id, at: '' });
  const seen: unknown[] = [];
  hub.attach(0, (event) => seen.push('id' in event.payload && event.payload.id));
  expect(seen).toEqual(['b', 'a']);
});

test('a closed hub hears nothing more', () => {
  const services = memoryServices();
  const hub = new EventHub(services);
  hub.close();
  services.emit('audit.changed', { store: 0, head: 'h' });
  expect(hub.sequence).toBe(0);
});
