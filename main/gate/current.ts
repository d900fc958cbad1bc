/**
 * `gate/current.json`: canonical JSON {dossierHash, format: "rearm-current-1", nonce, storeId}: the one dossier that can be signed, and
 * the nonce of the one token that can be used for it, null before its release and after its withdrawal. What it does not name is
 * worth nothing, so replacing it withdraws everything before it in one step. Absent or unreadable: nothing is in force.
 */

import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { GateLayout } from './layout.ts';
import { fields, isOfContent, publishRecord, readRecord } from './records.ts';

export const currentSchema = z.strictObject({
  format: z.literal('rearm-current-1'),
  storeId: fields.storeId,
  dossierHash: fields.hash,
  nonce: fields.nonce.nullable(),
});
export type Current = z.infer<typeof currentSchema>;

/** Durable on return. */
export function publishCurrent(storage: Storage, layout: GateLayout, storeId: string, dossierHash: string, nonce: string | null): void {
  const record: Current = { format: 'rearm-current-1', storeId, dossierHash, nonce };
  publishRecord(storage, layout.current, currentSchema, record);
}

/** null where nothing is in force. @throws RearmError IO_FAILED, PERMISSION_DENIED ...: then it is not known what is. */
export function readCurrent(storage: Storage, layout: GateLayout, storeId: string): Current | null {
  if (!storage.exists(layout.current)) return null;
  try {
    const record = readRecord(storage, layout.current, currentSchema, 4096);
    return record.storeId === storeId ? record : null;
  } catch (error) {
    // It is replaced, and never taken away: a disk that does not find it now has not answered. Whoever withdraws must not take that for done.
    if (error instanceof RearmError && error.code === 'NOT_FOUND') throw new RearmError('IO_FAILED', error.message, error.context, error);
    if (isOfContent(error)) return null;
    throw error;
  }
}
