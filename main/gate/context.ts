/** What every action of the gate stands on: the store, the clock, the lock, and what the audit log proves. */

import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { AuditEntry } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, HeldLock, Storage } from '../storage/storage.ts';
import { Audit, SETS_MODE } from './audit.ts';
import { SCRYPT_COST, type ScryptCost } from './keyring.ts';
import { type GateLayout, gateLayout, STORE_ID_PATTERN } from './layout.ts';
import { appendLine } from './line-log.ts';
import { type EffectiveMode, readMode } from './mode-record.ts';
import { NOBODY, type People, parseRecord, peopleLine, readPeople, withRecord } from './people.ts';
import { timeText } from './time.ts';

export interface GateConfiguration {
  /** One signature is enough. Only ever by configuration; every view and every release shows it. */
  readonly onePersonMode: boolean;
  readonly dossierLifetimeMs: number;
  /** A token never outlives its dossier. */
  readonly tokenLifetimeMs: number;
  /** Cost of a new key's passphrase. */
  readonly scrypt: ScryptCost;
}

export const GATE_CONFIGURATION: GateConfiguration = {
  onePersonMode: false,
  dossierLifetimeMs: 15 * 60_000,
  tokenLifetimeMs: 5 * 60_000,
  scrypt: SCRYPT_COST,
};
const LIFETIME_MS_MAX = 60 * 60_000;

export interface GateDependencies {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Random bytes; from the system's generator outside simulations. */
  readonly random: (bytes: number) => Uint8Array;
  /** From store.json, 32 hexadecimal digits. */
  readonly storeId: string;
  readonly configuration?: Partial<GateConfiguration>;
  /** Whether the engine's process lives; without it, whether anybody holds the store's writer lock. */
  readonly engineAlive?: () => boolean;
  /** {@link ModeFacts.neverClosed}; without it, never: every doubt is HALTED. */
  readonly neverClosed?: () => boolean;
  /** Waits while another process holds the gate's lock; blocks the thread. A simulation gives one that returns at once. */
  readonly wait?: (ms: number) => void;
  /** Waits before a passphrase is tried again; does not block. */
  readonly sleep?: (ms: number) => Promise<void>;
}

const LOCK_TRIES = 250;
const LOCK_WAIT_MS = 20;
const blockThread = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

/** What the audit log proves about the gate. */
export interface Knowledge {
  readonly people: People;
  /** Records that the file of people lacks. */
  readonly missing: number;
  /** Hash of the token issued with a nonce. */
  readonly issued: ReadonlyMap<string, string>;
  /** Nonces that were used or withdrawn. */
  readonly spent: ReadonlySet<string>;
}

export interface GateContext extends Omit<GateDependencies, 'configuration' | 'wait' | 'sleep' | 'engineAlive' | 'neverClosed'> {
  readonly layout: GateLayout;
  readonly configuration: GateConfiguration;
  readonly audit: Audit;
  /** Names this process in the envelopes that it proposes: their monotonic clock is only meaningful here. */
  readonly instance: string;
  now(): string;
  sleep(ms: number): Promise<void>;
  engineAlive(): boolean;
  /** @param acceptedEpoch null where the caller does not know it. */
  mode(acceptedEpoch: number | null): EffectiveMode;
  /**
   * Runs an action under the gate's lock, with directories and audit log made durable before it.
   * @throws RearmError GATE_BUSY where another process holds the lock for five seconds.
   */
  locked<T>(action: () => T): T;
  /**
   * The same for what stops trading: nothing is prepared before, so that neither a full disk nor a broken log is in its way; the
   * action calls {@link readyAudit} after its effect.
   */
  lockedToHalt<T>(action: () => T): T;
  /** Makes the directories, and the audit log where there is none yet; durable on return. The caller holds the lock. @throws RearmError AUDIT_BROKEN where it is gone. */
  readyAudit(): void;
  /** Verifies the whole audit log, and the people against it. @throws RearmError AUDIT_BROKEN */
  knowledge(): Knowledge;
  /** {@link knowledge}, after completing the file of people where a crash left it behind. The caller holds the lock. */
  completed(): Knowledge;
}

