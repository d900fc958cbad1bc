/** A checkpoint that was asked for: there when it resolves, or said not to be; trading goes on either way. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Desk } from '../../tests/support/desk.ts';
import { flipBit } from '../../tests/support/store-files.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { readSlots } from '../tiers/slot-reader.ts';

const NEVER = 86_400_000;

test.each([
  ['inline', 'inline'],
  ['inline', 'thread'],
  ['threaded', 'thread'],
] as const)('commits %s, tiers %s: one that is not written rejects, and the next one is there', async (commit, tiers) => {
  const desk = await Desk.create({ real: true, config: { commit, tiers, l2Ms: NEVER, l3Ms: NEVER, archive: false } });
  const { engine, root, platform } = desk;
  const storeId = storeIdBytes(readIdentity(platform.storage, root));
  const newest = () =>
    readSlots(platform.storage, storeLayout(root), storeId).reduce((a, b) => ((a.mark?.lsn ?? 0) > (b.mark?.lsn ?? 0) ? a : b));
  let day = 0;
  const work = async () => {
    day += 1;
    return Number(await engine.commit({ type: 'risk.day', day, time: 1n }));
  };
  try {
    // Pages that do not change again.
    await engine.commit({ type: 'configuration.set', scope: 'system', name: 'vital', value: '"x"', time: 1n });
    for (let slot = 0; slot < 2; slot += 1) {
      await work();
      await engine.checkpoint();
    }
    // What rotted is found when a copy is made of it; the slot then takes no checkpoint that has changed pages only.
    const { name, pageAt } = newest();
    flipBit(join(root, name), (pageAt!(0) + 100) * 8);
    await expect(engine.snapshot(false)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    const outcomes: string[] = [];
    let lsn = 0;
    for (let checkpoint = 0; checkpoint < 3; checkpoint += 1) {
      lsn = await work();
      outcomes.push(
        await engine.checkpoint().then(
          () => 'there',
          ({ code, message }) => `${code} ${message}`,
        ),
      );
    }
    expect(outcomes).toEqual(['there', expect.stringMatching(/^CHECKSUM_MISMATCH .*takes every page/), 'there']);
    expect(newest().mark!.lsn).toBeGreaterThanOrEqual(lsn);
  } finally {
    await engine.abandon();
    fs.rmSync(dirname(root), { recursive: true, force: true });
  }
});

test.each(['inline', 'threaded'] as const)(
  'commits %s: each of several that are asked for at once holds what was there when it was',
  async (commit) => {
    const desk = await Desk.create({ real: true, config: { commit, tiers: 'thread', l2Ms: NEVER, l3Ms: NEVER, archive: false } });
    const { engine, root, platform } = desk;
    const storeId = storeIdBytes(readIdentity(platform.storage, root));
    const held = () => Math.max(...readSlots(platform.storage, storeLayout(root), storeId).map(({ mark }) => mark?.lsn ?? 0));
    try {
      for (let day = 1; day <= 30; day += 3) {
        const asked = [0, 1, 2].map(async (more) => {
          const lsn = engine.post({ type: 'risk.day', day: day + more, time: 1n });
          await engine.checkpoint();
          expect(held()).toBeGreaterThanOrEqual(Number(lsn));
        });
        await Promise.all(asked);
      }
    } finally {
      await engine.abandon();
      fs.rmSync(dirname(root), { recursive: true, force: true });
    }
  },
);
