/**
 * A host that serves an invented desk, for tests of the console and for looking at its screens. It answers every request of the
 * contract, keeps what is staged, proposed and signed, and refuses what a host would refuse. Never part of the build.
 */

import type { Bridge, ConsoleView, EventName, Events, Payload, Reply, RequestName, Result } from '../../shared/contract/contract.ts';
import type { DossierView, GateView } from '../../shared/contract/gate.ts';
import type { Break } from '../../shared/contract/reconcile.ts';
import type { CancelReport } from '../../shared/contract/venues.ts';
import { type ErrorCode, RearmError } from '../../shared/errors.ts';
import { isSettled } from '../store/selectors/breaks.ts';
import { fourteenBreaks, manyBreaks, reconcileReport } from './data/breaks.ts';
import { calmAnswer } from './data/calm.ts';
import { factsOf } from './data/facts.ts';
import { approvedGate, auditEntry, auditView, dossierView, gateView } from './data/gate.ts';
import { changesOf, deathOf, operation, pageView, stateAt, timelineOf } from './data/postmortem.ts';
import { emptyReport, refusedReport, runningView, salvagedReport } from './data/recovery.ts';
import { cancelReport, venuesView } from './data/venues.ts';
import { FIRST_LSN, hex, iso, LAST_LSN, type Variant, type World, worldOf } from './data/world.ts';

export { VARIANTS, type Variant } from './data/world.ts';

const refuse = (code: ErrorCode, message: string): never => {
  throw new RearmError(code, message);
};

/** `delayMs`: how long every answer takes. */
export function createFixture(variant: Variant, delayMs = 12): Bridge {
  const world = worldOf(variant, Date.now());
  return new Fixture(world, delayMs).bridge();
}

class Fixture {
  #world: World;
  #delayMs: number;
  #listeners = new Map<EventName, Set<(event: never) => void>>();
  #breaks: readonly Break[];
  #gate: GateView;
  #cancels: readonly CancelReport[] = [];
  #audit: ReturnType<typeof auditView>;
  #runningSince: number | null;
  #heard: 'asking' | 'silent';

  constructor(world: World, delayMs: number) {
    this.#world = world;
    this.#delayMs = delayMs;
    this.#breaks = world.variant === 'many' ? manyBreaks(world, 100_000) : world.variant === 'empty' ? [] : fourteenBreaks(world);
    this.#gate = gateView(world);
    this.#audit = auditView(world);
    this.#runningSince = world.variant === 'running' ? Date.now() : null;
    this.#heard = world.variant === 'running' ? 'asking' : 'silent';
    if (world.variant === 'approved') this.#approve();
    if (this.#runningSince !== null) this.#run();
  }

  bridge(): Bridge {
    return {
      request: async <R extends RequestName>(name: R, payload: Payload<R>): Promise<Reply<R>> => {
        await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
        try {
          if (this.#world.variant === 'failing' && name !== 'console.describe')
            refuse('IO_FAILED', `${name}: read of store.json failed (EIO)`);
          const store = 'store' in payload ? payload.store : 0;
          return {
            ok: true,
            value: store === 1 ? calmAnswer(this.#world, name, this.#answer(name, payload)) : this.#answer(name, payload),
          };
        } catch (thrown) {
          return { ok: false, error: thrown instanceof RearmError ? thrown.toData() : new RearmError('INTERNAL', String(thrown)).toData() };
        }
      },
      subscribe: (name, listener) => {
        const set = this.#listeners.get(name) ?? new Set();
        set.add(listener as (event: never) => void);
        this.#listeners.set(name, set);
        return () => set.delete(listener as (event: never) => void);
      },
    };
  }

  #emit<E extends EventName>(name: E, event: Events[E]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (event: Events[E]) => void)(event);
  }

  #record(actor: string, action: string, details: Readonly<Record<string, unknown>>): void {
    const entry = auditEntry(this.#audit.entries.length + 1, Date.now(), actor, action, details);
    this.#audit = { ...this.#audit, entries: [...this.#audit.entries, entry], head: entry.hash };
    this.#emit('audit.changed', { store: 0, head: entry.hash });
  }

  #setGate(change: Partial<GateView>): GateView {
    this.#gate = { ...this.#gate, ...change };
    this.#emit('gate.changed', { store: 0, view: this.#gate });
    return this.#gate;
  }

  #approve(): void {
    const staged = (entry: Break): Break => ({
      ...entry,
      staged: { decision: entry.proposals[0]!, comment: 'seen on the venue screen', by: 'trader-1', at: iso(Date.now()) },
    });
    this.#breaks = this.#breaks.map(staged);
    this.#gate = approvedGate(this.#world, this.#breaks);
  }

