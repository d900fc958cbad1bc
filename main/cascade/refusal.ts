/** A recovery that nobody may go on from by themselves, as the error that says what to do about it. */

import type { Finding, RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { plural, rowsWords } from './describe.ts';

/** Rows that the error names; the report names all. */
const ROWS_NAMED = 3;

/** NOTHING_LEFT where there is no state at all that a person could accept; else RECOVERY_REFUSED. Names the first rows in doubt. */
export const refusalOf = ({ root, sentence, outcome, lsn, lostAcknowledged, findings }: RecoveryReport): RearmError =>
  new RearmError(root === null ? 'NOTHING_LEFT' : 'RECOVERY_REFUSED', `${sentence}${doubtWords(findings)}`, {
    outcome,
    lsn,
    lostAcknowledged,
  });

function doubtWords(findings: readonly Finding[]): string {
  const doubted = findings.filter(({ severity, rows }) => severity === 'critical' && rows);
  if (doubted.length === 0) return '';
  const more = doubted.length > ROWS_NAMED ? `, and of ${plural(doubted.length - ROWS_NAMED, 'more page')}` : '';
  return ` In doubt: ${doubted.slice(0, ROWS_NAMED).map(rowsWords).join(', ')}${more}.`;
}
