/** A segment of the log that the disk does not give: nothing is called recovered, nor accepted, without what it may hold. */

import { describe, expect, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import type { FileTree } from '../../simulation/file-tree.ts';
import { FUZZ_SEED } from '../../simulation/fuzz.ts';
import { type SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { type DamageSubject, subjectOf } from '../../simulation/subject.ts';
import { LATER_BOOT, ROOT } from '../../simulation/workload.ts';
import { acceptRecovery } from '../engine/accept.ts';
import type { Storage } from '../storage/storage.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { recover } from './recover.ts';

/** @param without the file that cannot be opened */
function storageOf(tree: FileTree, without?: string): Storage {
  return new Proxy<Storage>(new SimulatedStorage({ tree }), {
    get(target, call: keyof Storage) {
      const value = target[call];
      if (call !== 'open') return typeof value === 'function' ? value.bind(target) : value;
      return (path: string, ...rest: readonly unknown[]) => {
        if (path === without) throw systemFailure('EIO', 'open', path);
        return Reflect.apply(value, target, [path, ...rest]);
      };
    },
  });
}

const look = ({ expected: { clock } }: DamageSubject, storage: Storage, bootId: string) =>
  recover({ storage, clock, root: ROOT, bootId }).report;

describe.each(['same', 'later'] as const)('in the %s boot of the machine', (boot) => {
  test.each(['young', 'accepted', 'freed', 'cut'] as const)('%s: whichever it is, the whole state or the error', async (name) => {
    const subject = await subjectOf(name, FUZZ_SEED);
    const bootId = boot === 'same' ? subject.expected.bootId : LATER_BOOT;
    for (const l1 of [true, false]) {
      const tree = subject.tree.copy();
      if (!l1) for (const path of tree.files()) if (path.startsWith(`${ROOT}/l1/`)) tree.delete(path);
      const { lsn } = look(subject, storageOf(tree), bootId);
      const segments = tree.files().filter((path) => path.startsWith(`${ROOT}/wal/`));
      const told = segments.flatMap((path) => {
        try {
          const report = look(subject, storageOf(tree, path), bootId);
          const isWhole = report.outcome === 'recovered' && report.lsn === lsn;
          return isWhole ? [] : [`${path}: ${report.sentence}`];
        } catch (error) {
          return error instanceof RearmError && error.code === 'IO_FAILED' ? [] : [`${path}: ${(error as Error).stack}`];
        }
      });
      expect({ l1, told }).toEqual({ l1, told: [] });
    }
  });
});

test('after a power cut, the last one: it is not accepted without it, and whole once the disk gives it', async () => {
  const subject = await subjectOf('freed', FUZZ_SEED);
  const { clock, acknowledged } = subject.expected;
  const tree = subject.tree.copy();
  // All of L1 that was ever synced is its head.
  for (const path of tree.files()) if (path.startsWith(`${ROOT}/l1/`)) tree.put(path, subject.earlier.get(path)![0]!);
  expect(look(subject, storageOf(tree), LATER_BOOT).lsn).toBe(acknowledged);
  const segments = tree.files().filter((path) => path.startsWith(`${ROOT}/wal/`));
  const last = segments.findLast((path) => tree.bytes(path).some((byte) => byte !== 0))!;
  const storage = storageOf(tree, last);
  const unread = expect.objectContaining({ code: 'IO_FAILED', message: expect.stringContaining(last) });
  expect(() => look(subject, storage, LATER_BOOT)).toThrow(unread);
  const platform = { storage, clock, scheduler: new SteppedScheduler(clock as SteppedClock), bootId: LATER_BOOT };
  await expect(acceptRecovery({ platform, root: ROOT, by: 'ada', segmentBytes: 65_536 })).rejects.toEqual(unread);
  expect(look(subject, storageOf(tree), LATER_BOOT)).toMatchObject({ outcome: 'recovered', lsn: acknowledged });
});
