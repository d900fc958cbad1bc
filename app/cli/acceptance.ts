/** Accepting a recovery from the terminal, on the record of the audit log as the console does it. */

import { randomBytes } from 'node:crypto';
import type { Accepted } from '../../main/engine/accept.ts';
import { acceptOnRecord } from '../../main/engine/accept-on-record.ts';
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

/** As {@link acceptOnRecord}, by whoever sits here. */
export async function acceptAtTerminal(root: string, options: AcceptanceOptions): Promise<Accepted> {
  const { by, override, resolutions = [], decisions = 0 } = options;
  const { storage, clock } = nativePlatform;
  const { storeId } = readIdentity(storage, root);
  const gate = Gate.open(root, { storage, clock, storeId, random: (bytes) => randomBytes(bytes) }).from(atTerminal());
  const reconstruct = override?.what === 'reconstruction';
  return acceptOnRecord({ gate, host: 'terminal', platform: nativePlatform, root, by, resolutions, override, reconstruct, decisions });
}
