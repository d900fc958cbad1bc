/**
 * For the gate's tests: a disk in memory with a live and a durable image, a clock that moves only when told or asked, and
 * randomness from a counter. The disk can stop a process at its n-th call, or let the n-th call fail.
 */

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { type ErrorCode, RearmError } from '../../shared/errors.ts';
import type { Clock, HeldLock, MappedFile, OpenMode, Storage, StoredFile } from '../storage/storage.ts';
import { type Accepted, type DossierDraft, Gate, type GateDependencies, type WorldNow } from './gate.ts';

/** The process stopped. Not an error of ours: nothing may catch it and go on. */
export class Crash extends Error {}

interface Inode {
  live: Uint8Array;
  durable: Uint8Array;
  /** Positions whose sync failed: the system takes them for clean, so that no later sync writes them unless they are written again. */
  forgotten: Set<number>;
}

const inodeOf = (bytes: Uint8Array): Inode => ({ live: bytes.slice(), durable: bytes.slice(), forgotten: new Set() });
type Entry = Inode | 'directory';

/**
 * What a crash leaves: `process`: all that was written. `power`: only what was synced. `names`: directory changes reached the disk,
 * contents that were not synced did not. `torn`: names, and the first half of each unsynced change.
 */
export const CRASHES = ['process', 'power', 'names', 'torn'] as const;
export type CrashKind = (typeof CRASHES)[number];

export interface Plan {
  /** Stop before the n-th call, from 1; a write is done by half. */
  readonly crashAt?: number;
  /** The n-th call fails; with `sticky`, all from there on. */
  readonly failAt?: number;
  readonly sticky?: boolean;
  readonly code?: ErrorCode;
}

export class Disk {
  live = new Map<string, Entry>();
  durable = new Map<string, Entry>();

  copy(): Disk {
    const inodes = new Map<Inode, Inode>();
    const clone = (entry: Entry): Entry => {
      if (entry === 'directory') return entry;
      const known = inodes.get(entry) ?? { live: entry.live.slice(), durable: entry.durable.slice(), forgotten: new Set(entry.forgotten) };
      inodes.set(entry, known);
      return known;
    };
    const disk = new Disk();
    for (const [path, entry] of this.live) disk.live.set(path, clone(entry));
    for (const [path, entry] of this.durable) disk.durable.set(path, clone(entry));
    return disk;
  }

  /** The disk that the next process finds. */
  after(kind: CrashKind): Disk {
    const found = new Disk();
    const entries = kind === 'power' ? this.durable : this.live;
    const content = (inode: Inode): Uint8Array => {
      if (kind === 'process') return inode.live;
      if (kind !== 'torn') return inode.durable;
      const { live, durable } = inode;
      let same = 0;
      while (same < durable.length && same < live.length && live[same] === durable[same]) same += 1;
      const half = same + Math.ceil((live.length - same) / 2);
      const torn = new Uint8Array(live.length);
      torn.set(durable.subarray(0, live.length));
      torn.set(live.subarray(0, half));
      return torn;
    };
    const reachable = (path: string): boolean => path === '/' || (entries.get(path) === 'directory' && reachable(dirname(path)));
    for (const [path, entry] of entries) {
      if (!reachable(dirname(path))) continue;
      const bytes = entry === 'directory' ? null : content(entry).slice();
      const left: Entry = bytes === null ? 'directory' : inodeOf(bytes);
      found.live.set(path, left);
      found.durable.set(path, left);
    }
    return found;
  }

  bytes(path: string): Uint8Array {
    const entry = this.live.get(path);
    if (!entry || entry === 'directory') throw new Error(`no file ${path}`);
    return entry.live;
  }

  text(path: string): string {
    return new TextDecoder().decode(this.bytes(path));
  }

  /** Replaces or makes a file, durably, behind everybody's back. */
  put(path: string, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const inode = inodeOf(bytes);
    this.live.set(path, inode);
    this.durable.set(path, inode);
  }

  delete(path: string): void {
    this.live.delete(path);
    this.durable.delete(path);
  }

