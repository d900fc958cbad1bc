/**
 * What the gate lets this process send. It is asked before every order, by the engine itself: a halt, a mode or a scope that a person
 * sets reaches a process that trades, and outlives its restart. Every doubt is HALTED.
 */

import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { Gate } from '../gate/gate.ts';
import type { EffectiveMode } from '../gate/mode-record.ts';
import { allows, MODES, type ModeInForce, type SendDecision, type SendRequest } from '../gate/modes.ts';
import type { Clock, Storage } from '../storage/storage.ts';

export interface PermissionOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  readonly storeId: string;
  /** A recovery of this store was accepted once: from then on trading takes a release. */
  readonly gated: boolean;
}

/** A mode that was read this long ago is read again. */
const LOOK_NS = 50_000_000n;
const NOTHING: ModeInForce = { mode: 'HALTED', venues: [], strategies: [], cap: null };

export class Permission {
  readonly #options: PermissionOptions;
  readonly #gate: Gate;
  #seen: { readonly mode: ModeInForce; readonly reason: string; readonly atNs: bigint } | undefined;

  constructor(options: PermissionOptions) {
    this.#options = options;
    const { storage, clock, root, storeId } = options;
    // Only reads: what it draws at first is for files that it never writes.
    const random = (bytes: number): Uint8Array => new Uint8Array(bytes);
    this.#gate = Gate.open(root, { storage, clock, storeId, random, neverClosed: () => !options.gated });
  }

  #look(): { readonly mode: ModeInForce; readonly reason: string } {
    const nowNs = this.#options.clock.monotonicNs();
    if (!this.#seen || nowNs - this.#seen.atNs >= LOOK_NS) this.#seen = { ...this.#read(), atNs: nowNs };
    return this.#seen;
  }

  #read(): { readonly mode: ModeInForce; readonly reason: string } {
    let found: EffectiveMode;
    try {
      found = this.#gate.mode();
    } catch (error) {
      return { mode: NOTHING, reason: `the gate cannot be read: ${(error as Error).message}` };
    }
    const { mode, venues, strategies, cap, reason } = found;
    return { mode: { mode, venues, strategies, cap }, reason };
  }

  /** The mode in force, as it was within the last 50 ms. */
  get mode(): ModeInForce {
    return this.#look().mode;
  }

  /** Whether it may be sent: what a trading process asks with what its venue confirmed, before an order and before a cancel. */
  allows(request: SendRequest): SendDecision {
    return allows(this.mode, request);
  }

  /**
   * What the engine itself holds an order to: mode, venue, strategy, and reduce-only while REDUCING. How far it may reduce only the
   * venue's answer tells: {@link allows}.
   *
   * @throws RearmError GATE_CLOSED
   */
  require({ venue, strategy, reduceOnly }: Extract<Intent, { type: 'order.submit' }>): void {
    const { mode, reason } = this.#look();
    const refuse = (why: string): never => {
      throw new RearmError('GATE_CLOSED', `the gate is ${mode.mode}: ${why}`, { mode: mode.mode });
    };
    const { orders } = MODES[mode.mode];
    if (orders === 'none') refuse(reason || 'no order is taken');
    if (mode.venues.length > 0 && !mode.venues.includes(venue)) refuse(`${venue} is not in its scope`);
    if (mode.strategies.length > 0 && !mode.strategies.includes(strategy)) refuse(`strategy ${strategy || 'none'} is not in its scope`);
    if (orders !== 'all' && !reduceOnly) refuse('only orders that reduce are taken');
  }
}
