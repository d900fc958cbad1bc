/**
 * The one contract between the engine's services and whoever shows them. Every host serves it: IPC in Electron, HTTP and
 * WebSocket in the web host, a call in the terminal. Channels are never registered by hand: hosts loop over REQUESTS and EVENTS.
 *
 * To add a request: declare its payload and result here; the compiler asks for its handler (main/console/handlers.ts).
 */

import { z } from 'zod';
import type { ErrorData } from '../errors.ts';
import type { TenFacts } from './facts.ts';
import { type AuditView, type GateView, PERSON_ID_PATTERN, ROLES } from './gate.ts';
import type { DeathReport, OperationRow, PageView, StateAt, Timeline } from './postmortem.ts';
import type { ReconcileReport } from './reconcile.ts';
import type { RecoveryProgress, RecoveryReport } from './recovery.ts';
import type { CancelReport, VenueReport } from './venues.ts';

const name = z.string().min(1).max(128);
const reason = z.string().trim().min(3).max(512);
const lsnField = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Money that is a limit: plain decimal, not negative, finite. */
const limit = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'is no plain decimal from zero up');
/** Person ids become names of files. */
const personId = z.string().regex(PERSON_ID_PATTERN, 'is no person id: 1 to 64 of a-z 0-9 _ -, first a letter or digit');
/** Stores are named by their index in the list that the host opened, never by a path from outside. */
const store = z.number().int().min(0).max(1023);
const none = z.object({}).strict();

export const cancelScope = z
  .object({
    venue: name.optional(),
    account: name.optional(),
    symbol: name.optional(),
    strategy: name.optional(),
    trader: name.optional(),
    clientIds: z.array(name).max(10_000).optional(),
    includeProtective: z.boolean().optional(),
  })
  .strict();

export const scope = z
  .object({
    mode: z.enum(['CANCEL_ONLY', 'REDUCING', 'ACTIVE']),
    venues: z.array(name).max(256),
    strategies: z.array(name).max(4096),
  })
  .strict();

export const bounds = z
  .object({
    unexplainedBreaks: z.number().int().min(0).max(1000),
    grossExposure: limit,
    netExposure: limit,
    lossSinceProposal: limit,
  })
  .strict();

const decision = z.enum(['acceptVenue', 'keepOurs', 'cancelOrder', 'claim', 'tolerate', 'note']);
const passphrase = z.string().min(1).max(1024);

/** Payload schemas by request. */
export const REQUESTS = {
  'console.describe': none,
  'recovery.get': z.object({ store }).strict(),
  /** `reconstruct`: where nothing is left, go on with an empty state that the venues' answers fill. */
  'recovery.run': z.object({ store, reconstruct: z.boolean().optional() }).strict(),
  'recovery.cancel': z.object({ store }).strict(),
  'recovery.accept': z
    .object({
      store,
      by: name,
      /** What the person saw, from the report: another state is not accepted in its place. */
      seen: z.object({ lsn: z.number().int().min(0), headHash: z.string().max(64).nullable() }).strict(),
      override: z
        .object({ what: z.enum(['damage', 'tier', 'reconstruction']), reason })
        .strict()
        .optional(),
    })
    .strict(),
  'recovery.page': z
    .object({ store, tier: z.enum(['L1', 'L2', 'L3', 'L4', 'recovered']), page: z.number().int().min(0).max(4_194_304) })
    .strict(),
  'venues.get': z.object({ store }).strict(),
  'venues.query': z.object({ store }).strict(),
  'venues.cancel': z.object({ store, scope: cancelScope, by: name }).strict(),
  'facts.get': z.object({ store }).strict(),
  'risk.setMode': z.object({ store, mode: z.enum(['HALTED', 'CANCEL_ONLY', 'REDUCING']), by: name, reason }).strict(),
  'reconcile.get': z.object({ store }).strict(),
  'reconcile.run': z.object({ store }).strict(),
  'reconcile.stage': z
    .object({ store, breakIds: z.array(z.string().min(1).max(63)).min(1).max(10_000), decision, comment: z.string().max(127), by: name })
    .strict(),
  'reconcile.unstage': z.object({ store, breakIds: z.array(z.string().min(1).max(63)).min(1).max(10_000), by: name }).strict(),
  'gate.get': z.object({ store }).strict(),
  'gate.enrol': z.object({ store, id: personId, name, role: z.enum(ROLES), passphrase, by: personId.optional() }).strict(),
  'gate.propose': z.object({ store, by: name, scope, bounds }).strict(),
  /** With a passphrase the console signs with the person's key; with a signature it was made elsewhere (`rearm sign`). */
  'gate.sign': z
    .object({
      store,
      personId,
      dossierHash: z.string().length(64),
      passphrase: passphrase.optional(),
      signature: z.string().max(128).optional(),
    })
    .strict(),
  'gate.release': z.object({ store, by: name, dossierHash: z.string().length(64) }).strict(),
  'gate.stayHalted': z.object({ store, by: name, reason }).strict(),
  'audit.get': z.object({ store, last: z.number().int().min(1).max(10_000) }).strict(),
  'postmortem.timeline': z
    .object({ store, from: lsnField.optional(), to: lsnField.optional(), buckets: z.number().int().min(10).max(4000) })
    .strict(),
  'postmortem.operations': z.object({ store, from: lsnField, count: z.number().int().min(1).max(2000) }).strict(),
  'postmortem.state': z.object({ store, lsn: lsnField }).strict(),
  'postmortem.change': z.object({ store, lsn: lsnField }).strict(),
  'postmortem.death': z.object({ store }).strict(),
} as const satisfies Record<string, z.ZodType>;

