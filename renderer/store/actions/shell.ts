/** Screens, drawer, dialogs, preferences, who is acting, acknowledging alarms. */

import type { Tools } from '../console.ts';
import { type Preferences, writePreferences } from '../slices/preferences.ts';
import type { DialogName, ScreenName } from '../slices/shell.ts';

export interface ShellActions {
  openScreen(screen: ScreenName): void;
  setScrolled(scrolled: boolean): void;
  openDialog(dialog: DialogName | null): void;
  toggleDrawer(): void;
  prefer(change: Partial<Preferences>): void;
  actAs(person: string | null): void;
  /** An acknowledgement carries the name of the person acting; without one it is refused. */
  acknowledge(alarmIds: readonly string[]): boolean;
  say(text: string, tone?: 'normal' | 'high'): void;
}

export function shellActions(tools: Tools): ShellActions {
  const { store } = tools;
  return {
    openScreen: (screen) => store.setState({ screen, scrolled: false }),
    setScrolled: (scrolled) => (store.getState().scrolled === scrolled ? undefined : store.setState({ scrolled })),
    openDialog: (dialog) => store.setState({ dialog }),
    toggleDrawer: () => store.setState((state) => ({ drawerOpen: !state.drawerOpen })),

    prefer(change) {
      const preferences = { ...store.getState().preferences, ...change };
      writePreferences(tools.storage, preferences);
      store.setState({ preferences });
    },

    actAs: (person) => store.setState({ actingAs: person }),

    acknowledge(alarmIds) {
      const { actingAs, acknowledged, nowMs } = store.getState();
      if (actingAs === null) return false;
      const at = new Date(nowMs).toISOString();
      store.setState({ acknowledged: { ...acknowledged, ...Object.fromEntries(alarmIds.map((id) => [id, { by: actingAs, at }])) } });
      return true;
    },

    say: tools.say,
  };
}
