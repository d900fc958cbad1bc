/**
 * A store that is whole, on a disk or in a process that does not let it be read: every call of a recovery and of an acceptance fails, once,
 * from there on for its kind, and from there on altogether. What was not read is never called damaged, lost or not there.
 */

import { describe, expect, it } from 'vitest';
import type { FileTree } from '../../simulation/file-tree.ts';
import { FUZZ_SEED } from '../../simulation/fuzz.ts';
import { SteppedScheduler } from '../../simulation/stepped.ts';
import { type Fault, SimulatedStorage } from '../../simulation/storage.ts';
import { type DamageSubject, subjectOf } from '../../simulation/subject.ts';
import { ROOT } from '../../simulation/workload.ts';
import { LONG } from '../../tests/support/profile.ts';
import { acceptRecovery } from '../engine/accept.ts';
import { ERRORS } from '../gate/simulated.test-support.ts';
import { stateDigest } from '../image/canonical.ts';
import { recover } from './recover.ts';

const STICKY: readonly Fault['sticky'][] = [false, 'kind', 'all'];
const WAYS = ERRORS.flatMap((error) => STICKY.map((sticky) => ({ error, sticky })));
/** What an error of the system may be called. */
const NAMED = ['IO_FAILED', 'PERMISSION_DENIED', 'DISK_FULL', 'NOT_FOUND'];

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

/** The same work with every call failing, in every way or in one that turns from call to call; how many faults there were. */
async function underEveryFault(calls: number, every: boolean, work: (fault: Fault) => Promise<string | null>): Promise<number> {
  const wrong: string[] = [];
  let tried = 0;
  for (let at = 1; at <= calls; at += 1)
    for (const { error, sticky } of every ? WAYS : [WAYS[at % WAYS.length]!]) {
      tried += 1;
      const words = await work({ at, error, sticky });
      if (words !== null) wrong.push(`call ${at}, ${error}, ${sticky || 'once'}: ${words}`);
    }
  expect(wrong).toEqual([]);
  return tried;
}

const look = ({ expected: { clock, bootId } }: DamageSubject, tree: FileTree, fault?: Fault) => {
  const storage = new SimulatedStorage({ tree, fault });
  try {
    return { storage, ...recover({ storage, clock, root: ROOT, bootId }) };
  } finally {
    expect([...storage.opened.values()], JSON.stringify(fault)).toEqual([]);
  }
};

describe.each(['tiny', 'accepted'] as const)('the %s store, whole', (name) => {
  it('is recovered as it is from what can be read, or the error is told', { timeout: 600_000 }, async () => {
    const subject = await subjectOf(name, FUZZ_SEED);
    const whole = look(subject, subject.tree);
    let told = 0;
    const tried = await underEveryFault(whole.storage.calls, true, async (fault) => {
      try {
        const { report, image } = look(subject, subject.tree, fault);
        if (report.outcome !== 'recovered') return `${report.outcome}: ${report.sentence}`;
        if (stateDigest(image!) !== whole.report.stateDigest) return 'another state';
        const damage = report.findings.find(({ severity, file }) => severity === 'damage' && /^(l[1234]|lineage|wal)\//.test(file ?? ''));
        return damage ? `${damage.code}: ${damage.message}` : null;
      } catch (error) {
        told += 1;
        return NAMED.includes(codeOf(error)) ? null : `${codeOf(error)}: ${(error as Error).stack}`;
      }
    });
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(tried);
  });

  // Calls by the thousand: the other store in the long profile.
  if (!LONG && name !== 'tiny') return;
  it('is accepted, or not, and nothing of it is put into quarantine', { timeout: 600_000 }, async () => {
    const subject = await subjectOf(name, FUZZ_SEED);
    const accept = (tree: FileTree, fault?: Fault) => {
      const { clock, bootId } = subject.expected;
      const storage = new SimulatedStorage({ tree, fault });
      const platform = { storage, clock, scheduler: new SteppedScheduler(clock), bootId };
      return { storage, accepting: acceptRecovery({ platform, root: ROOT, by: 'the test', segmentBytes: 65_536 }) };
    };
    const free = accept(subject.tree.copy());
    await free.accepting;
    const before = look(subject, subject.tree).report.lsn;
    await underEveryFault(free.storage.calls, LONG, async (fault) => {
      const tree = subject.tree.copy();
      let failed: string | null = null;
      const { storage, accepting } = accept(tree, fault);
      try {
        await accepting;
      } catch (error) {
        failed = codeOf(error);
        if (![...NAMED, 'WRITER_POISONED'].includes(failed)) return `${failed}: ${(error as Error).stack}`;
      }
      if (storage.opened.size > 0) return `${failed ?? 'accepted'}, and left open: ${[...storage.opened.values()].join(' ')}`;
      const moved = [...tree.files()].filter((path) => path.startsWith(`${ROOT}/quarantine/`));
      if (moved.length > 0) return `${failed ?? 'accepted'}, and ${moved.join(' ')}`;
      const { report } = look(subject, tree);
      return report.outcome === 'recovered' && report.lsn >= before ? null : `afterwards ${report.outcome}: ${report.sentence}`;
    });
  });
});
