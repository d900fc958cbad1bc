/**
 * Every shortcut of the console, once: the handler, the palette, the status line and the `?` list read this table.
 *
 * To add one: a line here, and a handler under the same id where the work is done (useCommands).
 */

import type { ScreenName } from '../store/slices/shell.ts';

export interface Shortcut {
  readonly id: string;
  /** As shown: `J`, `Shift+Right`, `Ctrl+K`, `[`. */
  readonly keys: readonly string[];
  readonly does: string;
  readonly where: 'everywhere' | ScreenName;
  /** Not in the palette: keys that only make sense on what has the focus. */
  readonly focusOnly?: boolean;
  /** Shown in the status line of its screen. */
  readonly hint?: boolean;
}

export const SHORTCUTS = [
  { id: 'screen.fleet', keys: ['1'], does: 'Go to Fleet', where: 'everywhere' },
  { id: 'screen.restart', keys: ['2'], does: 'Go to Restart', where: 'everywhere' },
  { id: 'screen.reconcile', keys: ['3'], does: 'Go to Reconcile', where: 'everywhere' },
  { id: 'screen.approve', keys: ['4'], does: 'Go to Approve', where: 'everywhere' },
  { id: 'screen.postmortem', keys: ['5'], does: 'Go to Post-mortem', where: 'everywhere' },
  { id: 'screen.audit', keys: ['7'], does: 'Go to Audit', where: 'everywhere' },
  { id: 'palette', keys: ['Ctrl+K'], does: 'Find a command', where: 'everywhere' },
  { id: 'keys', keys: ['?'], does: 'Show the keys', where: 'everywhere' },
  { id: 'drawer', keys: ['L'], does: 'Open or close the audit log', where: 'everywhere' },
  { id: 'identity', keys: ['W'], does: 'Say who is acting', where: 'everywhere' },
  { id: 'alarms', keys: ['!'], does: 'Show and acknowledge alarms', where: 'everywhere' },
  { id: 'time', keys: ['T'], does: 'Change how times are shown', where: 'everywhere' },
  { id: 'theme', keys: [], does: 'Change between dark and light', where: 'everywhere' },
  { id: 'singleKeys', keys: [], does: 'Switch single-key shortcuts on or off', where: 'everywhere' },
  { id: 'back', keys: ['Esc'], does: 'Back', where: 'everywhere', focusOnly: true },
  { id: 'accept', keys: ['Shift+A'], does: 'Accept the recovered state', where: 'everywhere' },
  { id: 'cancelOrders', keys: ['X'], does: 'Cancel working orders', where: 'everywhere' },
  { id: 'grid.next', keys: ['J', 'Down'], does: 'Next row', where: 'everywhere', focusOnly: true },
  { id: 'grid.previous', keys: ['K', 'Up'], does: 'Previous row', where: 'everywhere', focusOnly: true },
  { id: 'grid.open', keys: ['Enter'], does: 'Evidence of the row', where: 'everywhere', focusOnly: true },
  { id: 'grid.copy', keys: ['Ctrl+C'], does: 'Copy the row as raw values', where: 'everywhere', focusOnly: true },

  { id: 'restart.mode', keys: ['M'], does: 'Set CANCEL ONLY or REDUCING', where: 'restart', hint: true },
  { id: 'restart.venues', keys: ['R'], does: 'Ask the venues again', where: 'restart', hint: true },
  { id: 'restart.run', keys: ['Shift+R'], does: 'Run the recovery again, or cancel it', where: 'restart' },
  { id: 'restart.badPage', keys: [']'], does: 'Next page that is not valid', where: 'restart' },

  { id: 'reconcile.acceptVenue', keys: ['A'], does: 'Accept venue', where: 'reconcile', hint: true },
  { id: 'reconcile.keepOurs', keys: ['O'], does: 'Keep ours', where: 'reconcile', hint: true },
  { id: 'reconcile.cancelOrder', keys: ['C'], does: 'Cancel order', where: 'reconcile', hint: true },
  { id: 'reconcile.claim', keys: ['Shift+C'], does: 'Claim order', where: 'reconcile' },
  { id: 'reconcile.tolerate', keys: ['Shift+T'], does: 'Tolerate', where: 'reconcile' },
  { id: 'reconcile.note', keys: ['N'], does: 'Note', where: 'reconcile', hint: true },
  { id: 'reconcile.unstage', keys: ['U'], does: 'Unstage', where: 'reconcile', hint: true },
  { id: 'reconcile.choose', keys: ['Space'], does: 'Choose the row, for one decision on many', where: 'reconcile' },
  { id: 'reconcile.chooseAll', keys: ['Ctrl+A'], does: 'Choose every row shown', where: 'reconcile', focusOnly: true },
  { id: 'reconcile.filter', keys: ['/'], does: 'Filter', where: 'reconcile', hint: true },
  { id: 'reconcile.open', keys: ['B'], does: 'Show only what still blocks', where: 'reconcile' },
  { id: 'reconcile.run', keys: ['R'], does: 'Reconcile again', where: 'reconcile', hint: true },

  { id: 'approve.halt', keys: ['H'], does: 'Stay halted or halt again, on the record', where: 'approve', hint: true },
  { id: 'approve.propose', keys: ['P'], does: 'Propose a dossier', where: 'approve', hint: true },
  { id: 'approve.sign', keys: ['S'], does: 'Sign the dossier', where: 'approve', hint: true },
  { id: 'approve.release', keys: ['Shift+R'], does: 'Release trading', where: 'approve', hint: true },

  { id: 'postmortem.back', keys: ['Left'], does: 'One record back', where: 'postmortem', hint: true },
  { id: 'postmortem.forward', keys: ['Right'], does: 'One record on', where: 'postmortem', hint: true },
  { id: 'postmortem.back100', keys: ['Shift+Left'], does: '100 records back', where: 'postmortem' },
  { id: 'postmortem.forward100', keys: ['Shift+Right'], does: '100 records on', where: 'postmortem' },
  { id: 'postmortem.go', keys: ['G'], does: 'Go to an LSN or a time', where: 'postmortem', hint: true },
  { id: 'postmortem.mark', keys: ['M'], does: 'Mark the LSN', where: 'postmortem', hint: true },
  { id: 'postmortem.previousMark', keys: ['['], does: 'Previous mark or event', where: 'postmortem', hint: true },
  { id: 'postmortem.nextMark', keys: [']'], does: 'Next mark or event', where: 'postmortem', hint: true },
  { id: 'postmortem.compare', keys: ['C'], does: 'Compare with this LSN', where: 'postmortem', hint: true },
  { id: 'postmortem.death', keys: ['E'], does: 'Go to the last record of the engine', where: 'postmortem' },

  { id: 'audit.verify', keys: ['R'], does: 'Read and verify the chain again', where: 'audit', hint: true },
] as const satisfies readonly Shortcut[];

