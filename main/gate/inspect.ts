/** Every file of the gate, looked at: each by itself, and against the people and the audit log. Read-only; it stops at nothing. */

import { join, relative } from 'node:path';
import type { z } from 'zod';
import type { TradingMode } from '../../shared/contract/facts.ts';
import type { AuditEntry } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { headSchema, privateKeySchema, publicKeySchema, SETS_MODE } from './audit.ts';
import { burntSchema } from './burn.ts';
import { canonicalText } from './canonical.ts';
import { currentSchema } from './current.ts';
import { readDossier, readSignature, voidSchema } from './dossier.ts';
import { verifyHash } from './ed25519.ts';
import { engineSchema } from './engine-report.ts';
import { readKey } from './keyring.ts';
import { type GateLayout, HASH_PATTERN } from './layout.ts';
import { MODE_BYTES_MAX, modeSchema } from './mode-record.ts';
import { MODES } from './modes.ts';
import { isInForce, type People } from './people.ts';
import { readRecord } from './records.ts';
import { readToken, tokenHash } from './token.ts';

export interface GateFile {
  /** From the root of the store. */
  readonly path: string;
  /** What is wrong with it; null for nothing. */
  readonly trouble: { readonly code: string; readonly message: string; readonly severity: 'note' | 'torn' | 'unread' | 'damaged' } | null;
}

export interface InspectOptions {
  readonly storage: Storage;
  readonly layout: GateLayout;
  readonly storeId: string;
  /** null: the enrolment cannot be read, nothing is compared with it. */
  readonly people: People | null;
  /** null: the log does not verify, nothing is compared with it. */
  readonly audited: readonly AuditEntry[] | null;
}

const differs = (message: string): never => {
  throw new RearmError('FORMAT_INVALID', message, {});
};

