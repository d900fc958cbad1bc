/**
 * The venue configuration file: which venues, with which keys, whom to phone. The demo's simulator writes one.
 *
 * A key is written out, or names an environment variable: `"apiKey": {"env": "BINANCE_READ_KEY"}`. Nothing of a key ever leaves
 * this process but to its venue: see {@link Secret}.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import { systemName } from '../storage/regular-file.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { Secret } from './secret.ts';

export const PERMISSIONS = ['read', 'cancel', 'trade'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface VenueKey {
  readonly apiKey: Secret;
  readonly secret: Secret;
  readonly password: Secret | null;
  readonly uid: Secret | null;
}

export interface VenueConfiguration {
  readonly name: string;
  /** A ccxt exchange id. */
  readonly dialect: string;
  /** Replaces scheme, host and port of every address of the exchange: a gateway, or loopback. */
  readonly origin: string | null;
  readonly account: string;
  /** Unified symbols that are asked for even where the state knows nothing of them. */
  readonly symbols: readonly string[];
  readonly cancelOnDisconnect: 'yes' | 'no' | 'unknown';
  readonly keys: { readonly [P in Permission]?: VenueKey };
  readonly emergency: Readonly<Record<string, string>>;
  /** Handed to the client library as its `options`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Rows per page, where the venue's own limit is not wanted. */
  readonly pageRows: { readonly fills: number | null; readonly orders: number | null };
  /** For one request. */
  readonly timeoutMs: number;
}

export interface ConfigurationWarning {
  readonly code: 'CONFIGURATION_READABLE_BY_OTHERS' | 'KEY_MISSING' | 'CANCEL_KEY_MISSING' | 'ORIGIN_NOT_ENCRYPTED';
  readonly message: string;
}

export interface VenuesFile {
  readonly venues: readonly VenueConfiguration[];
  readonly warnings: readonly ConfigurationWarning[];
}

const FILE_BYTES_MAX = 1 << 20;
const TIMEOUT_MS = 4_000;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,62}$/);
const words = z.string().max(256);
const material = z.union([z.string().min(1).max(4096), z.object({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }).strict()]);
const key = z.object({ apiKey: material, secret: material, password: material.optional(), uid: material.optional() }).strict();

const venueSchema = z
  .object({
    name,
    dialect: z.string().regex(/^[a-z0-9]{2,32}$/),
    origin: z
      .string()
      .regex(/^https?:\/\/[^/?#@\s]+$/)
      .optional(),
    account: z.string().max(63).default(''),
    symbols: z.array(z.string().min(1).max(63)).max(10_000).default([]),
    cancelOnDisconnect: z.enum(['yes', 'no', 'unknown']).default('unknown'),
    keys: z.object({ read: key.optional(), cancel: key.optional(), trade: key.optional() }).strict().default({}),
    emergency: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,31}$/), words).default({}),
    options: z.record(z.string().max(64), z.unknown()).default({}),
    pageRows: z
      .object({ fills: z.number().int().min(1).max(10_000).optional(), orders: z.number().int().min(1).max(10_000).optional() })
      .strict()
      .default({}),
    timeoutMs: z.number().int().min(50).max(60_000).default(TIMEOUT_MS),
  })
  .strict();

const fileSchema = z.object({ venues: z.array(venueSchema).min(1).max(256) }).strict();

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws RearmError CONFIGURATION_INVALID for a variable that is not set. */
function secretOf(input: z.infer<typeof material>, environment: Environment, where: string): Secret {
  if (typeof input === 'string') return new Secret(input);
  const value = environment[input.env];
  if (value === undefined || value === '') {
    throw new RearmError('CONFIGURATION_INVALID', `${where}: the environment variable ${input.env} is not set`, {
      where,
      variable: input.env,
    });
  }
  return new Secret(value);
}

function keyOf(input: z.infer<typeof key>, environment: Environment, where: string): VenueKey {
  return {
    apiKey: secretOf(input.apiKey, environment, where),
    secret: secretOf(input.secret, environment, where),
    password: input.password === undefined ? null : secretOf(input.password, environment, where),
    uid: input.uid === undefined ? null : secretOf(input.uid, environment, where),
  };
}

