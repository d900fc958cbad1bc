/**
 * The gate: what keeps the engine from trading until two people approved exactly what they saw.
 *
 * One class for the console, a second one beside it, the trading process and `rearm sign`. It keeps nothing between calls but the name of
 * its process: every call reads the store again, so that all of them see the same. Every action that writes holds the
 * kernel lock `gate/lock`. What is durable on return, and which codes are thrown, is said at each function behind it.
 */

import type { AuditOrigin, AuditView, GateView } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Anchor, AuditVerification } from './audit.ts';
import type { Difference, WorldNow } from './bounds.ts';
import { differences } from './bounds.ts';
import { type GateConfiguration, type GateContext, type GateDependencies, gateContext } from './context.ts';
import { type Accepted, type DossierDraft, type Envelope, readDossier } from './dossier.ts';
import { type EngineState, reportEngine } from './engine-report.ts';
import { type EnrolRequest, enrol, enrolBeside, rebuildPeople, revoke } from './enrolment.ts';
import { enforce, rehalt, type SetModeRequest, setMode, stayHalted } from './halt.ts';
import type { EffectiveMode } from './mode-record.ts';
import type { AutomaticHalt } from './modes.ts';
import type { EnrolmentRecord } from './people.ts';
import { type ProposeRequest, propose, type SignRequest, sign, signBeside } from './proposal.ts';
import { findToken, type ReleaseRequest, release, verifyAndBurn, verifyToken } from './release.ts';
import type { World } from './standing.ts';
import type { Token } from './token.ts';
import { gateView } from './view.ts';

export type {
  Accepted,
  Anchor,
  AuditVerification,
  AutomaticHalt,
  Difference,
  DossierDraft,
  EffectiveMode,
  EngineState,
  EnrolRequest,
  Envelope,
  GateConfiguration,
  GateDependencies,
  ProposeRequest,
  ReleaseRequest,
  SetModeRequest,
  SignRequest,
  Token,
  World,
  WorldNow,
};

const OWN_WORDS = new Set(['audit', 'dossier', 'engine', 'gate', 'key', 'mode', 'people', 'person', 'token']);

export class Gate {
  readonly #context: GateContext;

  private constructor(context: GateContext) {
    this.#context = context;
  }

  /** Touches no file: the first action that writes makes what is missing. @throws RearmError CONFIGURATION_INVALID, PAYLOAD_INVALID */
  static open(storeDirectory: string, deps: GateDependencies): Gate {
    return new Gate(gateContext(storeDirectory, deps));
  }

