import type { ComponentType } from 'react';
import type { ScreenName } from '../store/slices/shell.ts';
import { ApproveScreen } from './approve/ApproveScreen.tsx';
import { AuditScreen } from './audit/AuditScreen.tsx';
import { FleetScreen } from './fleet/FleetScreen.tsx';
import { PostmortemScreen } from './postmortem/PostmortemScreen.tsx';
import { ReconcileScreen } from './reconcile/ReconcileScreen.tsx';
import { RestartScreen } from './restart/RestartScreen.tsx';

/** Every screen by name: the compiler asks for one where a name is added. */
export const SCREEN_COMPONENTS: Readonly<Record<ScreenName, ComponentType>> = {
  fleet: FleetScreen,
  restart: RestartScreen,
  reconcile: ReconcileScreen,
  approve: ApproveScreen,
  postmortem: PostmortemScreen,
  audit: AuditScreen,
};
