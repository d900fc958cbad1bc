/** The stores that the host opened, and what is known of each: one subject per concept and store. */

import type { ConsoleView, ReconcileView, RecoveryView, VenuesView } from '../../../shared/contract/contract.ts';
import type { TenFacts } from '../../../shared/contract/facts.ts';
import type { AuditView, GateView } from '../../../shared/contract/gate.ts';
import { nothing, type Subject } from '../subject.ts';

/** The views of one store that events replace as a whole. */
export interface StoreViews {
  readonly recovery: RecoveryView;
  readonly venues: VenuesView;
  readonly facts: TenFacts;
  readonly reconcile: ReconcileView;
  readonly gate: GateView;
  readonly audit: AuditView;
}

export type SubjectName = keyof StoreViews;
export type StoreSubjects = { readonly [K in SubjectName]: Subject<StoreViews[K]> };

export interface DeskSlice {
  readonly console: Subject<ConsoleView>;
  /** Index of the store on the screen. */
  readonly storeIndex: number;
  readonly stores: Readonly<Record<number, StoreSubjects>>;
  /** Host's clock minus this page's, milliseconds. */
  readonly hostOffsetMs: number;
}

export const NO_SUBJECTS: StoreSubjects = {
  recovery: nothing(),
  venues: nothing(),
  facts: nothing(),
  reconcile: nothing(),
  gate: nothing(),
  audit: nothing(),
};

export const deskSlice = (): DeskSlice => ({ console: nothing(), storeIndex: 0, stores: {}, hostOffsetMs: 0 });
