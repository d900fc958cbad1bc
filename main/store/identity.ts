/**
 * store.json: what a store is, written once when it is made and never changed. One JSON object on one line, UTF-8, ended by a line
 * feed; readable by eye, and still not damaged silently.
 *
 * | name | value |
 * |---|---|
 * | `format` | "rearm-store" |
 * | `version` | number, {@link STORE_VERSION} |
 * | `storeId` | 32 lower-case hexadecimal digits: the 16 bytes that every other file names |
 * | `name` | 1 to 64 characters, none that a screen would not show (control, formatting, bidirectional ...); whoever shows one all the same escapes it |
 * | `createdAt` | ISO 8601 in UTC with nine decimals |
 * | `rowsMax` | object: by table, the bound of its rows where it is not the declared one |
 * | `checksum` | 16 lower-case hexadecimal digits |
 *
 * The checksum is the XXH64 of the object without `checksum`, written as JSON in UTF-8 without white space (strings escaped as
 * ECMAScript's JSON.stringify does: `"`, `\` and control characters only), its own names sorted, those inside `rowsMax` in the order
 * in which the file has them. The order of the names in the file itself does not matter; no name is there twice.
 */

import { xxh64 } from '@node-rs/xxhash';
import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { isVisible, visible } from '../../shared/visible.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { climb, type Rung } from './ladder.ts';
import { storeLayout } from './layout.ts';

export const STORE_VERSION = 1;
const IDENTITY_BYTES_MAX = 65_536;
/** How a reading fails where the file is not what it should be; everything else says nothing about it. */
const OF_CONTENT: readonly string[] = ['FORMAT_INVALID', 'VALUE_OUT_OF_RANGE'];

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

/** Durable on return. @throws RearmError STORE_EXISTS, CONFIGURATION_INVALID */
export function createIdentity(storage: Storage, root: string, identity: StoreIdentity): void {
  const layout = storeLayout(root);
  if (storage.exists(layout.identity)) throw new RearmError('STORE_EXISTS', `${root} holds a store already`, { root });
  for (const table of Object.keys(identity.rowsMax)) {
    if (!Object.hasOwn(TABLES, table)) throw new RearmError('CONFIGURATION_INVALID', `rowsMax names no table: ${table}`, { table });
  }
  const { success, error, data } = body.safeParse(identity);
  if (!success) throw new RearmError('CONFIGURATION_INVALID', `what the store is to be: ${z.prettifyError(error)}`, { root });
  if (!isVisible(data.name))
    throw new RearmError('CONFIGURATION_INVALID', `the name ${visible(data.name)} holds characters that no screen shows`, { root });
  const text = `${JSON.stringify({ ...data, checksum: checksumOf(data) })}\n`;
  publish(storage, layout.identity, [new TextEncoder().encode(text)]);
}

/**
 * A name that a screen would not show as it is comes back escaped: a label is no reason to keep a store from its recovery.
 *
 * @throws RearmError STORE_MISSING, IDENTITY_LOST, VERSION_NEWER, VERSION_OLDER, PERMISSION_DENIED
 */
export function readIdentity(storage: Storage, root: string): StoreIdentity {
  const { identity: path, lineage } = storeLayout(root);
  if (!storage.exists(path)) {
    // It is written last: its maker may have died before, and nothing was acknowledged then.
    const rest = storage.list(lineage).length > 0 ? ', and other files of a store are there' : '';
    throw new RearmError('STORE_MISSING', `there is no store.json in ${root}${rest}`, { root });
  }
  const lost = (message: string, cause: unknown): RearmError => new RearmError('IDENTITY_LOST', message, { path }, cause);
  let bytes: Uint8Array;
  try {
    bytes = readWhole(storage, path, IDENTITY_BYTES_MAX);
  } catch (error) {
    // It has no other copy in the store: what is advised for other files would mislead.
    throw error instanceof RearmError && OF_CONTENT.includes(error.code) ? lost(error.message, error) : error;
  }
  try {
    return parseIdentity(path, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // Of the decoder, of the parser, or of a stack that is too short for what is nested in it.
    throw error instanceof RearmError ? error : lost(`${path} is not JSON`, error);
  }
}

/** @throws RearmError IDENTITY_LOST, VERSION_NEWER, VERSION_OLDER; what JSON.parse and JSON.stringify throw, the depth of the stack too */
function parseIdentity(path: string, text: string): StoreIdentity {
  const lost = (why: string): RearmError => new RearmError('IDENTITY_LOST', `${path}${why}`, { path });
  const stored = versioned.safeParse(JSON.parse(text));
  if (!stored.success) throw lost(`: ${z.prettifyError(stored.error)}`);
  const { checksum, ...fields } = stored.data;
  // The content of a newer one, its checksum too, may follow other rules: it is not looked at.
  const isNewer = fields.version > STORE_VERSION;
  if (!isNewer && checksum !== checksumOf(fields)) throw lost(' does not match its checksum');
  const result = body.safeParse(climb<Fields>(path, STORE_RUNGS, STORE_VERSION, fields.version, fields));
  if (!result.success) throw lost(`: ${z.prettifyError(result.error)}`);
  // Of two members with one name the parser keeps the last, and another reader may keep the first.
  const members = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
  if (members !== Object.keys(stored.data).length + Object.keys(result.data.rowsMax).length) throw lost(' names something twice');
  return { ...result.data, name: visible(result.data.name) };
}

export const storeIdBytes = (identity: StoreIdentity): Uint8Array => Uint8Array.from(Buffer.from(identity.storeId, 'hex'));
