/** Cadences, sizes and policies of an engine. All of it is configuration; the defaults are those of docs/ARCHITECTURE.md. */

import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';

/** Timers of Node hold 31 bits: a longer one would fire at once, again and again. */
const timerMs = (value: number) => z.number().positive().max(2_147_483_647).default(value);
const ms = (value: number) => z.number().positive().max(86_400_000_000).default(value);

export const engineConfig = z
  .object({
    /** `inline`: the caller's thread writes and syncs. `threaded`: a writer thread does, fed through a ring. */
    commit: z.enum(['inline', 'threaded']).default('inline'),
    /** `thread`: L2, L3, L4 in a thread of their own. `inline`: in the writer's thread (simulation, tools). `off`: log and L1 only. */
    tiers: z.enum(['thread', 'inline', 'off']).default('thread'),
    segmentBytes: z
      .number()
      .int()
      .min(65_536)
      .max(1 << 30)
      .multipleOf(4096)
      .default(16 << 20),
    /**
     * 4096: each frame takes whole blocks, none of which is written again: for a disk without powersafe overwrite, which may destroy
     * the block that it is writing when the power fails. 8: it begins where the one before it ended.
     */
    frameAlignmentBytes: z.literal([8, 4096]).default(8),
    ringBytes: z
      .number()
      .int()
      .min(65_536)
      .max(1 << 30)
      .multipleOf(4096)
      .default(8 << 20),
    /** A posted operation is handed to the system within this. */
    flushMs: timerMs(1),
    /** A posted operation is durable within this. */
    syncMs: ms(20),
    l1: z.boolean().default(true),
    l1Ms: ms(100),
    l1Msync: z.boolean().default(false),
    l2Ms: ms(1_000),
    l3Ms: ms(300_000),
    l3Keep: z.number().int().min(2).max(1_000).default(3),
    l4Ms: ms(3_600_000),
    l4Keep: z.number().int().min(1).max(1_000).default(2),
    archive: z.boolean().default(true),
    archiveFailure: z.enum(['keepLog', 'freeLog']).default('keepLog'),
    /** The image root is logged this often, so that a replay can be compared. */
    markMs: timerMs(1_000),
    /** Point-in-time window: any LSN younger than this can be recovered to. */
    windowMs: ms(3_600_000),
    /** Fills and closed orders older than this are pruned from the live state. */
    retentionMs: ms(3_600_000),
    marketRetentionMs: ms(300_000),
    pruneMs: timerMs(10_000),
    /** An alert is raised when a table is this full. */
    boundAlertFraction: z.number().min(0.1).max(1).default(0.75),
  })
  .strict();

export type EngineConfig = z.infer<typeof engineConfig>;

/** @throws RearmError CONFIGURATION_INVALID */
export function parseEngineConfig(input: z.input<typeof engineConfig> = {}): EngineConfig {
  const parsed = engineConfig.safeParse(input);
  if (!parsed.success) throw new RearmError('CONFIGURATION_INVALID', `engine configuration: ${z.prettifyError(parsed.error)}`, {});
  return parsed.data;
}
