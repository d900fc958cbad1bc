/** A recovery that nobody may go on from by themselves, as the error that says what to do about it. */

import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';

/** NOTHING_LEFT where there is no state at all that a person could accept; else RECOVERY_REFUSED. */
export const refusalOf = ({ root, sentence, outcome, lsn, lostAcknowledged }: RecoveryReport): RearmError =>
  new RearmError(root === null ? 'NOTHING_LEFT' : 'RECOVERY_REFUSED', sentence, { outcome, lsn, lostAcknowledged });
