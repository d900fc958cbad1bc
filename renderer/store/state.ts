/** The state of the console: one slice per concept. */

import { type AlarmsSlice, alarmsSlice } from './slices/alarms.ts';
import { type DeskSlice, deskSlice, NO_SUBJECTS, type StoreSubjects } from './slices/desk.ts';
import { type IdentitySlice, identitySlice } from './slices/identity.ts';
import { type PostmortemSlice, postmortemSlice } from './slices/postmortem.ts';
import { type Preferences, type PreferencesSlice, preferencesSlice } from './slices/preferences.ts';
import { type ShellSlice, shellSlice } from './slices/shell.ts';

export interface ConsoleState extends DeskSlice, AlarmsSlice, IdentitySlice, PreferencesSlice, ShellSlice {
  readonly postmortem: PostmortemSlice;
}

export const initialState = (preferences: Preferences, nowMs: number): ConsoleState => ({
  ...deskSlice(),
  ...alarmsSlice(),
  ...identitySlice(),
  ...preferencesSlice(preferences),
  ...shellSlice(nowMs),
  postmortem: postmortemSlice(),
});

/** The subjects of the store on the screen, or of the named one. */
export const subjectsOf = (state: Pick<ConsoleState, 'stores' | 'storeIndex'>, store = state.storeIndex): StoreSubjects =>
  state.stores[store] ?? NO_SUBJECTS;