function warningsOf(venue: VenueConfiguration): ConfigurationWarning[] {
  const warnings: ConfigurationWarning[] = [];
  if (!venue.keys.read && !venue.keys.cancel && !venue.keys.trade) {
    warnings.push({ code: 'KEY_MISSING', message: `${venue.name} has no key: nothing private can be asked there` });
  } else if (!venue.keys.cancel && !venue.keys.trade) {
    warnings.push({ code: 'CANCEL_KEY_MISSING', message: `${venue.name} has no key that can cancel` });
  }
  if (venue.origin?.startsWith('http://') && !/^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:|$)/.test(venue.origin)) {
    warnings.push({ code: 'ORIGIN_NOT_ENCRYPTED', message: `${venue.name} is spoken to without encryption at ${venue.origin}` });
  }
  return warnings;
}

/**
 * Makes configurations of what a file holds.
 *
 * @throws RearmError CONFIGURATION_INVALID naming the entry: a field of the wrong form, a dialect that no client library speaks, a
 *   name that comes twice, an environment variable that is not set
 */
export async function parseVenues(input: unknown, environment: Environment = process.env): Promise<VenuesFile> {
  const parsed = fileSchema.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RearmError(
      'CONFIGURATION_INVALID',
      `venue configuration: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
      {},
    );
  }
  const { default: ccxt } = await import('ccxt');
  const known = ccxt.exchanges as unknown as readonly string[];
  const seen = new Set<string>();
  const venues = parsed.data.venues.map((entry): VenueConfiguration => {
    if (!known.includes(entry.dialect)) {
      throw new RearmError(
        'CONFIGURATION_INVALID',
        `venue ${entry.name}: no dialect is called ${entry.dialect}; it is the id of a ccxt exchange, for example binanceusdm, bybit, okx`,
        { venue: entry.name },
      );
    }
    if (seen.has(entry.name)) throw new RearmError('CONFIGURATION_INVALID', `two venues are called ${entry.name}`, { venue: entry.name });
    seen.add(entry.name);
    const keys: { [P in Permission]?: VenueKey } = {};
    for (const permission of PERMISSIONS) {
      const given = entry.keys[permission];
      if (given) keys[permission] = keyOf(given, environment, `venue ${entry.name}, ${permission} key`);
    }
    return {
      ...entry,
      origin: entry.origin ?? null,
      keys,
      pageRows: { fills: entry.pageRows.fills ?? null, orders: entry.pageRows.orders ?? null },
    };
  });
  return { venues, warnings: venues.flatMap(warningsOf) };
}

/**
 * Reads a venue configuration file: a regular file of at most 1 MiB, not a link.
 *
 * @throws RearmError NOT_FOUND, PERMISSION_DENIED, IO_FAILED, CONFIGURATION_INVALID
 */
export async function loadVenues(path: string, environment: Environment = process.env): Promise<VenuesFile> {
  const { text, mode } = readWhole(path);
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and the text holds keys.
    throw new RearmError('CONFIGURATION_INVALID', `${path} is not JSON`, { path });
  }
  const file = await parseVenues(input, environment);
  if ((mode & 0o077) === 0) return file;
  const message = `${path} holds keys and has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: others on this machine can use it; give it mode 0600`;
  return { ...file, warnings: [{ code: 'CONFIGURATION_READABLE_BY_OTHERS', message }, ...file.warnings] };
}

function readWhole(path: string): { text: string; mode: number } {
  let descriptor: number;
  try {
    // A pipe would wait for its other end.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemName(error);
    if (code === 'ENOENT') throw new RearmError('NOT_FOUND', `no venue configuration at ${path}`, { path });
    if (code === 'ELOOP') throw new RearmError('CONFIGURATION_INVALID', `${path} is a link, not a regular file`, { path });
    throw systemFailure(code, 'open', path, error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new RearmError('CONFIGURATION_INVALID', `${path} is not a regular file`, { path });
    if (stat.size > FILE_BYTES_MAX)
      throw new RearmError('CONFIGURATION_INVALID', `${path} has ${stat.size} bytes, more than ${FILE_BYTES_MAX}`, { path });
    return { text: readFileSync(descriptor, 'utf8'), mode: stat.mode };
  } finally {
    closeSync(descriptor);
  }
}