  /** The same gate for somebody who acts through `origin`, which every entry of theirs in the audit log then names. */
  from(origin: AuditOrigin): Gate {
    return new Gate({ ...this.#context, audit: this.#context.audit.from(origin) });
  }

  /** The state of the gate, for the screens. Reads only. */
  view(world: World = {}): GateView {
    return gateView(this.#context, world);
  }

  /** The mode in force, cheap enough to ask before every order. Reads only; every doubt is HALTED. */
  mode(accepted: Accepted | null = null): EffectiveMode {
    return this.#context.mode(accepted?.epoch ?? null);
  }

  enrol(request: EnrolRequest): EnrolmentRecord {
    return enrol(this.#context, [request])[0]!;
  }

  /** {@link enrol} without blocking the thread for the time of scrypt. */
  enrolBeside(request: EnrolRequest): Promise<void> {
    return enrolBeside(this.#context, request);
  }

  /** The people of a store that is being created, in one go. */
  enrolFirstSet(requests: readonly EnrolRequest[]): EnrolmentRecord[] {
    return enrol(this.#context, requests);
  }

  revoke(request: { readonly id: string; readonly by: string; readonly reason: string }): void {
    revoke(this.#context, request);
  }

  rebuildPeople(request: { readonly by: string; readonly reason: string }): void {
    rebuildPeople(this.#context, request);
  }

  propose(request: ProposeRequest): Envelope {
    return propose(this.#context, request);
  }

  /** A dossier of this store by its hash, verified. @throws RearmError NOT_FOUND, FORMAT_INVALID, CHECKSUM_MISMATCH, STORE_FOREIGN */
  dossier(hash: string): Envelope {
    return readDossier(this.#context.storage, this.#context.layout, this.#context.storeId, hash);
  }

  /** What a dossier says otherwise than the one it supersedes; null where it supersedes none. */
  differences(hash: string): Difference[] | null {
    const { dossier, supersedes } = this.dossier(hash);
    return supersedes === null ? null : differences(this.dossier(supersedes).dossier, dossier);
  }

  sign(request: SignRequest, world: World = {}): void {
    sign(this.#context, request, world);
  }

  /**
   * {@link sign} with a passphrase without blocking the thread for the time of scrypt. A wrong one is put on the record, and makes
   * the person's next try wait: half a second, doubled each time, half a minute at most.
   */
  signBeside(request: SignRequest & { readonly passphrase: string }, world: () => World = () => ({})): Promise<void> {
    return signBeside(this.#context, request, world);
  }

  release(request: ReleaseRequest): Token {
    return release(this.#context, request);
  }

  stayHalted(request: { readonly by: string; readonly reason: string }, world: World = {}): EffectiveMode {
    return stayHalted(this.#context, request, world);
  }

  setMode(request: SetModeRequest, world: World = {}): EffectiveMode {
    return setMode(this.#context, request, world);
  }

  rehalt(request: { readonly by: string; readonly cause: AutomaticHalt; readonly detail?: string }, world: World = {}): EffectiveMode {
    return rehalt(this.#context, request, world);
  }

  /** To be called whenever the world was looked at: records what became true by itself. */
  enforce(by: string, world: World): void {
    enforce(this.#context, by, world);
  }

  findToken(accepted: Accepted): Token | null {
    return findToken(this.#context, accepted);
  }

  verifyToken(token: unknown, accepted: Accepted): { valid: boolean; reason: string; sentence: string } {
    return verifyToken(this.#context, token, accepted);
  }

  verifyAndBurn(token: unknown, accepted: Accepted, by = 'engine'): EffectiveMode {
    return verifyAndBurn(this.#context, token, accepted, by);
  }

  reportEngine(state: EngineState, detail: string): void {
    reportEngine(this.#context, state, detail);
  }

  /**
   * The last entries of the audit log, after verifying all of it. Throws nothing for a log that is bad: `verified` is false.
   *
   * @throws RearmError IO_FAILED, PERMISSION_DENIED ... where it could not be read
   */
  auditView(last: number): AuditView {
    const { entries, head, verified, firstBad } = this.#context.audit.verify({ last });
    return { entries, head, verified, firstBad };
  }

  /** Changes with every entry of the audit log, whoever wrote it; null where there is none. Verifies nothing. */
  auditHead(): string | null {
    return this.#context.audit.headHash();
  }

  verifyAudit(anchor?: Anchor): AuditVerification {
    return this.#context.audit.verify(anchor ? { anchor, last: 1 } : { last: 1 });
  }

  /** @throws RearmError AUDIT_BROKEN */
  anchor(): Anchor {
    return this.#context.audit.anchor();
  }

  /**
   * Verifies the whole record, and completes the file of people from it: what is accepted on a record that does not verify could
   * never be released. Durable on return.
   *
   * @throws RearmError AUDIT_BROKEN, GATE_BUSY
   */
  requireRecord(): void {
    this.#context.locked(() => this.#context.completed());
  }

  /**
   * An entry of another service of the console, durable on return. Its action begins with that service's word, never with one of
   * the gate's own: what those say is evidence.
   *
   * @throws RearmError PAYLOAD_INVALID, AUDIT_BROKEN, GATE_BUSY
   */
  record(actor: string, action: string, details: Record<string, unknown>): void {
    const word = action.split('.')[0] ?? '';
    if (OWN_WORDS.has(word)) throw new RearmError('PAYLOAD_INVALID', `only the gate records ${word}.*`, { action });
    this.#context.locked(() => this.#context.audit.append(actor, action, details));
  }
}