  #run(): void {
    this.#runningSince = Date.now();
    const timer = setInterval(() => {
      if (this.#runningSince === null) return clearInterval(timer);
      const view = runningView(this.#world, Date.now() - this.#runningSince);
      if (!view.running) {
        clearInterval(timer);
        this.#runningSince = null;
        this.#heard = 'silent';
        this.#emit('venues.changed', { store: 0, view: venuesView(this.#world, Date.now(), this.#cancels) });
        this.#emit('facts.changed', { store: 0, facts: factsOf(this.#world, Date.now()) });
        this.#emit('alarm', {
          store: 0,
          id: 'venue.silent.BOREAL',
          severity: 'critical',
          text: 'BOREAL is silent: no answer within 10 s, asked 3 times',
          at: iso(Date.now()),
        });
      }
      this.#emit('recovery.changed', { store: 0, view });
    }, 120);
  }

  #recovery() {
    if (this.#runningSince !== null) return runningView(this.#world, Date.now() - this.#runningSince);
    const report =
      this.#world.variant === 'refused'
        ? refusedReport(this.#world)
        : this.#world.variant === 'empty'
          ? emptyReport(this.#world)
          : salvagedReport(this.#world);
    return { running: false, progress: null, report };
  }

  #describe(): ConsoleView {
    return {
      version: '0.1.0',
      host: 'web',
      environment: { name: 'DEMO', colour: 'demo' },
      user: 'risk-1@desk-07',
      now: iso(Date.now()),
      stores: [
        { index: 0, path: '/srv/rearm/demo-desk', name: 'demo-desk', venueConfigured: true },
        { index: 1, path: '/srv/rearm/hedger-2', name: 'hedger-2', venueConfigured: true },
      ],
    };
  }

  #reconcileView() {
    return { running: false, asked: [], report: reconcileReport(this.#world, this.#breaks), error: null };
  }

  #dossier(): DossierView {
    return this.#gate.dossier ?? refuse('APPROVAL_INVALID', 'There is no dossier.');
  }

  #answer<R extends RequestName>(name: R, payload: Payload<R>): Result<R> {
    const answers: { readonly [K in RequestName]: (payload: Payload<K>) => Result<K> } = {
      'console.describe': () => this.#describe(),
      'recovery.get': () => this.#recovery(),
      'recovery.run': () => {
        this.#run();
        return this.#recovery();
      },
      'recovery.cancel': () => {
        this.#runningSince = null;
        return { running: false, progress: null, report: null };
      },
      'recovery.accept': ({ by, seen }) => {
        const { report } = this.#recovery();
        if (seen.lsn !== report?.lsn || seen.headHash !== report.headHash)
          refuse('RECOVERY_CHANGED', 'Nothing was accepted: the state is not what was looked at.');
        if (this.#world.variant === 'refused')
          refuse('RECOVERY_REFUSED', 'Acknowledged operations cannot be brought back from what is here.');
        this.#record(by, 'recovery.accepted', { epoch: 4, lsn: LAST_LSN });
        // What was decided is carried out, and no break any more.
        this.#breaks = this.#breaks.filter((entry) => !isSettled(entry));
        this.#emit('reconcile.changed', { store: 0, view: this.#reconcileView() });
        return this.#setGate({ accepted: { epoch: 4, lsn: LAST_LSN, headHash: hex(91, 16) } });
      },
      'recovery.page': ({ tier, page }) => pageView(tier, page),
      'venues.get': () => venuesView(this.#world, Date.now(), this.#cancels, this.#heard),
      'venues.query': () => venuesView(this.#world, Date.now(), this.#cancels),
      'venues.cancel': ({ scope, by }) => this.#cancel(scope, by),
      'facts.get': () => factsOf(this.#world, Date.now(), this.#heard),
      'risk.setMode': ({ mode, by, reason }) => {
        this.#record(by, 'risk.mode', { mode, reason });
        return this.#setGate({ mode, since: iso(Date.now()), reason });
      },
      'reconcile.get': () =>
        this.#world.variant === 'unanswered' || this.#world.variant === 'refused'
          ? { running: false, asked: [], report: null, error: null }
          : this.#reconcileView(),
      'reconcile.run': () => {
        if (this.#world.variant === 'unanswered')
          return {
            running: false,
            asked: [],
            report: null,
            error: new RearmError('VENUE_SILENT', 'No venue answered: there is nothing to compare with.').toData(),
          };
        return this.#reconcileView();
      },
      'reconcile.stage': ({ breakIds, decision, comment, by }) => this.#stage(breakIds, { decision, comment, by, at: iso(Date.now()) }),
      'reconcile.unstage': ({ breakIds }) => this.#stage(breakIds, null),
      'gate.get': () => this.#gate,
      'gate.enrol': ({ id, name: personName, role }) => {
        this.#record(id, 'gate.enrolled', { id, name: personName, role });
        return this.#setGate({
          people: [...this.#gate.people, { id, name: personName, role, publicKey: btoa(hex(id.length, 32)), enrolledAt: iso(Date.now()) }],
        });
      },
      'gate.propose': ({ by, scope, bounds }) => {
        if (this.#gate.accepted === null) refuse('NOT_RECOVERED', 'The recovered state was not accepted yet.');
        this.#record(by, 'gate.proposed', { scope });
        return this.#setGate({ dossier: dossierView(this.#breaks, by, scope, bounds, Date.now()) });
      },
      'gate.sign': ({ personId, dossierHash, passphrase }) => this.#sign(personId, dossierHash, passphrase),
      'gate.release': ({ by }) => {
        const dossier = this.#dossier();
        if (dossier.status !== 'complete') refuse('APPROVAL_INVALID', 'A signature is missing.');
        this.#record(by, 'gate.released', { hash: dossier.hash });
        return this.#setGate({
          mode: dossier.dossier.scope.mode,
          since: iso(Date.now()),
          reason: 'Released by token',
          dossier: { ...dossier, status: 'released' },
          token: { nonce: hex(5, 32), issuedAt: iso(Date.now()), expiresAt: iso(Date.now() + 300_000), burntAt: iso(Date.now()) },
          engine: { state: 'trading', detail: 'Verified the token, burnt it, trades in its scope.', at: iso(Date.now()) },
        });
      },
      'gate.stayHalted': ({ by, reason }) => {
        this.#record(by, 'gate.stayHalted', { reason });
        return this.#setGate({ reason, dossier: null });
      },
      'audit.get': () => this.#audit,
      'postmortem.timeline': ({ from, to, buckets }) => {
        if (this.#world.variant === 'empty') refuse('LSN_UNREACHABLE', 'The log holds no operation.');
        return timelineOf(this.#world, from ?? FIRST_LSN, to ?? LAST_LSN, buckets);
      },
      'postmortem.operations': ({ from, count }) => {
        const first = Math.max(from, FIRST_LSN);
        return Array.from({ length: Math.max(0, Math.min(from + count - 1, LAST_LSN) - first + 1) }, (_, i) =>
          operation(this.#world, first + i),
        );
      },
      'postmortem.state': ({ lsn }) => stateAt(lsn),
      'postmortem.change': ({ lsn }) => ({ operation: operation(this.#world, lsn), changes: changesOf(this.#world, lsn) }),
      'postmortem.death': () => deathOf(this.#world),
    };
    return (answers[name] as (payload: Payload<R>) => Result<R>)(payload);
  }

  #stage(ids: readonly string[], staged: Break['staged']) {
    const set = new Set(ids);
    this.#breaks = this.#breaks.map((entry) => (set.has(entry.id) ? { ...entry, staged } : entry));
    this.#record(staged?.by ?? 'risk-1', staged ? 'reconcile.staged' : 'reconcile.unstaged', {
      breaks: ids.length,
      decision: staged?.decision ?? null,
    });
    return this.#reconcileView();
  }

  #sign(personId: string, dossierHash: string, passphrase: string | undefined): GateView {
    const dossier = this.#dossier();
    const person = this.#gate.people.find((entry) => entry.id === personId) ?? refuse('NOT_FOUND', `${personId} is not enrolled.`);
    if (dossierHash !== dossier.hash) refuse('APPROVAL_INVALID', 'The dossier changed.');
    if (passphrase === 'wrong') refuse('SIGNATURE_INVALID', `The passphrase does not open the key of ${person.name}.`);
    if (!dossier.owes.includes(person.role)) refuse('APPROVAL_INVALID', `A ${person.role} signed already.`);
    const owes = dossier.owes.filter((role) => role !== person.role);
    const signatures = [
      ...dossier.signatures,
      { personId, name: person.name, role: person.role, signature: btoa(hex(personId.length, 44)), signedAt: iso(Date.now()) },
    ];
    this.#record(personId, 'gate.signed', { hash: dossier.hash });
    return this.#setGate({ dossier: { ...dossier, owes, signatures, status: owes.length === 0 ? 'complete' : 'open' } });
  }

  #cancel(scope: CancelReport['scope'], by: string): CancelReport {
    const id = `c${this.#cancels.length + 1}`;
    const startedMs = Date.now();
    const at = (elapsedMs: number) => cancelReport(id, this.#world, scope, by, startedMs, elapsedMs);
    const keep = (report: CancelReport): void => {
      this.#cancels = [...this.#cancels.filter((other) => other.id !== id), report];
      this.#emit('venues.changed', { store: 0, view: venuesView(this.#world, Date.now(), this.#cancels) });
    };
    this.#record(by, 'venues.cancel', { scope });
    for (const elapsed of [500, 1300, 2300]) setTimeout(() => keep(at(elapsed)), elapsed);
    const first = at(0);
    this.#cancels = [...this.#cancels, first];
    return first;
  }
}
