/** What of the frame is open, and what the console last did. */

export const SCREENS = ['fleet', 'restart', 'reconcile', 'approve', 'postmortem', 'audit'] as const;
export type ScreenName = (typeof SCREENS)[number];

/** The digit that opens a screen. Digits are never given to another screen when one is added. */
export const SCREEN_DIGIT: Readonly<Record<ScreenName, string>> = {
  fleet: '1',
  restart: '2',
  reconcile: '3',
  approve: '4',
  postmortem: '5',
  audit: '7',
};

export const SCREEN_TITLE: Readonly<Record<ScreenName, string>> = {
  fleet: 'Fleet',
  restart: 'Restart',
  reconcile: 'Reconcile',
  approve: 'Approve',
  postmortem: 'Post-mortem',
  audit: 'Audit',
};

export type DialogName = 'palette' | 'keys' | 'identity' | 'alarms' | 'cancel' | 'mode' | 'accept';

export interface Said {
  readonly text: string;
  readonly at: number;
  readonly tone: 'normal' | 'high';
}

export interface ShellSlice {
  readonly screen: ScreenName;
  readonly drawerOpen: boolean;
  readonly dialog: DialogName | null;
  /** The screen is scrolled down: what stood beside the facts is out of sight. */
  readonly scrolled: boolean;
  /** The last thing that the console did or refused, for the status line. */
  readonly said: Said | null;
  /** Ticks once a second, by the host's clock: ages and counters follow it. */
  readonly nowMs: number;
}

export const shellSlice = (nowMs: number): ShellSlice => ({
  screen: 'restart',
  drawerOpen: false,
  dialog: null,
  scrolled: false,
  said: null,
  nowMs,
});
