import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { redact, Secret } from './secret.ts';

test('a secret shows itself nowhere but where it is asked to', () => {
  const secret = new Secret('hunter2-hunter2');
  for (const shown of [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect(secret, { showHidden: true }), String(secret)])
    expect(shown).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2-hunter2');
});

test('words for the screen lose secrets, signatures, and what a terminal would act upon', () => {
  const words = redact('GET https://v/fapi?timestamp=1&signature=abcdef key hunter2-hunter2\u001b[31m\u202e red', [
    new Secret('hunter2-hunter2'),
  ]);
  expect(words).toBe('GET https://v/fapi?… key [secret] [31m  red');
});