export type CommandId = (typeof SHORTCUTS)[number]['id'];

/** The part of a keyboard event that decides. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Escape: 'Esc',
  ' ': 'Space',
};

/** The press in the notation of the table. The command key of a Mac counts as Ctrl. */
export function pressName(press: KeyPress): string {
  const letter = /^[a-z]$/i.test(press.key);
  const base = NAMES[press.key] ?? (letter ? press.key.toUpperCase() : press.key);
  // Shift is part of how a punctuation mark is typed, and is only named where it changes the meaning.
  const named = letter || base.length > 1;
  return `${press.ctrlKey || press.metaKey ? 'Ctrl+' : ''}${press.altKey ? 'Alt+' : ''}${press.shiftKey && named ? 'Shift+' : ''}${base}`;
}

/** One key without Ctrl or Alt that types a character: what the preference switches off. */
export const isSingleKey = (press: KeyPress): boolean => press.key.length === 1 && !press.ctrlKey && !press.metaKey && !press.altKey;

/** The commands that a press asks for on a screen, the screen's own first. */
export function commandsFor(press: KeyPress, screen: ScreenName, singleKeys: boolean): readonly CommandId[] {
  if (isSingleKey(press) && !singleKeys) return [];
  const name = pressName(press);
  const found = SHORTCUTS.filter(
    (shortcut) => (shortcut.where === screen || shortcut.where === 'everywhere') && (shortcut.keys as readonly string[]).includes(name),
  );
  return [...found].sort((a, b) => Number(a.where === 'everywhere') - Number(b.where === 'everywhere')).map((shortcut) => shortcut.id);
}

export const shortcutOf = (id: CommandId): Shortcut => SHORTCUTS.find((shortcut) => shortcut.id === id)!;
