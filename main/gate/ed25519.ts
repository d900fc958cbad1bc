/**
 * Ed25519 through node:crypto. Keys are made of 32 random bytes that the caller gives, so that a simulation replays them.
 *
 * A signature here is always over a domain word and a hash, as ASCII `<domain> <64 hexadecimal digits>`: a signature for one
 * purpose is worth nothing for another.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { RearmError } from '../../shared/errors.ts';

export type SignatureDomain = 'rearm-approval-1' | 'rearm-audit-1';

/** DER of PKCS #8 (RFC 8410) before the 32 bytes of the seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER of SubjectPublicKeyInfo before the 32 bytes of the key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Encodings of points of small order, without the sign bit. A verifier that does not look for them takes signatures under such
 * a key that nobody needed a private key for, so nobody is enrolled with one, whatever the library in use does.
 */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** The private key of a seed of 32 bytes. */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new RearmError('INTERNAL', `an Ed25519 seed has 32 bytes, not ${seed.length}`, {});
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** PKCS #8 DER of a private key. */
export const privateKeyBytes = (key: KeyObject): Uint8Array => Uint8Array.from(key.export({ format: 'der', type: 'pkcs8' }));

/** A private key from PKCS #8 DER; null where the bytes are not an Ed25519 key. */
export function privateKeyFrom(pkcs8: Uint8Array): KeyObject | null {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** The raw 32 bytes of the public key, base64. */
export function publicKeyText(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return der.subarray(SPKI_PREFIX.length).toString('base64');
}

/** Whether 32 raw bytes in base64 may be enrolled: well formed and not of small order. */
export function isUsablePublicKey(text: string): boolean {
  const raw = Buffer.from(text, 'base64');
  if (raw.length !== 32 || raw.toString('base64') !== text) return false;
  const unsigned = Buffer.from(raw);
  unsigned[31] = unsigned[31]! & 0x7f;
  return !SMALL_ORDER.has(unsigned.toString('hex'));
}

/** What is signed: ASCII, no line feed. */
export const signedMessage = (domain: SignatureDomain, hash: string): Uint8Array => new TextEncoder().encode(`${domain} ${hash}`);

/** The signature, base64. */
export const signHash = (privateKey: KeyObject, domain: SignatureDomain, hash: string): string =>
  sign(null, signedMessage(domain, hash), privateKey).toString('base64');

export type Verifier = (domain: SignatureDomain, hash: string, signature: string) => boolean;

/** Verifies signatures (base64) of `publicKey` (raw, base64) over hashes. Malformed input is simply not valid. */
export function verifierOf(publicKey: string): Verifier {
  const raw = Buffer.from(publicKey, 'base64');
  if (raw.length !== 32) return () => false;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  } catch {
    return () => false;
  }
  return (domain, hash, signature) => {
    const bytes = Buffer.from(signature, 'base64');
    if (bytes.length !== 64 || bytes.toString('base64') !== signature) return false;
    return verify(null, signedMessage(domain, hash), key, bytes);
  };
}

/** {@link verifierOf} for one signature. */
export const verifyHash = (publicKey: string, domain: SignatureDomain, hash: string, signature: string): boolean =>
  verifierOf(publicKey)(domain, hash, signature);
