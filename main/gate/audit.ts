/**
 * The audit log: what was done at the gate, by whom, in one order. Append-only, hash-chained, every entry signed by the
 * store's audit key.
 *
 * `audit/audit.log`: one entry a line (line-log.ts), canonical JSON with the keys action, actor, at, details, hash, previousHash,
 * sequence, signature. `hash` is the SHA-256 of the canonical bytes of the entry without `hash` and `signature`; `signature`
 * is Ed25519 over `rearm-audit-1 <hash>`. `previousHash` of the first entry is the SHA-256 of `rearm-audit-1 <storeId>`.
 * `audit/audit.head`: the last acknowledged {sequence, head}, published after the entry is durable. A whole valid entry behind it was
 * not acknowledged and stays; an entry at or before it that is missing or bad is damage.
 * `audit/audit.key`, `audit/audit.pub`: the key of the store, made with it.
 *
 * The chain cannot show that its end, with its head, was rolled back: an anchor kept elsewhere can.
 */

import { z } from 'zod';
import type { AuditEntry, AuditOrigin, AuditView } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { canonicalBytes, canonicalHash, parseCanonical, sha256Hex } from './canonical.ts';
import { privateKeyBytes, privateKeyFrom, privateKeyOf, publicKeyText, signHash, type Verifier, verifierOf } from './ed25519.ts';
import type { GateLayout } from './layout.ts';
import { appendLine, readLastLine, readLines } from './line-log.ts';
import { check, fields, isOfContent, publishRecord, readRecord } from './records.ts';
import { timeText } from './time.ts';

const entrySchema = z.strictObject({
  sequence: fields.count.min(1),
  at: fields.time,
  actor: fields.actor,
  action: z
    .string()
    .regex(/^[a-z]+(\.[a-zA-Z]+)+$/)
    .max(64),
  details: z.record(z.string().max(64), z.unknown()),
  previousHash: fields.hash,
  hash: fields.hash,
  signature: fields.signature,
});
type StoredEntry = z.infer<typeof entrySchema>;

export const headSchema = z.strictObject({
  format: z.literal('rearm-audit-head-1'),
  storeId: fields.storeId,
  sequence: fields.count.min(1),
  head: fields.hash,
});

export const publicKeySchema = z.strictObject({
  format: z.literal('rearm-audit-public-1'),
  storeId: fields.storeId,
  publicKey: fields.publicKey,
});

export const privateKeySchema = z.strictObject({
  format: z.literal('rearm-audit-key-1'),
  storeId: fields.storeId,
  /** PKCS #8 DER, base64. */
  privateKey: z.string().max(256),
});

const anchorSchema = z.strictObject({
  format: z.literal('rearm-anchor-1'),
  storeId: fields.storeId,
  sequence: fields.count,
  head: fields.hash,
  at: fields.time,
});

/** The head of the log at a time, to be kept where the store's owner cannot change it. */
export type Anchor = z.infer<typeof anchorSchema>;

/** @throws RearmError FORMAT_INVALID */
export const readAnchor = (bytes: Uint8Array): Anchor =>
  check(anchorSchema, parseCanonical(bytes, 'the anchor'), 'the anchor', 'FORMAT_INVALID');

/** `truncated`: the log ends before the anchor; `differs`: it has another entry there; `foreign`: of another store. */
export type AnchorVerdict = 'holds' | 'truncated' | 'differs' | 'foreign';

export interface AuditVerification extends AuditView {
  /** Number of verified entries. */
  readonly count: number;
  /** Bytes of an append that was never acknowledged, behind the last entry. */
  readonly tornBytes: number;
  /** Where the line of `firstBad` begins, or was to begin; null where it is not for a line that the log does not verify. */
  readonly badOffset: number | null;
  /** Why `firstBad` is bad; empty where everything verifies. */
  readonly reason: string;
  readonly anchor: AnchorVerdict | null;
}

export const auditGenesis = (storeId: string): string => sha256Hex(`rearm-audit-1 ${storeId}`);

function hashOf(entry: Omit<StoredEntry, 'hash' | 'signature'>): string {
  const { sequence, at, actor, action, details, previousHash } = entry;
  return canonicalHash({ sequence, at, actor, action, details, previousHash });
}

const originSchema = z.object({ host: z.string().max(64), session: z.string().max(128) });

function viewOf({ sequence, at, actor, action, details, hash, previousHash }: StoredEntry): AuditEntry {
  const origin = originSchema.safeParse(details.origin);
  return { sequence, at, actor, action, details, hash, previousHash, ...(origin.success && { origin: origin.data }) };
}

export interface AuditDependencies {
  readonly storage: Storage;
  readonly layout: GateLayout;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly storeId: string;
  /** Through whom its entries come; absent: the process acts by itself. */
  readonly origin?: AuditOrigin;
}

/** Actions that set a mode; what they set is `to` in their details. */
export const SETS_MODE: ReadonlySet<string> = new Set(['mode.set', 'mode.rehalted', 'gate.stayHalted']);

export class Audit {
  readonly #deps: AuditDependencies;
  readonly #headPath: string;

