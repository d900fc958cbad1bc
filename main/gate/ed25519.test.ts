import { expect, test } from 'vitest';
import { isUsablePublicKey, privateKeyOf, publicKeyText, signHash, verifyHash } from './ed25519.ts';

/** Another text of the same bytes: bits of the last character that stand for none of them are set. */
function respelled(text: string): string {
  const at = text.search(/=*$/) - 1;
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const other = text.slice(0, at) + ALPHABET[ALPHABET.indexOf(text[at]!) + 1] + text.slice(at + 1);
  expect(Buffer.from(other, 'base64').equals(Buffer.from(text, 'base64'))).toBe(true);
  return other;
}

const KEY = privateKeyOf(new Uint8Array(32).fill(7));
const HASH = 'ab'.repeat(32);

test('a public key has one spelling, and 32 bytes', () => {
  const text = publicKeyText(KEY);
  expect(isUsablePublicKey(text)).toBe(true);
  for (const other of [
    respelled(text),
    text.replace(/=+$/, ''),
    ` ${text}`,
    Buffer.alloc(31, 9).toString('base64'),
    Buffer.alloc(33, 9).toString('base64'),
  ])
    expect(isUsablePublicKey(other), other).toBe(false);
});

test('a signature has one spelling, and 64 bytes', () => {
  const key = publicKeyText(KEY);
  const signature = signHash(KEY, 'rearm-approval-1', HASH);
  const verified = (text: string) => verifyHash(key, 'rearm-approval-1', HASH, text);
  expect(verified(signature)).toBe(true);
  for (const other of [respelled(signature), signature.replace(/=+$/, ''), ` ${signature}`]) expect(verified(other), other).toBe(false);
});
