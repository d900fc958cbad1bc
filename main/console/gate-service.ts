/** The gate of one store as the console shows it: accepting, proposing, signing, releasing. */

import type { AuditOrigin, Bounds, GateView, Role, Scope } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { type DossierDraft, Gate, type GateDependencies, type World } from '../gate/gate.ts';

/** What the gate must know of the world around it. */
export interface GateWorld {
  world(): World;
  /** What a proposal freezes. @throws RearmError NOT_RECOVERED, BREAKS_UNRESOLVED */
  draft(scope: Scope, bounds: Bounds): DossierDraft;
}

export class GateService {
  readonly gate: Gate;
  readonly #world: GateWorld;
  readonly #changed: (view: GateView) => void;
  /** Acts that take their time and are under way, in all sessions. */
  readonly #underWay: Set<string>;

  private constructor(gate: Gate, world: GateWorld, changed: (view: GateView) => void, underWay: Set<string>) {
    this.gate = gate;
    this.#world = world;
    this.#changed = changed;
    this.#underWay = underWay;
  }

  static open(root: string, deps: GateDependencies, world: GateWorld, changed: (view: GateView) => void): GateService {
    return new GateService(Gate.open(root, deps), world, changed, new Set());
  }

  /** The same service for one session, which the audit log then names. */
  from(origin: AuditOrigin): GateService {
    return new GateService(this.gate.from(origin), this.#world, this.#changed, this.#underWay);
  }

  /** Runs an act, and refuses the same one while it runs. @throws RearmError GATE_BUSY */
  async exclusively<T>(what: string, act: () => Promise<T>): Promise<T> {
    if (this.#underWay.has(what)) throw new RearmError('GATE_BUSY', `${what} is under way already`, { what });
    this.#underWay.add(what);
    try {
      return await act();
    } finally {
      this.#underWay.delete(what);
    }
  }

  isUnderWay(what: string): boolean {
    return this.#underWay.has(what);
  }

  view(): GateView {
    return this.gate.view(this.#world.world());
  }

  tell(): GateView {
    const view = this.view();
    this.#changed(view);
    return view;
  }

  async enrol(request: { id: string; name: string; role: Role; passphrase: string; by: string }): Promise<GateView> {
    await this.exclusively(`enrolling ${request.id}`, () => this.gate.enrolBeside(request));
    return this.tell();
  }

  propose(by: string, scope: Scope, bounds: Bounds): GateView {
    const accepted = this.#world.world().accepted;
    if (!accepted) throw new RearmError('NOT_RECOVERED', 'nothing was proposed: the recovery is not accepted yet', {});
    this.gate.propose({ by, accepted, draft: this.#world.draft(scope, bounds) });
    return this.tell();
  }

  async sign(request: {
    personId: string;
    dossierHash: string;
    passphrase?: string | undefined;
    signature?: string | undefined;
  }): Promise<GateView> {
    const { personId, dossierHash, passphrase, signature } = request;
    const world = () => this.#world.world();
    try {
      if (passphrase !== undefined && signature === undefined) {
        // One passphrase of a person at a time: tries side by side would not wait for each other.
        const act = () => this.gate.signBeside({ personId, dossierHash, passphrase }, world);
        await this.exclusively(`signing as ${personId}`, act);
      } else
        this.gate.sign(
          { personId, dossierHash, ...(passphrase !== undefined && { passphrase }), ...(signature !== undefined && { signature }) },
          world(),
        );
    } finally {
      this.tell();
    }
    return this.view();
  }

  release(by: string, dossierHash: string): GateView {
    const { accepted, now } = this.#world.world();
    if (!accepted) throw new RearmError('NOT_RECOVERED', 'nothing was released: the recovery is not accepted yet', {});
    if (!now) throw new RearmError('APPROVAL_INVALID', 'nothing was released: the venues were not asked yet', {});
    try {
      this.gate.release({ by, dossierHash, accepted, now });
    } finally {
      this.tell();
    }
    return this.view();
  }

  stayHalted(by: string, reason: string): GateView {
    this.gate.stayHalted({ by, reason }, this.#world.world());
    return this.tell();
  }

  setMode(mode: 'HALTED' | 'CANCEL_ONLY' | 'REDUCING', by: string, reason: string): GateView {
    this.gate.setMode({ mode, by, reason }, this.#world.world());
    return this.tell();
  }

  /** An entry of the console's own in the audit log; durable on return. */
  record(actor: string, action: string, details: Record<string, unknown>): void {
    this.gate.record(actor, action, details);
  }
}