/** @throws RearmError CONFIGURATION_INVALID, PAYLOAD_INVALID (store id). Touches no file. */
export function gateContext(root: string, deps: GateDependencies): GateContext {
  const { storage, clock, random, storeId } = deps;
  const layout = gateLayout(root);
  const configuration = { ...GATE_CONFIGURATION, ...deps.configuration };
  const wait = deps.wait ?? blockThread;
  if (!STORE_ID_PATTERN.test(storeId)) throw new RearmError('PAYLOAD_INVALID', 'a store id has 32 hexadecimal digits', { storeId });
  for (const name of ['dossierLifetimeMs', 'tokenLifetimeMs'] as const) {
    const value = configuration[name];
    if (!Number.isInteger(value) || value < 1000 || value > LIFETIME_MS_MAX) {
      throw new RearmError('CONFIGURATION_INVALID', `${name} is ${value}, not within 1000 to ${LIFETIME_MS_MAX}`, { name });
    }
  }
  const audit = new Audit({ storage, layout, clock, random, storeId });
  // Directories that an earlier process made and never synced look the same as durable ones: each process syncs them once.
  let prepared = false;

  const prepareDirectories = (): void => {
    if (prepared) return;
    for (const directory of [layout.audit, layout.quarantine, layout.keys, layout.dossiers, layout.tokens, layout.burnt]) {
      storage.makeDirectory(directory);
    }
    for (const directory of [
      layout.dossiers,
      layout.tokens,
      layout.burnt,
      layout.keys,
      layout.quarantine,
      layout.audit,
      layout.gate,
      root,
    ]) {
      storage.syncDirectory(directory);
    }
    prepared = true;
  };

  const readyAudit = (): void => {
    prepareDirectories();
    if (storage.exists(layout.people) && !storage.exists(layout.auditLog)) {
      const context = { firstBad: 1, reason: 'missing' };
      throw new RearmError('AUDIT_BROKEN', 'people are enrolled and the audit log is missing', context);
    }
    audit.ensure();
  };

  const acquire = (): HeldLock => {
    storage.makeDirectory(layout.gate);
    for (let tries = 1; ; tries += 1) {
      try {
        return storage.lock(layout.lock);
      } catch (error) {
        if (!(error instanceof RearmError) || error.code !== 'STORE_LOCKED') throw error;
        if (tries === LOCK_TRIES) throw new RearmError('GATE_BUSY', 'another process holds the gate', { path: layout.lock }, error);
        wait(LOCK_WAIT_MS);
      }
    }
  };

  const underLock = <T>(prepare: () => void, action: () => T): T => {
    const lock = acquire();
    try {
      prepare();
      return action();
    } finally {
      lock.release();
    }
  };

  const peopleRefused = (reason: string, cause?: unknown) =>
    new RearmError(
      'AUDIT_BROKEN',
      `${layout.people} does not agree with the audit log: ${reason}; rebuild it from there, on the record`,
      { firstBad: null, reason: 'people', path: layout.people },
      cause,
    );

  const provenPeople = (people: People, entry: AuditEntry): People => {
    if (!entry.action.startsWith('person.')) return people;
    return withRecord(people, parseRecord(entry.details.record, `audit entry ${entry.sequence}`));
  };

  const knowledge = (): Knowledge => {
    // The file before the log: whoever enrols writes the log first, so the log read later never lacks what the file has.
    let file: People;
    try {
      file = readPeople(storage, layout.people, storeId);
    } catch (error) {
      if (error instanceof RearmError && error.code === 'FORMAT_INVALID') throw peopleRefused(error.message, error);
      throw error;
    }
    let people = NOBODY(storeId);
    const issued = new Map<string, string>();
    const spent = new Set<string>();
    audit.require((entry) => {
      people = provenPeople(people, entry);
      if (entry.action === 'token.issued') issued.set(String(entry.details.nonce), String(entry.details.tokenHash));
      const gone = entry.action === 'token.burnt' ? entry.details.nonce : entry.details.withdrawn;
      if (typeof gone === 'string') spent.add(gone);
    });
    const agrees = file.records.every((record, index) => record.hash === people.records[index]?.hash);
    if (!agrees) throw peopleRefused('it holds a record that the log does not');
    return { people, missing: people.records.length - file.records.length, issued, spent };
  };

  /** Whether a mode was ever set, by the log; remembered as long as that did not grow. A log that does not verify may hold one. */
  let looked: { readonly head: string | null; readonly set: boolean } | undefined;
  const everSet = (): boolean => {
    if (!storage.exists(layout.auditLog)) return false;
    const head = audit.headHash();
    if (looked?.head !== head) {
      const { verified, entries } = audit.verify();
      looked = { head, set: !verified || entries.some(({ action }) => SETS_MODE.has(action)) };
    }
    return looked.set;
  };
  const neverClosed = (): boolean => deps.neverClosed?.() === true && !everSet();

  return {
    storage,
    clock,
    random,
    storeId,
    layout,
    configuration,
    audit,
    instance: Buffer.from(random(16)).toString('hex'),
    now: () => timeText(clock.wallNs()),
    sleep: deps.sleep ?? ((ms) => setTimeout(ms)),
    engineAlive: deps.engineAlive ?? (() => storage.isLocked(join(root, 'lock'))),
    mode: (acceptedEpoch) => readMode(storage, layout, storeId, clock.wallNs(), acceptedEpoch, neverClosed),
    locked: (action) => underLock(readyAudit, action),
    readyAudit,
    lockedToHalt: (action) => underLock(() => {}, action),
    knowledge,
    completed: () => {
      const known = knowledge();
      if (known.missing === 0) return known;
      for (const record of known.people.records.slice(-known.missing)) {
        appendLine(storage, layout.people, peopleLine(record), layout.quarantine);
      }
      return { ...known, missing: 0 };
    },
  };
}
