/** What the writer of the log owes where the power goes, and after the disk or the lock has failed it. */

import { expect, test } from 'vitest';
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

const layout = storeLayout('/store');
const OURS: HeldLock = { holds: () => true, release: () => {} };
const RECORD_BYTES = 1024;

class Machine {
  readonly disk = new Disk(new FileTree(['/', layout.root, layout.wal]));
  readonly writer: LogWriter;
  syncsFail = false;
  syncsFailOnce = false;
  /** What a process leaves that dies after each change. */
  readonly deaths: Disk[] = [];

  constructor(lock = OURS) {
    this.writer = newLog({
      storage: new SimulatedStorage({
        tree: this.disk.tree,
        effect: (effect) => {
          this.disk.note(effect);
          this.deaths.push(this.disk.afterDeath());
        },
        called: ({ kind, path }) => {
          if (kind !== 'sync' || !(this.syncsFail || this.syncsFailOnce)) return;
          this.syncsFailOnce = false;
          throw systemFailure('EIO', kind, path);
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
  machine.writer.sync();
  expect(machine.writer.position.segment).toBe(2);
  expect(machine.deaths.length).toBeGreaterThan(4);
  for (const disk of machine.deaths) expect(logOn(disk)).toMatchObject({ kind: 'end', lastLsn: 3 });
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
