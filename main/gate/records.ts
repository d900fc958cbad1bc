/** Small records: one canonical JSON value in one file, published whole, read as hostile. */

import { xxh64 } from '@node-rs/xxhash';
import { z } from 'zod';
import { PERSON_ID_PATTERN } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { isVisible } from '../../shared/visible.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread } from '../storage/system-errors.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { HASH_PATTERN, NONCE_PATTERN, STORE_ID_PATTERN } from './layout.ts';
import { isTimeText } from './time.ts';

/** One line of text for people, of at most `max` characters: no control, formatting or bidirectional characters. */
export const line = (max: number) => z.string().max(max).refine(isVisible, 'holds characters that no screen shows');

export const fields = {
  storeId: z.string().regex(STORE_ID_PATTERN),
  hash: z.string().regex(HASH_PATTERN),
  nonce: z.string().regex(NONCE_PATTERN),
  personId: z.string().regex(PERSON_ID_PATTERN),
  /** Who acts: an enrolled person's id, or the name of a process. */
  actor: line(128).min(1),
  time: z.string().max(40).refine(isTimeText, 'is not a time with nine decimals'),
  count: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** An unsigned 64-bit number as text. */
  nanoseconds: z.string().regex(/^(0|[1-9]\d{0,19})$/),
  amount: z.string().regex(/^[+-]?\d{1,30}(\.\d{1,18})?$/),
  headHash: z.string().regex(/^[0-9a-f]{16,64}$/),
  /** 64 bytes of Ed25519 signature, base64 with padding. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/),
  /** 32 bytes of Ed25519 public key, base64 with padding. */
  publicKey: z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/),
} as const;

/** @throws RearmError of `code` that names the first wrong field. */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
  code: 'FORMAT_INVALID' | 'PAYLOAD_INVALID',
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || '(whole)';
  throw new RearmError(code, `${what}: ${field}: ${issue?.message ?? 'is not valid'}`, { what, field });
}

const OF_CONTENT: readonly string[] = ['NOT_FOUND', 'FORMAT_INVALID', 'VALUE_OUT_OF_RANGE', 'CHECKSUM_MISMATCH', 'STORE_FOREIGN'];

/**
 * Whether a reading failed for what is, or is not, on the disk. A disk that did not answer is another matter: it says nothing
 * about what is there, so that nobody may go on as if there were nothing.
 */
export const isOfContent = (error: unknown): boolean => error instanceof RearmError && OF_CONTENT.includes(error.code) && !isUnread(error);

const checksumOf = (record: Record<string, unknown>): string => xxh64(canonicalBytes(record)).toString(16).padStart(16, '0');

/** A record as it lies in its file: against the disk, not against people. Nothing that is hashed or signed holds the checksum. */
export const sealed = (record: Record<string, unknown>): Uint8Array => canonicalBytes({ ...record, checksum: checksumOf(record) });

/** What a disk does not find by its name is gone only where it says so when it is asked: else it has not answered. */
function bytesOf(storage: Storage, path: string, limit: number): Uint8Array {
  try {
    return readWhole(storage, path, limit);
  } catch (error) {
    if (!(error instanceof RearmError) || error.code !== 'NOT_FOUND') throw error;
    if (storage.exists(path)) throw new RearmError('IO_FAILED', error.message, error.context, error);
    throw new RearmError('NOT_FOUND', `${path} is not there`, { path }, error);
  }
}

/**
 * Reads a record. @throws RearmError NOT_FOUND, VALUE_OUT_OF_RANGE (larger than `limit` bytes), FORMAT_INVALID, CHECKSUM_MISMATCH, or what
 * the storage throws.
 */
export function readRecord<S extends z.ZodType>(storage: Storage, path: string, schema: S, limit: number): z.infer<S> {
  const value = parseCanonical(bytesOf(storage, path, limit), path);
  if (typeof value !== 'object' || value === null || !('checksum' in value))
    throw new RearmError('FORMAT_INVALID', `${path} holds no record with a checksum`, { path });
  const { checksum, ...record } = value;
  if (checksum !== checksumOf(record)) throw new RearmError('CHECKSUM_MISMATCH', `${path} does not match its own checksum`, { path });
  return check(schema, record, path, 'FORMAT_INVALID');
}

/** Durable on return. The value must satisfy the schema it will be read with: a record that nobody can read is not written. */
export function publishRecord<S extends z.ZodType>(storage: Storage, path: string, schema: S, value: unknown): void {
  publish(storage, path, [sealed(check(schema, value, path, 'PAYLOAD_INVALID') as Record<string, unknown>)]);
}
