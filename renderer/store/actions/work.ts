/** What a person sets going on the store on the screen: recovery, venues, cancels, modes, breaks. */

import type { Payload, Reply, RequestName, Result } from '../../../shared/contract/contract.ts';
import type { Decision } from '../../../shared/contract/reconcile.ts';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import type { CancelReport, CancelScope } from '../../../shared/contract/venues.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { DECISION, MODE, plural } from '../../format/words.ts';
import { applyView } from '../apply.ts';
import type { Outcome, Tools } from '../console.ts';
import type { StoreViews, SubjectName } from '../slices/desk.ts';

export interface WorkActions {
  runRecovery(): Outcome;
  /** Nothing is left: an empty state, which the venues' answers fill. */
  reconstruct(): Outcome;
  cancelRecovery(): Outcome;
  /** @param seen the report that the person looked at */
  acceptRecovery(
    seen: Pick<RecoveryReport, 'lsn' | 'headHash'>,
    override?: { what: 'damage' | 'tier' | 'reconstruction'; reason: string },
  ): Outcome;
  /** One page of the recovered image, or of a tier's copy of it. */
  readPage(tier: Payload<'recovery.page'>['tier'], page: number): Promise<Reply<'recovery.page'>>;
  queryVenues(): Outcome;
  cancelOrders(scope: CancelScope): Promise<{ report: CancelReport | null; error: ErrorData | null }>;
  setMode(mode: 'HALTED' | 'CANCEL_ONLY' | 'REDUCING', reason: string): Outcome;
  runReconcile(): Outcome;
  stage(breakIds: readonly string[], decision: Decision, comment: string): Outcome;
  unstage(breakIds: readonly string[]): Outcome;
}

/** Break ids per request: the most that the contract takes. */
export const STAGE_MAX = 10_000;

export const NOBODY: ErrorData = {
  code: 'USAGE',
  message: 'Nobody said who is acting; nothing was sent.',
  remedy: 'Choose who you are at the top right, then do it again.',
  context: {},
};

/** Payload<R> without what the action adds itself. */
type Rest<R extends RequestName> = Omit<Payload<R>, 'store'>;

/** Asks for a request whose answer is the whole view of a subject, and applies it. */
export function viewRequest(tools: Tools) {
  return async <R extends RequestName, S extends SubjectName>(
    name: R,
    rest: Rest<R>,
    subject: S & (Result<R> extends StoreViews[S] ? S : never),
    done: string | null,
  ): Promise<ErrorData | null> => {
    const index = tools.store.getState().storeIndex;
    const reply = await tools.ask(name, { ...rest, store: index } as Payload<R>);
    if (!reply.ok) {
      tools.say(`${reply.error.message} (${reply.error.code})`, 'high');
      return reply.error;
    }
    tools.store.setState((state) => applyView(state, index, subject, reply.value as unknown as StoreViews[S], tools.clock()));
    if (done !== null) tools.say(done);
    return null;
  };
}

export function workActions(tools: Tools): WorkActions {
  const { store, ask, clock, say } = tools;
  const request = viewRequest(tools);
  const by = (): string | null => store.getState().actingAs;

  return {
    runRecovery: () => request('recovery.run', {}, 'recovery', 'Recovery started'),
    reconstruct: () => request('recovery.run', { reconstruct: true }, 'recovery', 'The venues are asked for the state'),
    cancelRecovery: () => request('recovery.cancel', {}, 'recovery', 'Recovery cancelled'),

    async acceptRecovery({ lsn, headHash }, override) {
      const person = by();
      if (person === null) return NOBODY;
      return request(
        'recovery.accept',
        { by: person, seen: { lsn, headHash }, ...(override && { override }) },
        'gate',
        'Recovery accepted: a new epoch is open',
      );
    },

    readPage: (tier, page) => ask('recovery.page', { store: store.getState().storeIndex, tier, page }),

    queryVenues: () => request('venues.query', {}, 'venues', 'Venues asked again'),

    async cancelOrders(scope) {
      const person = by();
      if (person === null) return { report: null, error: NOBODY };
      const index = store.getState().storeIndex;
      const reply = await ask('venues.cancel', { store: index, scope: scope as Payload<'venues.cancel'>['scope'], by: person });
      if (!reply.ok) {
        say(`${reply.error.message} (${reply.error.code})`, 'high');
        return { report: null, error: reply.error };
      }
      const report = reply.value;
      store.setState((state) => {
        const view = state.stores[index]?.venues.view;
        if (!view || view.cancels.some((cancel) => cancel.id === report.id)) return {};
        return applyView(state, index, 'venues', { ...view, cancels: [...view.cancels, report] }, clock());
      });
      say(`Cancel sent for ${plural(report.orders.length, 'order')}`);
      return { report, error: null };
    },

    async setMode(mode, reason) {
      const person = by();
      if (person === null) return NOBODY;
      return request('risk.setMode', { mode, by: person, reason }, 'gate', `Mode set: ${MODE[mode].word}`);
    },

    runReconcile: () => request('reconcile.run', {}, 'reconcile', null),

    async stage(breakIds, decision, comment) {
      const person = by();
      if (person === null) return NOBODY;
      for (let i = 0; i < breakIds.length; i += STAGE_MAX) {
        const part = breakIds.slice(i, i + STAGE_MAX);
        const done = `Staged "${DECISION[decision]}" on ${plural(breakIds.length, 'break')}`;
        const error = await request('reconcile.stage', { breakIds: part, decision, comment, by: person }, 'reconcile', done);
        if (error) return error;
      }
      return null;
    },

    async unstage(breakIds) {
      const person = by();
      if (person === null) return NOBODY;
      for (let i = 0; i < breakIds.length; i += STAGE_MAX) {
        const part = breakIds.slice(i, i + STAGE_MAX);
        const error = await request(
          'reconcile.unstage',
          { breakIds: part, by: person },
          'reconcile',
          `Unstaged ${plural(breakIds.length, 'break')}`,
        );
        if (error) return error;
      }
      return null;
    },
  };
}