/** Files of the gate but the logs, which have their own checks. */
export function inspectGate({ storage, layout, storeId, people, audited }: InspectOptions): GateFile[] {
  const found: GateFile[] = [];
  /** Whatever is published has its entry first. */
  const requireEntry = (action: string, holds: (details: Record<string, unknown>) => boolean): void => {
    if (audited?.some((entry) => entry.action === action && holds(entry.details)) === false)
      differs(`the audit log has no ${action} of it`);
  };
  const own = (schema: z.ZodType<{ storeId: string }>, path: string, limit = 4096): void => {
    if (readRecord(storage, path, schema, limit).storeId !== storeId)
      throw new RearmError('STORE_FOREIGN', 'it belongs to another store', {});
  };
  const attempt = <T>(path: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RearmError) || saysNothing(error)) throw error;
      const { code, message } = error;
      const trouble = isUnread(error) ? ({ code: 'UNREAD', severity: 'unread' } as const) : ({ code, severity: 'damaged' } as const);
      found.push({ path: relative(layout.root, path), trouble: { ...trouble, message } });
      return undefined;
    }
  };
  const look = (path: string, read: () => void): void =>
    attempt(path, () => {
      read();
      found.push({ path: relative(layout.root, path), trouble: null });
    });
  const passed = (path: string, code: string, message: string, severity: 'note' | 'torn'): void => {
    found.push({ path: relative(layout.root, path), trouble: { code, message, severity } });
  };
  /** @param readerOf null: not a file of a gate; undefined: not looked at here */
  const each = (directory: string, readerOf: (name: string, path: string) => (() => void) | null | undefined): void => {
    for (const name of attempt(directory, () => storage.list(directory)) ?? []) {
      const path = join(directory, name);
      const read = attempt(path, () => readerOf(name, path));
      if (name.endsWith('.tmp')) passed(path, 'LEFTOVER', 'a file that was being published when its process died; it is not used', 'torn');
      else if (read) look(path, read);
      else if (read === null) passed(path, 'UNKNOWN_FILE', 'not a file of a gate; it is not used', 'note');
    }
  };

  const singles = new Map<string, ((path: string) => void) | null>([
    [
      layout.mode,
      (path) => {
        if (isCutShort(storage, path))
          return passed(path, 'MODE_SPOILT', 'it has no end, as after a halt that could not be written: HALTED', 'torn');
        own(modeSchema, path, MODE_BYTES_MAX);
        const { mode, nonce, venues, strategies } = readRecord(storage, path, modeSchema, MODE_BYTES_MAX);
        if (nonce !== null && canonicalText(readToken(storage, layout, nonce).scope) !== canonicalText({ mode, venues, strategies }))
          differs('it is not what the token that it names is for');
        // Down it is set before its entry, up behind it: never above the last one.
        const last = audited?.findLast(({ action, details }) => SETS_MODE.has(action) && typeof details.to === 'string');
        if (audited && MODES[mode].rank > MODES[(last?.details.to ?? 'HALTED') as TradingMode].rank)
          differs(`it says ${mode}, and the last mode in the audit log is ${last?.details.to ?? 'none'}`);
      },
    ],
    [layout.engine, (path) => own(engineSchema, path)],
    [
      layout.current,
      (path) => {
        own(currentSchema, path);
        const { dossierHash, nonce } = readRecord(storage, path, currentSchema, 4096);
        // Each is published before it is pointed to.
        if (!storage.exists(join(layout.dossiers, `${dossierHash}.json`))) differs('the dossier that it names is gone');
        if (nonce !== null && !storage.exists(join(layout.tokens, `${nonce}.json`))) differs('the token that it names is gone');
      },
    ],
    [layout.auditKey, (path) => own(privateKeySchema, path)],
    [layout.auditPublicKey, (path) => own(publicKeySchema, path)],
    [join(layout.audit, 'audit.head'), (path) => own(headSchema, path)],
    ...[layout.lock, layout.people, layout.keys, layout.dossiers, layout.tokens, layout.burnt, layout.auditLog].map(
      (path): [string, null] => [path, null],
    ),
  ]);
  for (const directory of [layout.gate, layout.audit])
    each(directory, (_name, path) => {
      const read = singles.get(path);
      if (read === undefined) return null;
      return read ? () => read(path) : undefined;
    });
  each(layout.keys, (name) => {
    const [, id] = /^(.+)\.key$/.exec(name) ?? [];
    if (id === undefined) return null;
    return () => {
      const { publicKey } = readKey(storage, layout.keys, id);
      // A key is made before its person is enrolled with it: a crash may have come between.
      if (people && isInForce(people, id) && people.byId.get(id)!.publicKey !== publicKey)
        differs(`it is not the key that ${id} was enrolled with`);
    };
  });
  each(layout.dossiers, (name, path) => {
    const [, hash, person, kind] = /^([0-9a-f]{64})(?:\.([a-z0-9_-]+))?\.(json|sig|void)$/.exec(name) ?? [];
    if (hash === undefined || (kind === 'sig') !== (person !== undefined)) return null;
    if (kind === 'json')
      return () => {
        readDossier(storage, layout, storeId, hash);
        requireEntry('dossier.proposed', ({ dossierHash }) => dossierHash === hash);
      };
    if (kind === 'void') return () => void readRecord(storage, path, voidSchema, 65_536);
    return () => {
      const { signature } = readSignature(storage, layout, hash, person!)!;
      const keys = people?.records.flatMap((record) => (record.kind === 'enrolled' && record.id === person ? [record.publicKey] : []));
      if (keys && !keys.some((key) => verifyHash(key, 'rearm-approval-1', hash, signature)))
        differs(`it is no signature of ${person} on this dossier`);
      requireEntry('dossier.signed', (details) => details.dossierHash === hash && details.signature === signature);
    };
  });
  each(layout.tokens, (name) => {
    const [, nonce] = /^([0-9a-f]{64})\.json$/.exec(name) ?? [];
    if (nonce === undefined) return null;
    return () => {
      const token = readToken(storage, layout, nonce);
      requireEntry('token.issued', (details) => details.tokenHash === tokenHash(token));
    };
  });
  each(layout.burnt, (name, path) => {
    if (!HASH_PATTERN.test(name)) return null;
    if (isCutShort(storage, path)) {
      passed(path, 'MARK_TORN', 'its process died while it wrote the mark; it counts by being there', 'torn');
      return () => {};
    }
    return () => {
      if (readRecord(storage, path, burntSchema, 4096).nonce !== name) differs('it is the mark of another nonce');
    };
  });
  return found;
}

/** A burnt mark is made in place, so that one maker succeeds: a crash leaves it without its end. A halt that cannot be written takes the end of what permitted trading. */
function isCutShort(storage: Storage, path: string): boolean {
  const file = storage.open(path, 'read');
  try {
    const last = new Uint8Array(1);
    return file.read(last, 0, 1, Math.max(0, file.size() - 1)) === 0 || last[0] !== CLOSING_BRACE;
  } finally {
    file.close();
  }
}

const CLOSING_BRACE = 0x7d;
