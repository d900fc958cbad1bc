/** The writer's end of the tier thread when that is no more: the port itself does not tell. */

import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { CheckpointJob } from '../tiers/slots.ts';
import { PortSink, TIERS_ENDED } from './sinks.ts';

function sink() {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.unref();
  const ended = new Int32Array(new SharedArrayBuffer(4));
  const job = (slot: 0 | 1) => ({ slot, pages: new Uint32Array(1), bytes: new Uint8Array(4096) }) as unknown as CheckpointJob;
  return { sink: new PortSink({ port: port2, ended }), job, answer: (slot: 0 | 1) => port1.postMessage({ slot, error: null }), ended };
}

test('a job that it leaves behind is answered with that, once, and no other one is taken', () => {
  const { sink: writers, job, ended } = sink();
  writers.submit(job(1));
  expect(writers.poll()).toEqual([]);
  expect(writers.refusal).toBeNull();
  ended[0] = 1;
  expect(writers.poll()).toEqual([{ slot: 1, error: TIERS_ENDED }]);
  expect(writers.poll()).toEqual([]);
  expect(writers.refusal).toEqual(TIERS_ENDED);
});

test('a job that it did before is answered with what became of it', () => {
  const { sink: writers, job, answer, ended } = sink();
  writers.submit(job(0));
  answer(0);
  ended[0] = 1;
  expect(writers.poll()).toEqual([{ slot: 0, error: null }]);
  expect(writers.poll()).toEqual([]);
});
