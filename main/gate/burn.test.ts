import { describe, expect, it } from 'vitest';
import { burn, isBurnt, readBurnt } from './burn.ts';
import { gateLayout } from './layout.ts';
import { emptyDisk, outcome, ProcessStorage, ROOT } from './simulated.test-support.ts';
import { timeText } from './time.ts';

const layout = gateLayout(ROOT);
const nonce = 'ab'.repeat(32);
const record = {
  format: 'rearm-burnt-1',
  nonce,
  dossierHash: 'cd'.repeat(32),
  at: timeText(1n),
  by: 'engine',
  purpose: 'release',
} as const;

function ready(): ProcessStorage {
  const storage = new ProcessStorage(emptyDisk());
  storage.makeDirectory(layout.burnt);
  for (const directory of [ROOT, layout.gate]) storage.syncDirectory(directory);
  return storage;
}

describe('burning a nonce', () => {
  it('is durable, and works once', () => {
    const storage = ready();
    expect(isBurnt(storage, layout, nonce)).toBe(false);
    burn(storage, layout, record);
    expect(outcome(() => burn(storage, layout, record))).toBe('TOKEN_INVALID used');
    for (const { disk } of storage.disk.losses()) {
      const after = new ProcessStorage(disk);
      expect(readBurnt(after, layout, nonce)).toEqual(record);
      expect(outcome(() => burn(after, layout, { ...record, by: 'another' }))).toBe('TOKEN_INVALID used');
    }
  });

  it('is done by a mark that nobody can read, too', () => {
    const storage = ready();
    for (const content of ['', '{}', 'x'.repeat(10_000), JSON.stringify(record)]) {
      storage.disk.put(`${layout.burnt}/${nonce}`, content);
      expect(readBurnt(storage, layout, nonce)).toBe('unreadable');
      expect(outcome(() => burn(storage, layout, record))).toBe('TOKEN_INVALID used');
    }
  });

  it('takes no nonce that is not one', () => {
    const storage = ready();
    for (const bad of ['', '../mode.json', 'AB'.repeat(32), `${nonce}0`]) {
      expect(outcome(() => burn(storage, layout, { ...record, nonce: bad }))).toBe('PAYLOAD_INVALID');
      expect(outcome(() => isBurnt(storage, layout, bad))).toBe('PAYLOAD_INVALID');
    }
  });
});