  /** The same for two disks that a process could not tell apart. */
  fingerprint(): string {
    const hash = createHash('sha256');
    for (const [path, entry] of [...this.live].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${path} ${entry === 'directory' ? '/' : entry.live.length}\n`);
      if (entry !== 'directory') hash.update(entry.live);
    }
    return hash.digest('hex');
  }

  files(): string[] {
    return [...this.live].flatMap(([path, entry]) => (entry === 'directory' ? [] : [path])).sort();
  }
}

/** One process on a disk. */
export class SimulatedStorage implements Storage {
  readonly disk: Disk;
  readonly #plan: Plan;
  readonly #locks: Set<string>;
  calls = 0;
  /** Every call that changes or syncs something, in order, as `call path`. */
  readonly trace: string[] = [];
  #dead = false;

  constructor(disk: Disk, plan: Plan = {}, locks: Set<string> = new Set()) {
    this.disk = disk;
    this.#plan = plan;
    this.#locks = locks;
  }

  #call(what: string, path: string, byHalf?: () => void, onFailure: () => void = byHalf ?? (() => {})): void {
    if (this.#dead) throw new Crash();
    this.calls += 1;
    const { crashAt, failAt, sticky, code } = this.#plan;
    if (this.calls === crashAt) {
      this.#dead = true;
      byHalf?.();
      throw new Crash(`before call ${this.calls}: ${what} ${path}`);
    }
    if (failAt !== undefined && (this.calls === failAt || (sticky === true && this.calls > failAt))) {
      onFailure();
      throw new RearmError(code ?? 'IO_FAILED', `could not ${what} ${path}: EIO`, { path });
    }
    if (!['read', 'exists', 'list', 'size', 'open'].includes(what)) this.trace.push(`${what} ${path}`);
  }

  #inode(path: string): Inode {
    const entry = this.disk.live.get(path);
    if (!entry || entry === 'directory') throw new RearmError('NOT_FOUND', `could not open ${path}: ENOENT`, { path });
    return entry;
  }

  open(path: string, mode: OpenMode): StoredFile {
    this.#call(mode === 'create' ? 'create' : 'open', path);
    if (mode === 'create') {
      if (this.disk.live.has(path)) throw new RearmError('IO_FAILED', `could not open ${path}: EEXIST`, { path });
      if (this.disk.live.get(dirname(path)) !== 'directory') throw new RearmError('NOT_FOUND', `could not open ${path}: ENOENT`, { path });
      this.disk.live.set(path, inodeOf(new Uint8Array(0)));
    }
    const inode = this.#inode(path);
    const call = (what: string, byHalf?: () => void, onFailure?: () => void) => this.#call(what, path, byHalf, onFailure);
    const put = (bytes: Uint8Array, position: number): void => {
      const grown = new Uint8Array(Math.max(inode.live.length, position + bytes.length));
      grown.set(inode.live);
      grown.set(bytes, position);
      inode.live = grown;
      for (let i = 0; i < bytes.length; i += 1) inode.forgotten.delete(position + i);
    };
    return {
      path,
      size: () => {
        call('size');
        return inode.live.length;
      },
      read: (target, offset, length, position) => {
        call('read');
        const part = inode.live.subarray(position, position + length);
        target.set(part, offset);
        return part.length;
      },
      write: (source, offset, length, position) => {
        const bytes = source.slice(offset, offset + length);
        call('write', () => put(bytes.subarray(0, Math.floor(length / 2)), position));
        put(bytes, position);
      },
      sync: () => {
        call('sync', undefined, () => {
          for (let i = 0; i < inode.live.length; i += 1) if (inode.live[i] !== inode.durable[i]) inode.forgotten.add(i);
        });
        const synced = inode.live.slice();
        for (const position of inode.forgotten) if (position < synced.length) synced[position] = inode.durable[position] ?? 0;
        inode.durable = synced;
      },
      allocate: () => {
        throw new Error('the gate allocates nothing');
      },
      truncate: (size) => {
        call('truncate');
        inode.live = inode.live.slice(0, size);
        for (const position of [...inode.forgotten]) if (position >= size) inode.forgotten.delete(position);
      },
      close: () => {},
    };
  }

  map(): MappedFile {
    throw new Error('the gate maps nothing');
  }

  exists(path: string): boolean {
    this.#call('exists', path);
    return this.disk.live.has(path);
  }

  list(directory: string): string[] {
    this.#call('list', directory);
    const inside = [...this.disk.live.keys()].filter((path) => dirname(path) === directory);
    return inside.map((path) => path.slice(directory.length + 1)).sort();
  }

  makeDirectory(directory: string): void {
    this.#call('makeDirectory', directory);
    for (let path = directory; path !== '/' && !this.disk.live.has(path); path = dirname(path)) this.disk.live.set(path, 'directory');
  }

  rename(from: string, to: string): void {
    this.#call('rename', to);
    const inode = this.#inode(from);
    this.disk.live.delete(from);
    this.disk.live.set(to, inode);
  }

  remove(path: string): void {
    this.#call('remove', path);
    this.#inode(path);
    this.disk.live.delete(path);
  }

  syncDirectory(directory: string): void {
    this.#call('syncDirectory', directory);
    const inside = (path: string) => dirname(path) === directory;
    for (const path of [...this.disk.durable.keys()]) if (inside(path) && !this.disk.live.has(path)) this.disk.durable.delete(path);
    for (const [path, entry] of this.disk.live) if (inside(path)) this.disk.durable.set(path, entry);
  }

  lock(path: string): HeldLock {
    this.#call('lock', path);
    if (this.#locks.has(path)) throw new RearmError('STORE_LOCKED', `another process holds ${path}`, { path });
    this.#locks.add(path);
    return { holds: () => true, release: () => void this.#locks.delete(path) };
  }

  followLock(): HeldLock {
    throw new Error('the gate follows no lock');
  }

  isLocked(path: string): boolean {
    return this.#locks.has(path);
  }
}

export class TestClock implements Clock {
  wall = 1_780_000_000_000_000_000n;
  monotonic = 5_000_000_000n;

  wallNs(): bigint {
    this.wall += 1000n;
    return this.wall;
  }

  monotonicNs(): bigint {
    this.monotonic += 1000n;
    return this.monotonic;
  }

  pass(ms: number): void {
    this.wall += BigInt(ms) * 1_000_000n;
    this.monotonic += BigInt(ms) * 1_000_000n;
  }
}

/** Bytes that differ at every call and are the same in every run of the same seed. */
export function testRandom(seed = 'seed'): (bytes: number) => Uint8Array {
  let counter = 0;
  return (bytes) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < bytes; have += 32) {
      counter += 1;
      blocks.push(createHash('sha256').update(`${seed} ${counter}`).digest());
    }
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, bytes));
  };
}

export const ROOT = '/store';
export const STORE_ID = 'a1'.repeat(16);
export const ACCEPTED: Accepted = { epoch: 7, lsn: 48_120_331, headHash: '0123456789abcdef' };
export const CALM: WorldNow = { unexplainedBreaks: 0, grossExposure: '900.5', netExposure: '-20.25', lossSinceProposal: '3' };
export const STORMY: WorldNow = { ...CALM, grossExposure: '1000.000000000000000001' };

export const DRAFT: DossierDraft = {
  stateDigest: 'v1:00ff',
  recovery: { outcome: 'recovered', base: 'L2', lostAcknowledged: 0, replayed: 412, tornBytes: 3, sentence: 'Recovered from L2.' },
  breaks: [{ id: 'b-1', kind: 'overfill', blocking: true, decision: 'acceptVenue', comment: 'seen at the venue' }],
  exposure: { grossAtCrash: '880', netAtCrash: '-20', grossNow: '900.5', netNow: '-20.25' },
  limits: { gross: '5000', net: '500', loss: null },
  venues: [{ name: 'ALPHA', status: 'complete', provable: true }],
  configurationHash: 'c0ffee',
  overrides: [],
  scope: { mode: 'ACTIVE', venues: ['ALPHA'], strategies: [] },
  bounds: { unexplainedBreaks: 0, grossExposure: '1000', netExposure: '100', lossSinceProposal: '50' },
};

export const emptyDisk = (): Disk => {
  const disk = new Disk();
  disk.live.set(ROOT, 'directory');
  disk.durable.set(ROOT, 'directory');
  return disk;
};

/** A passphrase costs next to nothing in tests. */
export const CHEAP = { N: 2, r: 8, p: 1 } as const;
export const PASSPHRASES = { ada: 'ada says open', rob: 'rob says open', tim: 'tim says open' } as const;

export interface Desk {
  readonly disk: Disk;
  readonly storage: SimulatedStorage;
  readonly clock: TestClock;
  readonly gate: Gate;
}

export interface DeskOptions extends Plan {
  readonly clock?: TestClock;
  readonly seed?: string;
  readonly locks?: Set<string>;
  readonly deps?: Partial<GateDependencies>;
}

/** A process that opens the gate on a disk. */
export function open(disk: Disk, options: DeskOptions = {}): Desk {
  const clock = options.clock ?? new TestClock();
  const storage = new SimulatedStorage(disk, options, options.locks);
  const { configuration, ...deps } = options.deps ?? {};
  const gate = Gate.open(ROOT, {
    storage,
    clock,
    random: testRandom(options.seed),
    storeId: STORE_ID,
    wait: () => {},
    engineAlive: () => true,
    ...deps,
    configuration: { scrypt: CHEAP, ...configuration },
  });
  return { disk, storage, clock, gate };
}

/** Another process on the same disk, at the same time of day. */
export const another = (desk: Desk, options: DeskOptions = {}): Desk =>
  open(desk.disk, { clock: desk.clock, seed: `${options.seed ?? 'another'}`, ...options });

/** ada trades, rob is risk. */
export function staffed(options: DeskOptions = {}): Desk {
  const desk = open(emptyDisk(), options);
  desk.gate.enrol({ id: 'ada', name: 'Ada Lovelace', role: 'trader', passphrase: PASSPHRASES.ada });
  desk.gate.enrol({ id: 'rob', name: 'Rob Roy', role: 'risk', passphrase: PASSPHRASES.rob });
  return desk;
}

export const proposeDraft = (desk: Desk, draft: DossierDraft = DRAFT): string =>
  desk.gate.propose({ by: 'ada', accepted: ACCEPTED, draft }).hash;

export function signBoth(desk: Desk, dossierHash: string): void {
  desk.gate.sign({ personId: 'ada', dossierHash, passphrase: PASSPHRASES.ada });
  desk.gate.sign({ personId: 'rob', dossierHash, passphrase: PASSPHRASES.rob });
}

export const releaseBy = (desk: Desk, dossierHash: string) => desk.gate.release({ by: 'ada', dossierHash, accepted: ACCEPTED, now: CALM });

/** The code and the reason word of what a call throws; `done` where it throws nothing. */
export function outcome(call: () => unknown): string {
  try {
    call();
    return 'done';
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    const { reason } = error.context;
    return typeof reason === 'string' && /^\w+$/.test(reason) ? `${error.code} ${reason}` : error.code;
  }
}
