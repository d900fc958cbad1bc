/**
 * For the gate's tests: processes on the simulated disk, a clock that moves only when told or asked, and randomness from a counter. A
 * process can be stopped in its n-th call, or its n-th call fails.
 */

import { createHash } from 'node:crypto';
import { RearmError } from '../../shared/errors.ts';
import { type CrashLimits, powerCuts } from '../../simulation/crashes.ts';
import { Durability } from '../../simulation/durability.ts';
import type { Effect } from '../../simulation/effect.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { type CallKind, ProcessEnded, SimulatedStorage } from '../../simulation/storage.ts';
import { LONG, SEED } from '../../tests/support/profile.ts';
import type { Clock } from '../storage/storage.ts';
import { type Accepted, type DossierDraft, Gate, type GateDependencies, type WorldNow } from './gate.ts';
import { sealed } from './records.ts';

/** The process stopped. Not an error of ours: nothing may catch it and go on. */
export { ProcessEnded as Crash };

/** How many of the disks that a power cut may leave are tried: all of them in the long profile, a choice by the seed in the other. */
export const LIMITS: CrashLimits = LONG ? { exhaustive: 4_096, samples: 256 } : { exhaustive: 4, samples: 6 };

/** A disk that the next process may find, and why: the process ended, or the power, and so much of each pending change survived. */
export interface Loss {
  readonly what: string;
  readonly disk: Disk;
}

/** What the system may say of any call. */
export const ERRORS = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE', 'ENOENT', 'EDQUOT', 'EFBIG', 'ENOMEM', 'EINTR'] as const;

/** With what a call fails: with each of them in the long profile, with another one from call to call in the other. */
export const errorsAt = (call: number): readonly (typeof ERRORS)[number][] => (LONG ? ERRORS : [ERRORS[(SEED + call) % ERRORS.length]!]);

export interface Plan {
  /** Stop in the n-th call, from 1; a write is done by half. */
  readonly crashAt?: number;
  /** The n-th call fails; with `sticky`, all from there on. */
  readonly failAt?: number;
  readonly sticky?: boolean;
  /** As the system calls it. */
  readonly error?: (typeof ERRORS)[number];
}

/** What processes find, one after the other, and what of it is durable. */
export class Disk {
  readonly tree: FileTree;
  #durability: Durability;

  constructor(tree: FileTree, durability = new Durability(tree)) {
    this.tree = tree;
    this.#durability = durability;
  }

  copy(): Disk {
    return new Disk(this.tree.copy(), this.#durability.copy());
  }

  note(effect: Effect): void {
    this.#durability.apply(effect);
  }

  /** Where the process ended: all that was written is there. */
  afterDeath(): Disk {
    return new Disk(this.tree.copy());
  }

  /** Where the power ended, and nothing survived that no sync covers. */
  afterCut(): Disk {
    const pending = this.#durability.pending();
    return new Disk(
      this.#durability.after(
        pending,
        pending.map(() => 0),
      ),
    );
  }

  /** The disks that the next process may find. @param turn another choice of them, where not all are tried */
  *losses(turn = 0): Generator<Loss> {
    yield { what: 'the process ended', disk: this.afterDeath() };
    const pending = this.#durability.pending();
    for (const choices of powerCuts(pending, LIMITS, randomOf(SEED, turn)))
      yield { what: `the power ended: ${choices.join(' ')}`, disk: new Disk(this.#durability.after(pending, choices)) };
  }

  bytes(path: string): Uint8Array {
    return this.tree.bytes(path);
  }

  text(path: string): string {
    return new TextDecoder().decode(this.bytes(path));
  }

  /** Replaces or makes a file, durably, behind everybody's back. */
  put(path: string, content: Uint8Array | string): void {
    this.tree.put(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    this.#durability = new Durability(this.tree);
  }

  delete(path: string): void {
    this.tree.delete(path);
    this.#durability = new Durability(this.tree);
  }

  /** The same for two disks that a process could not tell apart. */
  fingerprint(): string {
    return this.tree.fingerprint().toString(16).padStart(16, '0');
  }

  files(): string[] {
    return this.tree.files();
  }
}

/** Calls that change or sync nothing. */
const READS: ReadonlySet<CallKind> = new Set<CallKind>(['read', 'exists', 'list', 'size', 'open', 'isLocked']);

/** One process on a disk. */
export class ProcessStorage extends SimulatedStorage {
  readonly disk: Disk;
  /** Every call that changes or syncs something, in order, as `call path`. */
  readonly trace: string[];

  constructor(disk: Disk, { crashAt, failAt, sticky, error = 'EIO' }: Plan = {}, locks?: Set<string>) {
    const trace: string[] = [];
    super({
      tree: disk.tree,
      effect: (effect) => disk.note(effect),
      called: ({ kind, path }) => {
        if (!READS.has(kind)) trace.push(`${kind} ${path}`);
      },
      endAt: crashAt,
      fault: failAt === undefined ? undefined : { at: failAt, error, sticky: sticky === true && 'all' },
      locks,
    });
    this.disk = disk;
    this.trace = trace;
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
/** A record that somebody changed who also mended its checksum: what keeps it out has to be something else. */
export function resealed(text: string): string {
  const { checksum: _, ...record } = JSON.parse(text) as Record<string, unknown>;
  return new TextDecoder().decode(sealed(record));
}

export const CALM: WorldNow = { unexplainedBreaks: 0, grossExposure: '900.5', netExposure: '-20.25', worth: '-15' };
export const STORMY: WorldNow = { ...CALM, grossExposure: '1000.000000000000000001' };

export const DRAFT: DossierDraft = {
  stateDigest: 'v1:00ff',
  recovery: { outcome: 'recovered', base: 'L2', lostAcknowledged: 0, replayed: 412, tornBytes: 3, sentence: 'Recovered from L2.' },
  breaks: [{ id: 'b-1', kind: 'overfill', blocking: true, decision: 'acceptVenue', comment: 'seen at the venue' }],
  exposure: { grossAtCrash: '880', netAtCrash: '-20', grossNow: '900.5', netNow: '-20.25', worthNow: '-12' },
  limits: { gross: '5000', net: '500', loss: null },
  venues: [{ name: 'ALPHA', status: 'complete', provable: true }],
  configurationHash: 'c0ffee',
  overrides: [],
  scope: { mode: 'ACTIVE', venues: ['ALPHA'], strategies: [] },
  bounds: { unexplainedBreaks: 0, grossExposure: '1000', netExposure: '100', lossSinceProposal: '50' },
};

export const emptyDisk = (): Disk => new Disk(new FileTree(['/', ROOT]));

/** A passphrase costs next to nothing in tests. */
export const CHEAP = { N: 2, r: 8, p: 1 } as const;
export const PASSPHRASES = { ada: 'ada says open', rob: 'rob says open', tim: 'tim says open' } as const;

export interface Desk {
  readonly disk: Disk;
  readonly storage: ProcessStorage;
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
  const storage = new ProcessStorage(disk, options, options.locks);
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
