/** Values that are not of their field's kind, which are not written, and bytes that end before their intent does, behind which nothing is read. */

import { expect, test } from 'vitest';
import { type Intent, OPERATIONS } from '../../shared/model/operations.ts';
import { decodeIntent, encodeIntent, formatOf } from './codec.ts';

const SESSION = { type: 'session.update', venue: 'ALPHA', state: 'connected', cancelOnDisconnect: 'yes', time: 1n };
const STRATEGY = { type: 'strategy.update', strategy: 's-1', active: true, signalTime: 1n, time: 1n };
const DOCUMENT = { type: 'configuration.set', scope: 'risk', name: 'n', time: 1n };

const write = (intent: object, bytes: Uint8Array): number =>
  encodeIntent(intent as Intent, formatOf((intent as Intent).type), bytes, new DataView(bytes.buffer), 0);

test.each<[string, object, string]>([
  ['a number where a decimal is to be', { type: 'rate', asset: 'USD', rate: 5, time: 1n }, 'rate: rate is 5, not a decimal string'],
  ['a double where 64 bits are to be', { ...SESSION, sequenceSent: 5 }, 'session.update: sequenceSent is 5, not a u64'],
  ['a number below zero where 64 bits are to be', { ...SESSION, sequenceSent: -1n }, 'session.update: sequenceSent is -1n, not a u64'],
  ['a number beyond 64 bits', { ...SESSION, sequenceSent: 1n << 64n }, `sequenceSent is ${1n << 64n}n, not a u64`],
  [
    'bytes where a document is to be',
    { ...DOCUMENT, value: new Uint8Array(3) },
    'configuration.set: value is {"0":0,"1":0,"2":0}, not a json',
  ],
  ['a text where bytes are to be', { ...STRATEGY, state: 'text' }, 'strategy.update: state is "text", not a bytes'],
])('%s is refused, by the name of the field', (_, intent, words) => {
  expect(() => write(intent, new Uint8Array(4_096))).toThrow(
    expect.objectContaining({ code: 'OPERATION_INVALID', message: expect.stringContaining(words) }),
  );
});

test.each<[string, object]>([
  ['texts and decimals', { type: 'limit.set', venue: 'ALPHA', symbol: 'B1', maxQuantity: '1', maxExposure: '-5', maxLoss: '', time: 1n }],
  ['a decimal of 128 bits', { type: 'rate', asset: 'USD', rate: `${1n << 90n}`, time: 1n }],
  ['numbers and choices', { ...SESSION, sequenceSent: 1n, sequenceReceived: 2n }],
  ['bytes and a flag', { ...STRATEGY, state: Uint8Array.of(1, 2, 3) }],
  ['a document', { ...DOCUMENT, value: '{}' }],
])('an intent of %s that its bytes cut short ends early, wherever they do', (_, intent) => {
  const whole = new Uint8Array(4_096);
  const end = write(intent, whole);
  for (let cut = 0; cut < end; cut += 1) {
    const bytes = whole.slice(0, cut);
    expect(() => decodeIntent(OPERATIONS[(intent as Intent).type].id, bytes, new DataView(bytes.buffer), 0, cut), `${cut} bytes`).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID', message: expect.stringContaining('the intent ends early') }),
    );
  }
});

test.each<[string, object, string, string]>([
  ['a text', { type: 'rate', asset: 'USDX', rate: '1', time: 1n }, 'USDX', 'rate: asset is no text'],
  ['a document', { ...DOCUMENT, value: '"USDX"' }, 'USDX', 'configuration.set: value is no text'],
])('%s whose bytes are no text is told by its field', (_, intent, text, words) => {
  const bytes = new Uint8Array(4_096);
  const end = write(intent, bytes);
  bytes[Buffer.from(bytes.buffer).indexOf(text)] = 0xff;
  expect(() => decodeIntent(OPERATIONS[(intent as Intent).type].id, bytes, new DataView(bytes.buffer), 0, end)).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: words }),
  );
});
