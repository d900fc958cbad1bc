import { describe, expect, it } from 'vitest';
import { DEFAULT_PREFERENCES, readPreferences, writePreferences } from './preferences.ts';

const memory = (text: string | null = null) => {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_: string, value: string): void => {
      kept = value;
    },
  };
};

describe('preferences', () => {
  it('are remembered', () => {
    const storage = memory();
    writePreferences(storage, { timeMode: 'relative', theme: 'light', singleKeys: false });
    expect(readPreferences(storage)).toEqual({ timeMode: 'relative', theme: 'light', singleKeys: false });
  });

  it('fall back to the defaults, field by field, whatever was stored', () => {
    expect(readPreferences(null)).toEqual(DEFAULT_PREFERENCES);
    expect(readPreferences(memory('not json'))).toEqual(DEFAULT_PREFERENCES);
    expect(readPreferences(memory('7'))).toEqual(DEFAULT_PREFERENCES);
    expect(readPreferences(memory('{"theme":"light","timeMode":"mars","singleKeys":"no"}'))).toEqual({
      ...DEFAULT_PREFERENCES,
      theme: 'light',
    });
  });

  it('survive a storage that refuses', () => {
    const refusing = {
      getItem: (): string => {
        throw new Error('denied');
      },
      setItem: (): void => {
        throw new Error('full');
      },
    };
    expect(readPreferences(refusing)).toEqual(DEFAULT_PREFERENCES);
    expect(() => writePreferences(refusing, DEFAULT_PREFERENCES)).not.toThrow();
  });
});
