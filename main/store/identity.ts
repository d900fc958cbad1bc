/**
 * store.json: what a store is, written once when it is made and never changed. Canonical JSON, one line, with the XXH64 of the
 * rest in `checksum`, so that it can be read by eye and still not be damaged silently.
 */

import { xxh64 } from '@node-rs/xxhash';
import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { storeLayout } from './layout.ts';

export const STORE_VERSION = 1;

const body = z
  .object({
    format: z.literal('rearm-store'),
    version: z.number().int().min(1),
    storeId: z.string().regex(/^[0-9a-f]{32}$/),
    name: z.string().min(1).max(64),
    createdAt: z.string().max(40),
    /** Row bounds that differ from the declared ones. */
    rowsMax: z.record(z.string().max(32), z.number().int().min(1).max(16_777_216)),
  })
  .strict();

export type StoreIdentity = z.infer<typeof body>;

function checksumOf(identity: StoreIdentity): string {
  const ordered = Object.fromEntries(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
  return xxh64(JSON.stringify(ordered)).toString(16).padStart(16, '0');
}

/** Durable on return. @throws RearmError STORE_EXISTS */
export function createIdentity(storage: Storage, root: string, identity: StoreIdentity): void {
  const layout = storeLayout(root);
  if (storage.exists(layout.identity)) throw new RearmError('STORE_EXISTS', `${root} holds a store already`, { root });
  for (const table of Object.keys(identity.rowsMax)) {
    if (!Object.hasOwn(TABLES, table)) throw new RearmError('CONFIGURATION_INVALID', `rowsMax names no table: ${table}`, { table });
  }
  const text = `${JSON.stringify({ ...body.parse(identity), checksum: checksumOf(identity) })}\n`;
  publish(storage, layout.identity, [new TextEncoder().encode(text)]);
}

/** @throws RearmError STORE_MISSING, VERSION_NEWER, FORMAT_INVALID, CHECKSUM_MISMATCH, PERMISSION_DENIED */
export function readIdentity(storage: Storage, root: string): StoreIdentity {
  const { identity: path } = storeLayout(root);
  if (!storage.exists(path)) throw new RearmError('STORE_MISSING', `there is no store in ${root}`, { root });
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(readWhole(storage, path, 65_536)));
  } catch (error) {
    if (error instanceof RearmError) throw error;
    throw new RearmError('FORMAT_INVALID', `${path} is not JSON`, { path }, error);
  }
  const version = (parsed as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > STORE_VERSION) {
    throw new RearmError('VERSION_NEWER', `${path} has format version ${version}, this release reads ${STORE_VERSION}`, { path, version });
  }
  const result = body.extend({ checksum: z.string() }).strict().safeParse(parsed);
  if (!result.success) throw new RearmError('FORMAT_INVALID', `${path}: ${z.prettifyError(result.error)}`, { path });
  const { checksum, ...identity } = result.data;
  if (checksum !== checksumOf(identity)) throw new RearmError('CHECKSUM_MISMATCH', `${path} does not match its checksum`, { path });
  return identity;
}

export const storeIdBytes = (identity: StoreIdentity): Uint8Array => Uint8Array.from(Buffer.from(identity.storeId, 'hex'));
