/**
 * A store that is whole, on a disk or in a process that does not let it be read: every call of a verification fails, and so does every
 * reading of each of its files. What was not read is told as that, and nothing is called whole, damaged or not there for it.
 */

import { describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { FUZZ_SEED } from '../../simulation/fuzz.ts';
import { type Call, type Fault, SimulatedStorage } from '../../simulation/storage.ts';
import { type DamageSubject, subjectOf } from '../../simulation/subject.ts';
import { ROOT } from '../../simulation/workload.ts';
import { LONG } from '../../tests/support/profile.ts';
import { errorsAt } from '../gate/simulated.test-support.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { type VerifyReport, verify } from './verify.ts';

const STICKY: readonly Fault['sticky'][] = LONG ? [false, 'kind', 'all'] : [false];

interface Faults {
  readonly fault?: Fault;
  readonly called?: (call: Call) => void;
}

function look({ tree, expected: { clock, bootId } }: DamageSubject, faults: Faults = {}) {
  const storage = new SimulatedStorage({ tree, ...faults });
  const before = tree.fingerprint();
  try {
    return { storage, report: verify({ storage, clock, root: ROOT, bootId }) };
  } finally {
    expect([...storage.opened.values()], JSON.stringify(faults)).toEqual([]);
    expect(tree.fingerprint()).toBe(before);
  }
}

const told = ({ files }: VerifyReport): string[] =>
  files.flatMap(({ path, findings }) =>
    findings.flatMap(({ severity, code, message }) => (severity === 'unread' ? [] : `${severity}: ${path}: ${code}: ${message}`)),
  );

/** What is wrong with a report under a fault, beside the same store's without one. */
function wrongWith(report: VerifyReport, whole: VerifyReport): string | null {
  const said = told(whole);
  const more = told(report).filter((words) => !said.includes(words));
  if (more.length > 0) return more.join('; ');
  const unread = report.files.filter(({ status }) => status === 'unread').map(({ path }) => path);
  // Nothing needed that call: a second look found what it was to tell.
  if (unread.length === 0) return JSON.stringify(report) === JSON.stringify(whole) ? null : `${report.status}, and nothing is unread`;
  if (report.status !== 'unread') return `${report.status}, with ${unread.join(' ')} unread`;
  const missing = whole.files.filter(
    ({ path }) => !report.files.some((file) => file.path === path) && !unread.some((folder) => path.startsWith(folder.split('/')[0]!)),
  );
  return missing.length > 0 ? `says nothing of ${missing.map(({ path }) => path).join(' ')}` : null;
}

describe.each(['tiny', 'released'] as const)('the %s store', { timeout: 1_200_000 }, (name) => {
  it('is unread where a call fails once, or the error is told', async () => {
    const subject = await subjectOf(name, FUZZ_SEED);
    const { storage, report: whole } = look(subject);
    expect(['whole', 'torn']).toContain(whole.status);
    const wrong: string[] = [];
    let reports = 0;
    for (let at = 1; at <= storage.calls; at += 1)
      for (const [error, sticky] of errorsAt(at).flatMap((error) => STICKY.map((sticky) => [error, sticky] as const))) {
        let words: string | null;
        try {
          words = wrongWith(look(subject, { fault: { at, error, sticky } }).report, whole);
          reports += 1;
        } catch (thrown) {
          if (!(thrown instanceof RearmError)) throw thrown;
          const own = [systemFailure(error, '', '').code, 'IO_FAILED'].includes(thrown.code);
          words = own ? null : `threw ${thrown.code}: ${thrown.message}`;
        }
        if (words !== null) wrong.push(`call ${at}, ${error}, ${sticky || 'once'}: ${words.slice(0, 240)}`);
      }
    expect(wrong).toEqual([]);
    expect(reports).toBeGreaterThan(0);
  });

  it('is verified to its last file where the disk does not give one of them', async () => {
    const subject = await subjectOf(name, FUZZ_SEED);
    const { report: whole } = look(subject);
    const wrong: string[] = [];
    for (const { path } of whole.files) {
      const called = (call: Call): void => {
        if (call.kind === 'read' && call.path === `${ROOT}/${path}`) throw systemFailure('EIO', 'read', call.path);
      };
      let words: string | null;
      try {
        const { report } = look(subject, { called });
        const status = report.files.find((file) => file.path === path)?.status;
        words = wrongWith(report, whole) ?? (status === 'unread' ? null : `it is ${status}`);
      } catch (thrown) {
        // What all others are judged by.
        words = /^(store\.json$|lineage\/)/.test(path) ? null : (thrown as Error).message;
      }
      if (words !== null) wrong.push(`${path}: ${words.slice(0, 240)}`);
    }
    expect(wrong).toEqual([]);
  });
});
