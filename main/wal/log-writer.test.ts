/** What the writer of the log owes where the power goes, and after the disk or the lock has failed it. */

import { expect, test } from 'vitest';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Disk } from '../gate/simulated.test-support.ts';
import type { HeldLock } from '../storage/storage.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { storeLayout } from '../store/layout.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { newLog, STORE_ID, segmentsOf } from './log.test-support.ts';
import { readLog } from './log-reader.ts';
import type { LogWriter } from './log-writer.ts';
import { segmentName } from './segment.ts';

const layout = storeLayout('/store');
const OURS: HeldLock = { holds: () => true, release: () => {} };
const RECORD_BYTES = 1024;

/** The disks on which of all that was pending one change survived, and those on which one did not. */
function* onePending(durability: Durability): Generator<Disk> {
  const pending = durability.pending();
  const newest = Durability.choicesOf(pending).map((choices) => choices - 1);
  for (const one of pending.keys())
    for (const survives of [true, false])
      yield new Disk(
        durability.after(
          pending,
          newest.map((choice, i) => ((i === one) === survives ? choice : 0)),
        ),
      );
}

class Machine {
  readonly #tree = new FileTree(['/', layout.root, layout.wal]);
  readonly #durability = new Durability(this.#tree);
  readonly disk = new Disk(this.#tree, this.#durability);
  readonly writer: LogWriter;
  syncsFail = false;
  syncsFailOnce = false;
  /** What a sync throws that fails. */
  failure: (path: string) => Error = (path) => systemFailure('EIO', 'sync', path);
  /** What a process leaves that dies after each change. */
  readonly deaths: Disk[] = [];
  /** What power cuts leave after each change. */
  readonly cuts: Disk[] = [];

  constructor(lock = OURS) {
    this.writer = newLog({
      storage: new SimulatedStorage({
        tree: this.disk.tree,
        effect: (effect) => {
          this.disk.note(effect);
          this.deaths.push(this.disk.afterDeath());
          this.cuts.push(...onePending(this.#durability));
        },
        called: ({ kind, path }) => {
          if (kind !== 'sync' || !(this.syncsFail || this.syncsFailOnce)) return;
          this.syncsFailOnce = false;
          throw this.failure(path);
        },
      }),
      layout,
      lock,
      tell: () => {},
    });
  }

  /** Writes a frame of one record. */
  write(): void {
    const frame = new FrameBuffer();
    frame.quads[frame.end >> 2] = RECORD_BYTES;
    frame.added(frame.end + RECORD_BYTES, this.writer.writtenLsn + 1, false);
    this.writer.write(frame);
  }
}

function logOn({ tree }: Disk) {
  const storage = new SimulatedStorage({ tree });
  return readLog({ storage, storeId: STORE_ID, segments: segmentsOf(storage, layout), fromLsn: 1, visit: () => undefined });
}

const hasBegun = ({ tree }: Disk, segment: number): boolean =>
  segmentsOf(new SimulatedStorage({ tree }), layout).some((one) => one.segment === segment);

test('what was acknowledged survives a power cut, also what only an earlier segment holds', () => {
  const machine = new Machine();
  const { disk, writer } = machine;
  while (writer.position.segment < 3) machine.write();
  writer.sync();
  machine.write();
  expect(logOn(disk.afterCut())).toMatchObject({ kind: 'end', lastLsn: writer.durableLsn });
  expect(writer.durableLsn).toBe(writer.writtenLsn - 1);
});

test('while a segment is written anew, its frames are in the log at every moment', () => {
  const machine = new Machine();
  machine.write();
  machine.writer.sync();
  machine.write();
  machine.write();
  machine.syncsFailOnce = true;
  machine.deaths.length = 0;
  machine.cuts.length = 0;
  machine.writer.sync();
  expect(machine.writer.position.segment).toBe(2);
  expect(machine.deaths.length).toBeGreaterThan(4);
  for (const disk of machine.deaths) expect(logOn(disk)).toMatchObject({ kind: 'end', lastLsn: 3 });
  // On a disk that lost power it has a header only where it has the frames.
  const begun = machine.cuts.filter((disk) => hasBegun(disk, 2));
  expect(begun.length).toBeGreaterThan(0);
  for (const disk of begun) expect(logOn(disk)).toMatchObject({ kind: 'end', lastLsn: 3 });
});

test('a segment that is prepared is on the disk whole, with its name, before anything is written into it', () => {
  const { disk, writer } = new Machine();
  writer.prepareNext();
  const { tree } = disk.afterCut();
  for (const segment of [1, 2]) expect(tree.bytes(`${layout.wal}/${segmentName(1, segment)}`)).toEqual(new Uint8Array(8192));
});

test('a log that failed stays closed, though the disk would take it again: what lies there is of no known state', () => {
  const machine = new Machine();
  machine.write();
  machine.writer.sync();
  machine.write();
  machine.syncsFail = true;
  expect(() => machine.writer.sync()).toThrow(expect.objectContaining({ code: 'WRITER_POISONED' }));
  machine.syncsFail = false;
  const before = machine.disk.fingerprint();
  const refused = expect.objectContaining({ code: 'WRITER_POISONED', message: expect.stringContaining('EIO') });
  expect(() => machine.write()).toThrow(refused);
  expect(() => machine.writer.sync()).toThrow(refused);
  expect(machine.disk.fingerprint()).toBe(before);
  expect(machine.writer.durableLsn).toBe(1);
});

test('a log in which something fails that is no failure of the disk is not written anew: it stays closed', () => {
  const machine = new Machine();
  machine.write();
  machine.failure = () => new TypeError('it is not a function');
  machine.syncsFailOnce = true;
  const before = machine.disk.fingerprint();
  const refused = expect.objectContaining({ code: 'WRITER_POISONED', message: expect.stringContaining('it is not a function') });
  expect(() => machine.writer.sync()).toThrow(refused);
  expect(() => machine.write()).toThrow(refused);
  expect([machine.writer.position.segment, machine.writer.durableLsn]).toEqual([1, 0]);
  expect(machine.disk.fingerprint()).toBe(before);
});

test('a log whose lock was another’s stays closed, though the lock is ours again: the other one may have written', () => {
  let ours = true;
  const machine = new Machine({ ...OURS, holds: () => ours });
  machine.write();
  ours = false;
  expect(() => machine.write()).toThrow(expect.objectContaining({ code: 'WRITER_FENCED' }));
  ours = true;
  const before = machine.disk.fingerprint();
  expect(() => machine.write()).toThrow(expect.objectContaining({ code: 'WRITER_POISONED' }));
  expect(machine.disk.fingerprint()).toBe(before);
});

test('a log whose lock cannot be looked at stays closed, and says why: it is not said to be another’s', () => {
  let isGone = false;
  const machine = new Machine({
    ...OURS,
    holds: () => {
      if (isGone) throw systemFailure('EIO', 'look at', layout.lock);
      return true;
    },
  });
  machine.write();
  isGone = true;
  const refused = expect.objectContaining({ code: 'WRITER_POISONED', message: expect.stringContaining('EIO') });
  expect(() => machine.write()).toThrow(refused);
  isGone = false;
  expect(() => machine.writer.sync()).toThrow(refused);
});
