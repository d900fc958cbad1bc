/** A store whose process died with a log of many small frames, and the loss of a page in every copy of it. */

import fs from 'node:fs';
import { join } from 'node:path';
import { NativeStorage } from '../../main/storage/native.ts';
import { readIdentity, storeIdBytes } from '../../main/store/identity.ts';
import { storeLayout } from '../../main/store/layout.ts';
import { readSlots } from '../../main/tiers/slot-reader.ts';
import { rowsIn, type TierHead } from '../../main/tiers/tier-copy.ts';
import type { TABLES } from '../../shared/model/tables.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { Desk } from './desk.ts';
import { filesIn, flipBit, framesOf, removeFiles } from './store-files.ts';

/** Each operation is acknowledged; tiers are taken when told. */
export async function crashedDesk(steps: number, checkpoints: readonly number[] = [], l1Ms = 86_400_000): Promise<Desk> {
  const desk = await Desk.create({
    config: { l1Ms, l2Ms: 86_400_000, l3Ms: 86_400_000, l4Ms: 86_400_000, archive: false, windowMs: 86_400_000 },
  });
  const generator = new Generator(5, { invalid: 0, prunes: false, halts: false, blobBytes: 2_000 });
  for (let step = 0; step < steps; step += 1) {
    const how = randomOf(5, step).chance(0.5) ? 'commit' : 'post';
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), how);
    desk.pass(0.5);
    if (checkpoints.includes(step)) {
      await desk.engine.checkpoint();
      desk.follow();
    }
  }
  await desk.engine.flush();
  return desk;
}

/** Both slots of L2, the older one first. */
export function slotsOf(root: string): TierHead[] {
  const storage = new NativeStorage();
  return readSlots(storage, storeLayout(root), storeIdBytes(readIdentity(storage, root)))
    .filter(({ mark }) => mark !== null)
    .sort((a, b) => a.mark!.lsn - b.mark!.lsn);
}

/** Leaves L2 alone, with the first page of a table bad in both slots, and a log that does not reach back to its beginning. @returns the page */
export function losePage(root: string, table: keyof typeof TABLES): number {
  removeFiles(root, 'l1', 'l3');
  const slots = slotsOf(root);
  const copy = slots[0]!.load();
  const page = Array.from({ length: copy.mark.pageCount }, (_, number) => number).find((number) => {
    const held = rowsIn([copy], number);
    return held?.table === table && held.rows[0] === 0;
  })!;
  for (const { name, pageAt } of slots) flipBit(join(root, name), (pageAt!(page) + 100) * 8);
  const oldest = slots[0]!.mark!.lsn;
  const segments = filesIn(root, 'wal');
  const first = segments.findLastIndex((path) => framesOf(root).some((frame) => frame.path === path && frame.firstLsn <= oldest));
  if (slots.length !== 2 || first < 1) throw new Error('the store has no two slots, or no segment before them');
  for (const path of segments.slice(0, first)) fs.rmSync(path);
  return page;
}
