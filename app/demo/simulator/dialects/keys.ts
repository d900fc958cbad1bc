/**
 * API keys. A real exchange knows keys that may read and keys that may trade; none has a key that may cancel but not trade.
 * `cancel` is an extension of the simulator: it stands for what a desk would want, a key that can take risk off and do no more.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access } from './dialect.ts';

export const KEY_KINDS = ['read', 'cancel', 'trade'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export interface ApiKey {
  readonly kind: KeyKind;
  readonly apiKey: string;
  readonly secret: string;
}

const GRANTS: Readonly<Record<KeyKind, readonly Access[]>> = {
  read: ['public', 'read'],
  cancel: ['public', 'read', 'cancel'],
  trade: ['public', 'read', 'cancel', 'trade'],
};

export const allows = (key: ApiKey, access: Access): boolean => GRANTS[key.kind].includes(access);

/** Drawn when a world begins, and not from the seed: whoever knows the seed does not know the keys. */
export function createKeys(characters: number): ApiKey[] {
  const text = (): string => randomBytes(characters).toString('hex').slice(0, characters);
  return KEY_KINDS.map((kind) => ({ kind, apiKey: text(), secret: text() }));
}

/** Whether `signature` is the hexadecimal HMAC-SHA256 of `payload`. */
export function signatureValid(secret: string, payload: string, signature: string): boolean {
  const expected = createHmac('sha256', secret).update(payload).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