  constructor(deps: AuditDependencies) {
    this.#deps = deps;
    this.#headPath = `${deps.layout.audit}/audit.head`;
  }

  /** The same log, written by somebody who acts through `origin`: each entry has it in its details. */
  from(origin: AuditOrigin): Audit {
    return new Audit({ ...this.#deps, origin });
  }

  /**
   * Makes the key and the first entry where there are none; finishes a creation that a crash cut short. Durable on return.
   * The caller holds the gate's lock and made the directories.
   *
   * @throws RearmError AUDIT_BROKEN where a log is there without its key, or without its acknowledged head.
   */
  ensure(): void {
    const { storage, layout, random, storeId } = this.#deps;
    if (!storage.exists(layout.auditKey)) {
      if (storage.exists(layout.auditLog) || storage.exists(this.#headPath)) {
        throw new RearmError('AUDIT_BROKEN', 'the key of the audit log is missing', { firstBad: 1, reason: 'keyMissing' });
      }
      const privateKey = Buffer.from(privateKeyBytes(privateKeyOf(random(32)))).toString('base64');
      publishRecord(storage, layout.auditKey, privateKeySchema, { format: 'rearm-audit-key-1', storeId, privateKey });
    }
    if (!storage.exists(layout.auditPublicKey)) {
      const publicKey = publicKeyText(this.#privateKey());
      publishRecord(storage, layout.auditPublicKey, publicKeySchema, { format: 'rearm-audit-public-1', storeId, publicKey });
    }
    if (storage.exists(this.#headPath)) return;
    const last = readLastLine(storage, layout.auditLog).line;
    if (last === null) this.append('rearm', 'audit.created', { storeId, publicKey: this.#publicKey() });
    else {
      const entry = this.#checkLast(last);
      // A creation was cut short behind its first entry. Else the head that was acknowledged is gone: with it, how far the log went.
      if (entry.sequence > 1) this.#broken(this.verify());
      this.#publishHead(entry);
    }
  }

  #privateKey() {
    const { storage, layout, storeId } = this.#deps;
    const record = readRecord(storage, layout.auditKey, privateKeySchema, 4096);
    if (record.storeId !== storeId) {
      throw new RearmError('STORE_FOREIGN', 'the audit key belongs to another store', { path: layout.auditKey });
    }
    const key = privateKeyFrom(Buffer.from(record.privateKey, 'base64'));
    if (!key) throw new RearmError('FORMAT_INVALID', `${layout.auditKey} holds no Ed25519 key`, { path: layout.auditKey });
    return key;
  }

  #publicKey(): string {
    const { storage, layout, storeId } = this.#deps;
    const record = readRecord(storage, layout.auditPublicKey, publicKeySchema, 4096);
    if (record.storeId !== storeId) {
      throw new RearmError('STORE_FOREIGN', 'the audit key belongs to another store', { path: layout.auditPublicKey });
    }
    return record.publicKey;
  }

  #publishHead(entry: { readonly sequence: number; readonly hash: string }): void {
    const { storage, storeId } = this.#deps;
    const head = { format: 'rearm-audit-head-1', storeId, sequence: entry.sequence, head: entry.hash };
    publishRecord(storage, this.#headPath, headSchema, head);
  }

  /** Hash of the last acknowledged entry, unverified: cheap enough to ask whether the log grew. @throws RearmError FORMAT_INVALID */
  headHash(): string | null {
    return this.#readHead()?.head ?? null;
  }

  #readHead(): z.infer<typeof headSchema> | null {
    if (!this.#deps.storage.exists(this.#headPath)) return null;
    return readRecord(this.#deps.storage, this.#headPath, headSchema, 4096);
  }

  /** Why a line is not the entry that belongs at `sequence` after `previousHash`; the entry where it is. */
  #checkLine(line: Uint8Array, sequence: number | null, previousHash: string | null, verifies: Verifier): StoredEntry | string {
    let entry: StoredEntry;
    try {
      entry = check(entrySchema, parseCanonical(line, 'the entry'), 'the entry', 'FORMAT_INVALID');
    } catch (error) {
      if (error instanceof RearmError) return 'it cannot be read';
      throw error;
    }
    if (sequence !== null && entry.sequence !== sequence) return `it is numbered ${entry.sequence}`;
    if (hashOf(entry) !== entry.hash) return 'its hash does not match';
    if (previousHash !== null && entry.previousHash !== previousHash) return 'it does not follow the entry before it';
    if (!verifies('rearm-audit-1', entry.hash, entry.signature)) return 'its signature does not match';
    return entry;
  }

  #checkLast(line: Uint8Array): StoredEntry {
    const entry = this.#checkLine(line, null, null, verifierOf(this.#publicKey()));
    if (typeof entry !== 'string') return entry;
    return this.#broken(this.verify());
  }

  #broken(verification: AuditVerification): never {
    const { firstBad, reason } = verification;
    throw new RearmError('AUDIT_BROKEN', `the audit log does not verify from entry ${firstBad ?? '?'} on: ${reason}`, {
      firstBad,
      reason,
    });
  }

  /**
   * Appends an entry; on return it is durable and acknowledged. The caller holds the gate's lock. `details` never hold a secret.
   *
   * @throws RearmError AUDIT_BROKEN where the end of the log is damaged; PAYLOAD_INVALID for details that have no canonical
   *   form; whatever the storage throws. In each case nothing may follow from the action.
   */
  append(actor: string, action: string, details: Record<string, unknown>): AuditEntry {
    const { storage, layout, clock, storeId, origin } = this.#deps;
    const { line } = readLastLine(storage, layout.auditLog);
    const last = line === null ? null : this.#checkLast(line);
    const head = this.#readHead();
    if (head && (last === null || last.sequence < head.sequence)) this.#broken(this.verify());
    const body = {
      sequence: (last?.sequence ?? 0) + 1,
      at: timeText(clock.wallNs()),
      actor,
      action,
      details: origin ? { ...details, origin: { host: origin.host, session: origin.session } } : details,
      previousHash: last?.hash ?? auditGenesis(storeId),
    };
    const hash = hashOf(body);
    const signature = signHash(this.#privateKey(), 'rearm-audit-1', hash);
    const entry = check(entrySchema, { ...body, hash, signature }, 'the audit entry', 'PAYLOAD_INVALID');
    appendLine(storage, layout.auditLog, canonicalBytes(entry), layout.quarantine);
    this.#publishHead(entry);
    return viewOf(entry);
  }

  /**
   * Verifies the whole log: every line, the chain, the signatures, the acknowledged head, and the anchor where one is given.
   * Nothing is written and nothing is thrown for a log that is bad: `verified` is false, `firstBad` names the entry.
   *
   * @throws RearmError IO_FAILED, PERMISSION_DENIED ... where it could not be read: then it is neither
   * @param onEntry sees each verified entry in order.
   * @param last how many entries to return, from the end.
   */
  verify(options: { anchor?: Anchor; last?: number; onEntry?: (entry: AuditEntry) => void } = {}): AuditVerification {
    const { storage, layout, storeId } = this.#deps;
    const last = options.last ?? Number.MAX_SAFE_INTEGER;
    const entries: AuditEntry[] = [];
    let count = 0;
    let head = auditGenesis(storeId);
    let reason = '';
    let badOffset: number | null = null;
    let anchored: AnchorVerdict = 'truncated';
    let acknowledged: z.infer<typeof headSchema> | null = null;
    let verifies: Verifier = () => false;
    try {
      acknowledged = this.#readHead();
      if (storage.exists(layout.auditLog) || acknowledged) verifies = verifierOf(this.#publicKey());
      if (acknowledged && acknowledged.storeId !== storeId) reason = 'the acknowledged head belongs to another store';
    } catch (error) {
      if (!isOfContent(error)) throw error;
      reason = `the key or the acknowledged head cannot be read (${(error as RearmError).code})`;
    }
    if (options.anchor?.sequence === 0) anchored = options.anchor.head === head ? 'holds' : 'differs';
    let tornBytes = 0;
    if (reason === '') {
      const reading = readLines(storage, layout.auditLog, (line, index, offset) => {
        badOffset = offset;
        const entry = this.#checkLine(line, index + 1, head, verifies);
        if (typeof entry === 'string') {
          reason = entry;
          return false;
        }
        if (entry.sequence === acknowledged?.sequence && entry.hash !== acknowledged.head) {
          reason = 'it is not the entry that was acknowledged';
          return false;
        }
        if (entry.sequence === options.anchor?.sequence) {
          anchored = entry.hash === options.anchor.head ? 'holds' : 'differs';
        }
        count += 1;
        head = entry.hash;
        const view = viewOf(entry);
        options.onEntry?.(view);
        entries.push(view);
        if (entries.length > last) entries.shift();
        return true;
      });
      if (reason === '') badOffset = reading.wholeBytes;
      tornBytes = reason === '' ? reading.tornBytes : 0;
      if (reason === '' && acknowledged && acknowledged.sequence > count) reason = 'it was acknowledged and is not there';
      else if (reason === '' && !acknowledged && count > 1) reason = 'the acknowledged head is missing';
    }
    const verified = reason === '';
    const foreign = options.anchor !== undefined && options.anchor.storeId !== storeId;
    return {
      entries,
      head,
      verified,
      firstBad: verified ? null : count + 1,
      badOffset: verified ? null : badOffset,
      count,
      tornBytes,
      reason,
      anchor: options.anchor === undefined ? null : foreign ? 'foreign' : anchored,
    };
  }

  /** {@link verify}, and refuses what does not. @throws RearmError AUDIT_BROKEN with `context.firstBad` */
  require(onEntry?: (entry: AuditEntry) => void): AuditVerification {
    const verification = this.verify(onEntry ? { last: 1, onEntry } : { last: 1 });
    if (!verification.verified) this.#broken(verification);
    return verification;
  }

  /** The verified head, for keeping elsewhere. @throws RearmError AUDIT_BROKEN */
  anchor(): Anchor {
    const { count, head } = this.require();
    return {
      format: 'rearm-anchor-1',
      storeId: this.#deps.storeId,
      sequence: count,
      head,
      at: timeText(this.#deps.clock.wallNs()),
    };
  }
}
