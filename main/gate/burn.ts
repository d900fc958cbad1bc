/**
 * Burnt nonces: `gate/burnt/<nonce>`, canonical JSON {at, by, dossierHash, format: "rearm-burnt-1", nonce, purpose}.
 *
 * The file is created exclusively (O_EXCL), not published by rename: a rename replaces, so two burners could both succeed.
 * Its existence is what counts: an empty or damaged one, left by a crash, is burnt all the same. A crash before the directory
 * was synced may lose it; then burn() had not returned and nothing was released.
 */

import { z } from 'zod';
import type { Storage } from '../storage/storage.ts';
import { burntPath, type GateLayout } from './layout.ts';
import { check, fields, isOfContent, publishRecord, readRecord, sealed } from './records.ts';
import { refuseToken, TOKEN_RULES } from './token.ts';

export const burntSchema = z.strictObject({
  format: z.literal('rearm-burnt-1'),
  nonce: fields.nonce,
  dossierHash: fields.hash,
  at: fields.time,
  by: fields.actor,
  /** `release`: the engine used it, and its mode stands. `ended`: it did, and another mode was set since. `withdrawn`: nobody ever will. */
  purpose: z.enum(['release', 'ended', 'withdrawn']),
});
export type BurntRecord = z.infer<typeof burntSchema>;

export const isBurnt = (storage: Storage, layout: GateLayout, nonce: string): boolean => storage.exists(burntPath(layout, nonce));

/** `unreadable` is burnt too. @throws what the storage throws */
export function readBurnt(storage: Storage, layout: GateLayout, nonce: string): BurntRecord | 'unreadable' | null {
  if (!isBurnt(storage, layout, nonce)) return null;
  try {
    const record = readRecord(storage, burntPath(layout, nonce), burntSchema, 4096);
    return record.nonce === nonce ? record : 'unreadable';
  } catch (error) {
    if (isOfContent(error)) return 'unreadable';
    throw error;
  }
}

/**
 * Another mode was set: an older mode record that names this nonce, put back, permits nothing. Durable on return.
 *
 * @throws what the storage throws
 */
export function endRelease(storage: Storage, layout: GateLayout, nonce: string): void {
  const record = readBurnt(storage, layout, nonce);
  if (record === null || record === 'unreadable' || record.purpose !== 'release') return;
  publishRecord(storage, burntPath(layout, nonce), burntSchema, { ...record, purpose: 'ended' });
}

/**
 * Burns a nonce, for good. Durable on return, and exclusive: of all who ever try, one succeeds.
 *
 * @throws RearmError TOKEN_INVALID with reason `used` where it is burnt; what the storage throws: then the nonce may be burnt or not.
 */
export function burn(storage: Storage, layout: GateLayout, record: BurntRecord): void {
  const path = burntPath(layout, record.nonce);
  const bytes = sealed(check(burntSchema, record, path, 'PAYLOAD_INVALID'));
  if (storage.exists(path)) refuseToken(TOKEN_RULES.find((rule) => rule.reason === 'used')!, record.nonce);
  const file = storage.open(path, 'create');
  try {
    file.write(bytes, 0, bytes.length, 0);
    file.sync();
  } finally {
    file.close();
  }
  storage.syncDirectory(layout.burnt);
}
