/**
 * Accepting on the audit log's record. What was recovered, over what, stands there before the new epoch does: after an acceptance the
 * store recovers whole, and only the record tells what was lost when the engine died.
 */

import { type Dossier, LOST_PAGES_MAX, type LostPage } from '../../shared/contract/gate.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Gate } from '../gate/gate.ts';
import { type Accepted, type AcceptOptions, acceptRecovery } from './accept.ts';

/** The end of the state as a person saw it before they accepted it. */
export type SeenRecovery = Pick<RecoveryReport, 'lsn' | 'headHash'>;

export interface OnRecordOptions extends Omit<AcceptOptions, 'override' | 'reconstruct' | 'recovered'> {
  readonly gate: Pick<Gate, 'record' | 'requireRecord' | 'view'>;
  readonly host: 'console' | 'terminal';
  readonly override?: { readonly what: string; readonly reason: string } | undefined;
  readonly reconstruct: boolean;
  readonly seen?: SeenRecovery | undefined;
  /** Breaks that the resolutions decide. */
  readonly decisions: number;
}

type RecordedRecovery = Dossier['recovery'];

/**
 * @throws RearmError RECOVERY_CHANGED where it is not what was seen; AUDIT_BROKEN where the record does not verify, or nothing can be put
 *   on it: nothing was accepted then; else as {@link acceptRecovery}
 */
export async function acceptOnRecord({ gate, host, override, decisions, seen, ...options }: OnRecordOptions): Promise<Accepted> {
  const { by } = options;
  gate.requireRecord();
  const accepted = await acceptRecovery({
    ...options,
    override,
    recovered: (report) => {
      if (seen && (seen.lsn !== report.lsn || seen.headHash !== report.headHash))
        throw new RearmError(
          'RECOVERY_CHANGED',
          `nothing was accepted: the state ends at LSN ${report.lsn}, and LSN ${seen.lsn} was looked at`,
          {
            seen: seen.lsn,
            lsn: report.lsn,
          },
        );
      const { people } = gate.view();
      gate.record(by, `${host}.accept`, {
        recovery: recoveryOf(report),
        override: override ? { what: override.what, reason: override.reason } : null,
        decisions,
        // Whoever sits at a terminal may give any name: the record says whether somebody of that name can answer for it.
        enrolled: people.length === 0 ? null : people.some(({ id }) => id === by),
      });
    },
  });
  const { epoch, lsn, headHash, quarantined } = accepted;
  gate.record(by, `${host}.accepted`, { epoch, lsn, headHash, quarantined: quarantined.length });
  return accepted;
}

function recoveryOf({ outcome, base, lostAcknowledged, replayed, tornBytes, sentence, findings }: RecoveryReport): RecordedRecovery {
  const lostPages = findings
    .flatMap(({ code, page, table = null, rows = null }): LostPage[] =>
      code === 'PAGE_LOST' && page !== undefined ? [{ page, table, rows }] : [],
    )
    .slice(0, LOST_PAGES_MAX);
  return { outcome, base, lostAcknowledged, replayed, tornBytes, sentence, ...(lostPages.length > 0 && { lostPages }) };
}

export interface RecordedAcceptance {
  /** Of the crash: the first recovery that was accepted since trading was last released. */
  readonly recovery: RecordedRecovery;
  /** Of the recovery's refusal, and of the rule that nobody is enrolled while halted. */
  readonly overrides: Dossier['overrides'];
}

type Override = Dossier['overrides'][number];

const ACCEPTS: ReadonlySet<string> = new Set(['console.accept', 'terminal.accept']);

/** What was accepted since a token was last used; null where the record does not say, or does not verify. */
export function acceptedOnRecord(gate: Pick<Gate, 'auditView'>): RecordedAcceptance | null {
  const { entries, verified } = gate.auditView(Number.MAX_SAFE_INTEGER);
  if (!verified) return null;
  const released = entries.findLastIndex(({ action }) => action === 'token.burnt');
  const since = entries.slice(released + 1);
  const accepts = since.filter(({ action }) => ACCEPTS.has(action));
  const recovery = accepts[0]?.details.recovery as RecordedRecovery | undefined;
  if (!recovery) return null;
  return {
    recovery,
    overrides: since.flatMap(({ action, actor, details }): Override[] => {
      if (action === 'person.enrolled' && details.whileHalted === true) {
        const { id, name, role } = details.record as { id: string; name: string; role: string };
        return [{ what: `${id} enrolled while halted`, reason: `${name}, ${role}: nobody could sign before`, by: actor }];
      }
      const override = ACCEPTS.has(action) ? (details.override as { what: string; reason: string } | null) : null;
      const by = details.enrolled === false ? `${actor}, not enrolled` : actor;
      return override ? [{ what: override.what, reason: override.reason, by }] : [];
    }),
  };
}
