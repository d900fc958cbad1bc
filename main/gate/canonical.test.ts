import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes, canonicalHash, canonicalText, parseCanonical, sha256Hex } from './canonical.ts';
import { outcome } from './simulated.test-support.ts';

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger().map((value) => value + 0),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('any'), { maxLength: 5 }), fc.dictionary(fc.string(), tie('any'), { maxKeys: 5 })),
})).any;
const speakable = value.filter((candidate) => outcome(() => canonicalText(candidate)) === 'done');
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('canonical JSON', () => {
  it('has the bytes that an independent reader computes', () => {
    const sample = { b: [1, -7, true, null], a: 'é"\\\n\u0001€', '': {}, '10': 0, '9': 0, '\u{1f600}': 1, '\ufb33': 2 };
    const text = '{"":{},"10":0,"9":0,"a":"é\\"\\\\\\n\\u0001€","b":[1,-7,true,null],"\u{1f600}":1,"\ufb33":2}';
    expect(canonicalText(sample)).toBe(text);
    expect(canonicalHash(sample)).toBe(sha256Hex(utf8(text)));
    expect(canonicalHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(speakable, (sample) => {
        expect(parseCanonical(canonicalBytes(sample), 'x')).toEqual(sample);
      }),
    );
  });

  it('does not depend on the order of the keys', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string(), scalar), { selector: ([key]) => key, maxLength: 8 });
    fc.assert(
      fc.property(members, (list) => {
        const kept = list.filter(([key, item]) => outcome(() => canonicalText({ [key]: item })) === 'done' && key !== '__proto__');
        const forward = Object.fromEntries(kept);
        const backward = Object.fromEntries([...kept].reverse());
        expect(canonicalText(forward)).toBe(canonicalText(backward));
      }),
    );
  });

  const proto = JSON.parse('{"__proto__":1}') as unknown;
  it.each([
    ['a fraction', 0.1, 'a safe integer'],
    ['an exponent', 1e21, 'a safe integer'],
    ['an unsafe integer', 2 ** 53, 'a safe integer'],
    ['minus zero', -0, 'a safe integer'],
    ['NaN', Number.NaN, 'a safe integer'],
    ['infinity', Number.POSITIVE_INFINITY, 'a safe integer'],
    ['undefined', undefined, 'type undefined'],
    ['an undefined member', { a: undefined }, 'type undefined'],
    ['a hole', new Array(2), 'a hole'],
    ['a bigint', 1n, 'type bigint'],
    ['a function', () => 1, 'type function'],
    ['a date', new Date(0), 'not plain'],
    ['a map', new Map(), 'not plain'],
    ['a symbol key', { [Symbol('a')]: 1 }, 'a symbol as a key'],
    ['the key __proto__', proto, 'the key __proto__'],
    ['a lone surrogate', '\ud800', 'a lone surrogate'],
    ['a lone surrogate as a key', { '\udc00': 1 }, 'a lone surrogate'],
  ])('refuses %s, and says so', (_name, bad, reason) => {
    const refused = expect.objectContaining({ code: 'PAYLOAD_INVALID', message: expect.stringContaining(reason) });
    expect(() => canonicalText({ inside: [bad] })).toThrow(refused);
  });

  it('refuses nesting that has no end', () => {
    const knot: unknown[] = [];
    knot.push(knot);
    expect(outcome(() => canonicalText(knot))).toMatch(/^PAYLOAD_INVALID/);
  });

  it.each([
    ['white space', '{"a": 1}'],
    ['a line feed behind it', '{}\n'],
    ['keys out of order', '{"b":1,"a":1}'],
    ['a key twice', '{"a":1,"a":1}'],
    ['another escape', '"\\u0061"'],
    ['an escaped slash', '"\\/"'],
    ['a fraction that is whole', '1.0'],
    ['an exponent', '1e2'],
    ['minus zero', '-0'],
    ['the key __proto__', '{"__proto__":1}'],
    ['a lone surrogate', '"\\ud800"'],
    ['trailing bytes', '1 2'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff1'],
  ])('does not read %s', (_name, text) => {
    expect(outcome(() => parseCanonical(utf8(text), 'x'))).toMatch(/^FORMAT_INVALID/);
  });

  it('does not read bytes that are not UTF-8', () => {
    expect(outcome(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22), 'x'))).toMatch(/^FORMAT_INVALID/);
  });
});
