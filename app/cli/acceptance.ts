/** Accepting a recovery from the terminal, on the record of the audit log as the console does it. */

import { randomBytes } from 'node:crypto';
import { type Accepted, acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { Gate } from '../../main/gate/gate.ts';
import { readIdentity } from '../../main/store/identity.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { atTerminal } from './user.ts';

export interface AcceptanceOptions {
  readonly by: string;
  readonly override?: { readonly what: 'damage' | 'reconstruction'; readonly reason: string } | undefined;
  readonly resolutions?: readonly Intent[];
  /** Breaks that the resolutions decide. */
  readonly decisions?: number;
}

/** @throws RearmError AUDIT_BROKEN where nothing can be put on the record: nothing was accepted then; else as {@link acceptRecovery} */
export async function acceptOnRecord(root: string, options: AcceptanceOptions): Promise<Accepted> {
  const { by, override, resolutions = [], decisions = 0 } = options;
  const { storage, clock } = nativePlatform;
  const { storeId } = readIdentity(storage, root);
  const gate = Gate.open(root, { storage, clock, storeId, random: (bytes) => randomBytes(bytes) }).from(atTerminal());
  gate.record(by, 'terminal.accept', { override: override ?? null, decisions });
  const accepted = await acceptRecovery({
    platform: nativePlatform,
    root,
    by,
    resolutions,
    override,
    reconstruct: override?.what === 'reconstruction',
  });
  const { epoch, lsn, headHash, quarantined } = accepted;
  gate.record(by, 'terminal.accepted', { epoch, lsn, headHash, quarantined: quarantined.length });
  return accepted;
}
