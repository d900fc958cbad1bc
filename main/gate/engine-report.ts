/**
 * The trading process's last word: `gate/engine.json`, canonical JSON {at, detail, format: "rearm-engine-1", state, storeId}. A
 * label for the screen; nothing is decided by it.
 */

import { z } from 'zod';
import type { GateContext } from './context.ts';
import { check, fields, isOfContent, line, publishRecord, readRecord } from './records.ts';

export const engineSchema = z.strictObject({
  format: z.literal('rearm-engine-1'),
  storeId: fields.storeId,
  state: z.enum(['waiting', 'trading', 'refused']),
  detail: line(512),
  at: fields.time,
});
export type EngineRecord = z.infer<typeof engineSchema>;
export type EngineState = EngineRecord['state'];

/** null where there is none, or none that makes sense. @throws what the storage throws */
export function readEngine(context: GateContext): EngineRecord | null {
  const { storage, layout, storeId } = context;
  try {
    if (!storage.exists(layout.engine)) return null;
    const record = readRecord(storage, layout.engine, engineSchema, 4096);
    return record.storeId === storeId ? record : null;
  } catch (error) {
    if (isOfContent(error)) return null;
    throw error;
  }
}

/**
 * Durable on return; a change of state also goes into the audit log.
 *
 * @throws RearmError PAYLOAD_INVALID, GATE_BUSY, AUDIT_BROKEN
 */
export function reportEngine(context: GateContext, state: EngineState, detail: string): void {
  const { storage, layout, storeId, audit } = context;
  const at = context.now();
  const record = check(engineSchema, { format: 'rearm-engine-1', storeId, state, detail, at }, 'the report', 'PAYLOAD_INVALID');
  context.locked(() => {
    const before = readEngine(context);
    if (before?.state !== state) audit.append('engine', 'engine.reported', { state, detail });
    publishRecord(storage, layout.engine, engineSchema, record);
  });
}
