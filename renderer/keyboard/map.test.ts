import { describe, expect, it } from 'vitest';
import { SCREEN_DIGIT, SCREENS } from '../store/slices/shell.ts';
import { commandsFor, type KeyPress, pressName, SHORTCUTS, type Shortcut } from './map.ts';

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...change,
});

describe('the keyboard map', () => {
  it('gives one meaning to a key on each screen', () => {
    const focusOnly = (shortcut: Shortcut): boolean => shortcut.focusOnly === true;
    for (const screen of SCREENS) {
      const keys = SHORTCUTS.filter(
        (shortcut) => !focusOnly(shortcut) && (shortcut.where === screen || shortcut.where === 'everywhere'),
      ).flatMap((shortcut) => shortcut.keys);
      const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
      expect(twice, screen).toEqual([]);
    }
  });

  it('never uses an id twice', () => {
    const ids = SHORTCUTS.map((shortcut) => shortcut.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('opens every screen by its digit', () => {
    for (const screen of SCREENS) expect(commandsFor(press(SCREEN_DIGIT[screen]), 'audit', true)).toEqual([`screen.${screen}`]);
  });

  it('reads presses in the notation of the table', () => {
    expect(pressName(press('k', { ctrlKey: true }))).toBe('Ctrl+K');
    expect(pressName(press('K', { metaKey: true }))).toBe('Ctrl+K');
    expect(pressName(press('?', { shiftKey: true }))).toBe('?');
    expect(pressName(press('ArrowLeft', { shiftKey: true }))).toBe('Shift+Left');
    expect(pressName(press('A', { shiftKey: true }))).toBe('Shift+A');
    expect(pressName(press(' '))).toBe('Space');
  });

  it('prefers the meaning of the screen', () => {
    expect(commandsFor(press('c'), 'reconcile', true)).toEqual(['reconcile.cancelOrder']);
    expect(commandsFor(press('c'), 'restart', true)).toEqual([]);
    expect(commandsFor(press('x'), 'reconcile', true)).toEqual(['cancelOrders']);
  });

  it('leaves only keys that type nothing when single keys are off', () => {
    expect(commandsFor(press('a'), 'reconcile', false)).toEqual([]);
    expect(commandsFor(press('2'), 'reconcile', false)).toEqual([]);
    expect(commandsFor(press('k', { ctrlKey: true }), 'reconcile', false)).toEqual(['palette']);
    expect(commandsFor(press('ArrowRight'), 'postmortem', false)).toEqual(['postmortem.forward']);
  });
});
