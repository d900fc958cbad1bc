/**
 * Opening a store from a trading process. After a close in order trading goes on; after a crash the process gets the recovered
 * state to read and waits until the gate releases it: nothing in this module starts an engine on a crashed store by itself.
 */

import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { type ErrorCode, RearmError } from '../../shared/errors.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { type Recovery, recover } from '../cascade/recover.ts';
import { refusalOf } from '../cascade/refusal.ts';
import { type EngineState, Gate, type GateDependencies, type Token } from '../gate/gate.ts';
import { gateLayout } from '../gate/layout.ts';
import { CanonicalReader, type CanonicalState, canonicalState } from '../image/canonical.ts';
import { readWhole } from '../storage/publish.ts';
import { storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { everAccepted, isAcceptance } from '../store/lineage.ts';
import type { EngineConfig } from './config.ts';
import type { Engine, EngineParts } from './engine.ts';
import type { Alarm } from './health.ts';
import { Permission } from './permission.ts';
import { type Platform, startEngine, startOrRelease } from './start.ts';

export interface OpenOptions {
  readonly platform: Platform;
  readonly root: string;
  readonly config: EngineConfig;
  /** Random bytes for the gate. */
  readonly random: (bytes: number) => Uint8Array;
  readonly alarm?: ((alarm: Alarm) => void) | undefined;
  readonly observer?: EngineParts['observer'];
}

/** What trading was released for. */
export interface Release {
  readonly engine: Engine;
  readonly scope: Token['scope'];
}

export type OpenedStore =
  | { readonly state: 'running'; readonly engine: Engine; readonly report: RecoveryReport }
  | { readonly state: 'halted'; readonly store: HaltedStore };

/**
 * Recovers, and starts a new epoch where the last one was closed in order and trading was not halted. Otherwise the store stays
 * closed for writing.
 *
 * @throws RearmError STORE_MISSING, STORE_LOCKED, VERSION_NEWER ...: as {@link recover}
 */
export async function openStore(options: OpenOptions): Promise<OpenedStore> {
  const { platform, root } = options;
  const looked = recoverNow(options);
  // Beside a living writer the log is open, as after a crash: it would wait for a release that nobody can give.
  if (looked.report.writerAlive) {
    const { lock } = storeLayout(root);
    throw new RearmError('STORE_LOCKED', `another process holds ${lock}`, { path: lock });
  }
  // A store that stays halted is not locked, not even for a moment: who looks at it must not see a writer.
  if (!mayRun(looked) || permissionOf(options, looked).mode.mode === 'HALTED')
    return { state: 'halted', store: new HaltedStore(options, looked) };
  const lock = platform.storage.lock(storeLayout(root).lock);
  let recovery: Recovery;
  let permission: Permission;
  try {
    recovery = recoverNow(options);
    permission = permissionOf(options, recovery);
  } catch (error) {
    lock.release();
    throw error;
  }
  const { report, image } = recovery;
  if (!image || !mayRun(recovery) || permission.mode.mode === 'HALTED') {
    lock.release();
    return { state: 'halted', store: new HaltedStore(options, recovery) };
  }
  const engine = await startOrRelease({
    platform,
    root,
    identity: recovery.identity,
    config: options.config,
    lock,
    image,
    permission,
    alarm: options.alarm,
    observer: options.observer,
    epoch: {
      epoch: (recovery.epoch?.epoch ?? 0) + 1,
      parent: recovery.epoch?.epoch ?? 0,
      forkLsn: report.lsn,
      forkHash: recovery.headHash,
      reason: recovery.epoch ? 'restarted' : 'created',
      createdNs: platform.clock.wallNs(),
      bootId: platform.bootId,
    },
  });
  return { state: 'running', engine, report };
}

/** Closed in order, and not halted: nothing has to be approved. */
const mayRun = (recovery: Recovery): boolean => {
  const { outcome, closedInOrder, findings } = recovery.report;
  const damaged = findings.some(({ severity }) => severity === 'damage' || severity === 'critical');
  return recovery.image !== null && outcome === 'recovered' && closedInOrder && !damaged && !isHalted(recovery);
};

/** A store of which a recovery was accepted once takes a release; one whose gate nobody ever closed does not. */
function permissionOf({ platform, root }: OpenOptions, { identity }: Recovery): Permission {
  const { storage, clock } = platform;
  const gated = everAccepted(storage, storeLayout(root), storeIdBytes(identity));
  return new Permission({ storage, clock, root, storeId: identity.storeId, gated });
}

const recoverNow = ({ platform, root }: OpenOptions): Recovery =>
  recover({ storage: platform.storage, clock: platform.clock, root, bootId: platform.bootId, brief: true });

function isHalted({ image }: Recovery): boolean {
  if (!image || image.lsn === 0) return false;
  const risk = new CanonicalReader(image).rows(TABLES.risk)[0];
  return risk?.halted === true;
}

const POLL_MS = 250;
const CURRENT_BYTES_MAX = 65_536;
/** An acceptance or somebody at the gate is under way: it is looked at again when that is over. */
const OTHERS_ACT: ReadonlySet<string> = new Set<ErrorCode>(['STORE_LOCKED', 'GATE_BUSY']);

/** A store after a crash: read-only, with the recovered state and the gate's, until a valid token is burnt. */
export class HaltedStore {
  readonly #options: OpenOptions;
  readonly gate: Gate;
  #recovery: Recovery;

  constructor(options: OpenOptions, recovery: Recovery) {
    this.#options = options;
    this.#recovery = recovery;
    const { storage, clock } = options.platform;
    const deps: GateDependencies = { storage, clock, random: options.random, storeId: recovery.identity.storeId };
    this.gate = Gate.open(options.root, deps);
  }

  get report(): RecoveryReport {
    return this.#recovery.report;
  }

  /** The recovered state, canonical. @throws RearmError NOTHING_LEFT where there is none */
  canonical(): CanonicalState {
    if (!this.#recovery.image) throw refusalOf(this.report);
    return canonicalState(this.#recovery.image);
  }

  /** What an acceptance opened, as this process sees it itself; null before one. */
  accepted(): { epoch: number; lsn: number; headHash: string } | null {
    const { report, epoch } = this.#recovery;
    return epoch && isAcceptance(epoch.reason) && report.headHash
      ? { epoch: epoch.epoch, lsn: report.lsn, headHash: report.headHash }
      : null;
  }

  /**
   * Looks once whether trading was released: recovers anew, finds a token for exactly that head, verifies and burns it, and only then
   * starts an engine. The burn is durable before the engine is; a crash between them stays halted.
   *
   * @returns null while there is no valid token
   * @throws RearmError TOKEN_INVALID where one was found that does not hold; STORE_LOCKED while an acceptance is under way
   */
  async tryRelease(): Promise<Release | null> {
    const { platform, root } = this.#options;
    const { storage, clock } = platform;
    const lock = storage.lock(storeLayout(root).lock);
    let engine: Engine | undefined;
    try {
      this.#recovery = recoverNow(this.#options);
      const accepted = this.accepted();
      const token = accepted && this.gate.findToken(accepted);
      if (!accepted || !token || !this.#recovery.image) {
        lock.release();
        return null;
      }
      this.gate.verifyAndBurn(token, accepted);
      const { report, image, identity, headHash, epoch } = this.#recovery;
      engine = await startEngine({
        platform,
        root,
        identity,
        config: this.#options.config,
        lock,
        image: image!,
        permission: permissionOf(this.#options, this.#recovery),
        alarm: this.#options.alarm,
        observer: this.#options.observer,
        epoch: {
          epoch: epoch!.epoch + 1,
          parent: epoch!.epoch,
          forkLsn: report.lsn,
          forkHash: headHash,
          reason: 'released',
          createdNs: clock.wallNs(),
          bootId: platform.bootId,
        },
      });
      await engine.commit({ type: 'risk.resume', dossier: token.dossierHash, nonce: token.nonce, time: clock.wallNs() });
      return { engine, scope: token.scope };
    } catch (error) {
      // Trading was not resumed: no engine goes on writing without the lock.
      await engine?.abandon().catch(() => {});
      lock.release();
      throw error;
    }
  }

  /** Tokens that nobody used, with what they are looked up by: cheap, and takes no lock. null where there is none. */
  #unusedTokens(): string | null {
    const { storage } = this.#options.platform;
    const gate = gateLayout(this.#options.root);
    const burnt = new Set(storage.list(gate.burnt));
    const unused = storage.list(gate.tokens).filter((name) => name.endsWith('.json') && !burnt.has(name));
    if (unused.length === 0) return null;
    const current = storage.exists(gate.current) ? Buffer.from(readWhole(storage, gate.current, CURRENT_BYTES_MAX)).toString('hex') : '';
    return [...unused, ...storage.list(storeLayout(this.#options.root).lineage), current].join(' ');
  }

  /**
   * Waits for a release, looking every quarter of a second; reports to the gate that it waits, and why a token was refused. What else fails on
   * the way (the audit log does not verify, the disk does not answer) is told as an alarm, and the store stays halted: the wait goes on.
   *
   * @throws RearmError CANCELLED
   */
  async waitForRelease(options: { readonly cancelled?: () => boolean } = {}): Promise<Release> {
    const { platform, alarm } = this.#options;
    let owed: readonly [EngineState, string] | null = ['waiting', 'waiting for an approval'];
    let told = '';
    // A token that was withdrawn, or whose release died midway, lies there for good: it is looked at once, not at every turn.
    let looked = '';
    for (;;) {
      if (options.cancelled?.()) throw new RearmError('CANCELLED', 'waiting for a release was cancelled', {});
      let unused: string | null = null;
      try {
        if (owed) this.gate.reportEngine(...owed);
        owed = null;
        unused = this.#unusedTokens();
        if (unused !== null && unused !== looked) {
          const release = await this.tryRelease();
          if (release) return release;
          looked = unused;
        }
        told = '';
      } catch (error) {
        if (!(error instanceof RearmError)) throw error;
        const { code, message } = error;
        if (code === 'TOKEN_INVALID' && unused !== null) looked = unused;
        if (!OTHERS_ACT.has(code) && message !== told) {
          told = message;
          if (code === 'TOKEN_INVALID') owed = ['refused', message];
          else alarm?.({ code, text: message, atNs: platform.clock.wallNs() });
        }
      }
      await new Promise<void>((resolve) => platform.scheduler.after(POLL_MS, resolve));
    }
  }
}