export interface StoreView {
  readonly index: number;
  readonly path: string;
  readonly name: string;
  readonly venueConfigured: boolean;
}

export interface ConsoleView {
  readonly version: string;
  readonly host: 'electron' | 'web' | 'cli';
  readonly environment: { readonly name: string; readonly colour: 'production' | 'test' | 'demo' };
  readonly user: string;
  readonly stores: readonly StoreView[];
  readonly now: string;
}

export interface RecoveryView {
  readonly running: boolean;
  readonly progress: RecoveryProgress | null;
  readonly report: RecoveryReport | null;
}

export interface VenuesView {
  readonly running: boolean;
  readonly venues: readonly VenueReport[];
  readonly cancels: readonly CancelReport[];
}

/** How far one venue is with its answers to a reconciliation. */
export interface VenueAsked {
  readonly name: string;
  /** `asking` until every question of the round was answered, or given up. */
  readonly status: VenueReport['status'];
  readonly questions: number;
  readonly ms: number;
  readonly reason: string;
}

export interface ReconcileView {
  readonly running: boolean;
  /** While it runs: each venue that is asked. */
  readonly asked: readonly VenueAsked[];
  readonly report: ReconcileReport | null;
  readonly error: ErrorData | null;
}

/** Results by request. */
export interface Results {
  'console.describe': ConsoleView;
  'recovery.get': RecoveryView;
  'recovery.run': RecoveryView;
  'recovery.cancel': RecoveryView;
  'recovery.accept': GateView;
  'recovery.page': PageView;
  'venues.get': VenuesView;
  'venues.query': VenuesView;
  'venues.cancel': CancelReport;
  'facts.get': TenFacts;
  'risk.setMode': GateView;
  'reconcile.get': ReconcileView;
  'reconcile.run': ReconcileView;
  'reconcile.stage': ReconcileView;
  'reconcile.unstage': ReconcileView;
  'gate.get': GateView;
  'gate.enrol': GateView;
  'gate.propose': GateView;
  'gate.sign': GateView;
  'gate.release': GateView;
  'gate.stayHalted': GateView;
  'audit.get': AuditView;
  'postmortem.timeline': Timeline;
  'postmortem.operations': readonly OperationRow[];
  'postmortem.state': StateAt;
  'postmortem.change': { readonly operation: OperationRow; readonly changes: readonly import('./postmortem.ts').CellChange[] };
  'postmortem.death': DeathReport;
}

export type RequestName = keyof typeof REQUESTS;
export type Payload<R extends RequestName> = z.infer<(typeof REQUESTS)[R]>;
export type Result<R extends RequestName> = Results[R];
export type Handlers = { readonly [R in RequestName]: (payload: Payload<R>) => Promise<Result<R>> };

/** Events carry the whole view of their subject, so that a late or lost one does no harm. */
export interface Events {
  'recovery.changed': { readonly store: number; readonly view: RecoveryView };
  'venues.changed': { readonly store: number; readonly view: VenuesView };
  'facts.changed': { readonly store: number; readonly facts: TenFacts };
  'reconcile.changed': { readonly store: number; readonly view: ReconcileView };
  'gate.changed': { readonly store: number; readonly view: GateView };
  'audit.changed': { readonly store: number; readonly head: string };
  alarm: {
    readonly store: number;
    readonly id: string;
    readonly severity: 'critical' | 'high' | 'note';
    readonly text: string;
    readonly at: string;
  };
}

export type EventName = keyof Events;
export const EVENTS = [
  'recovery.changed',
  'venues.changed',
  'facts.changed',
  'reconcile.changed',
  'gate.changed',
  'audit.changed',
  'alarm',
] as const satisfies readonly EventName[];

/** What a host answers to a request: a value, or an error as data. */
export type Reply<R extends RequestName> =
  | { readonly ok: true; readonly value: Result<R> }
  | { readonly ok: false; readonly error: ErrorData };

/** What the renderer is given by every host. */
export interface Bridge {
  request<R extends RequestName>(name: R, payload: Payload<R>): Promise<Reply<R>>;
  subscribe<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void;
}

declare global {
  interface Window {
    readonly rearm?: Bridge;
  }
}
