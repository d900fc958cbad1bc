/** What this person prefers, remembered on this machine: how times are shown, the theme, single-key shortcuts. */

import { TIME_MODES, type TimeMode } from '../../format/time.ts';

export const THEMES = ['dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  readonly timeMode: TimeMode;
  readonly theme: Theme;
  readonly singleKeys: boolean;
}

export interface PreferencesSlice {
  readonly preferences: Preferences;
}

export const DEFAULT_PREFERENCES: Preferences = { timeMode: 'utc', theme: 'dark', singleKeys: true };

/** The part of `localStorage` that is used; a fake in tests. */
export interface PreferenceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'rearm.preferences';

/** Reads what was remembered; what cannot be read is the default, never an error. */
export function readPreferences(storage: PreferenceStorage | null): Preferences {
  try {
    const found: unknown = JSON.parse(storage?.getItem(KEY) ?? '{}');
    const fields = (typeof found === 'object' && found !== null ? found : {}) as Record<string, unknown>;
    return {
      timeMode: TIME_MODES.find((mode) => mode === fields.timeMode) ?? DEFAULT_PREFERENCES.timeMode,
      theme: THEMES.find((theme) => theme === fields.theme) ?? DEFAULT_PREFERENCES.theme,
      singleKeys: typeof fields.singleKeys === 'boolean' ? fields.singleKeys : DEFAULT_PREFERENCES.singleKeys,
    };
  } catch {
    return DEFAULT_PREFERENCES;
  }
}

export function writePreferences(storage: PreferenceStorage | null, preferences: Preferences): void {
  try {
    storage?.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A full or forbidden storage loses a preference, nothing else.
  }
}

export const preferencesSlice = (preferences: Preferences): PreferencesSlice => ({ preferences });
