/**
 * store.json: what a store is, written once when it is made and never changed. One JSON object on one line, UTF-8, ended by a line
 * feed; readable by eye, and still not damaged silently.
 *
 * | name | value |
 * |---|---|
 * | `format` | "rearm-store" |
 * | `version` | number, {@link STORE_VERSION} |
 * | `storeId` | 32 lower-case hexadecimal digits: the 16 bytes that every other file names |
 * | `name` | 1 to 64 characters |
 * | `createdAt` | ISO 8601 in UTC with nine decimals |
 * | `rowsMax` | object: by table, the bound of its rows where it is not the declared one |
 * | `checksum` | 16 lower-case hexadecimal digits |
 *
 * The checksum is the XXH64 of the object without `checksum`, written as JSON in UTF-8 without white space (strings escaped as
 * ECMAScript's JSON.stringify does: `"`, `\` and control characters only), its own names sorted, those inside `rowsMax` in the order
 * in which the file has them. The order of the names in the file itself does not matter.
 */

import { xxh64 } from '@node-rs/xxhash';
import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { climb, type Rung } from './ladder.ts';
import { storeLayout } from './layout.ts';

export const STORE_VERSION = 1;

type Fields = Readonly<Record<string, unknown>>;

/** Steps between versions of the object without its checksum; none yet: there has been one version. */
export const STORE_RUNGS: Rung<Fields>[] = [];

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

/** What every version has. */
const versioned = z.looseObject({ version: z.number().int(), checksum: z.string() });

export type StoreIdentity = z.infer<typeof body>;

function checksumOf(identity: Fields): string {
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

/** @throws RearmError STORE_MISSING, IDENTITY_LOST, VERSION_NEWER, VERSION_OLDER, PERMISSION_DENIED */
export function readIdentity(storage: Storage, root: string): StoreIdentity {
  const { identity: path, lineage } = storeLayout(root);
  if (!storage.exists(path)) {
    // It is written last: its maker may have died before, and nothing was acknowledged then.
    const rest = storage.list(lineage).length > 0 ? ', and other files of a store are there' : '';
    throw new RearmError('STORE_MISSING', `there is no store.json in ${root}${rest}`, { root });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(readWhole(storage, path, 65_536)));
  } catch (error) {
    if (error instanceof RearmError) throw error;
    throw new RearmError('IDENTITY_LOST', `${path} is not JSON`, { path }, error);
  }
  const stored = versioned.safeParse(parsed);
  if (!stored.success) throw new RearmError('IDENTITY_LOST', `${path}: ${z.prettifyError(stored.error)}`, { path });
  const { checksum, ...fields } = stored.data;
  // The content of a newer one, its checksum too, may follow other rules: it is not looked at.
  const isNewer = fields.version > STORE_VERSION;
  if (!isNewer && checksum !== checksumOf(fields)) throw new RearmError('IDENTITY_LOST', `${path} does not match its checksum`, { path });
  const result = body.safeParse(climb<Fields>(path, STORE_RUNGS, STORE_VERSION, fields.version, fields));
  if (!result.success) throw new RearmError('IDENTITY_LOST', `${path}: ${z.prettifyError(result.error)}`, { path });
  return result.data;
}

export const storeIdBytes = (identity: StoreIdentity): Uint8Array => Uint8Array.from(Buffer.from(identity.storeId, 'hex'));
