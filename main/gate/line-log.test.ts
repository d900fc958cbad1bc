/** Lines that are appended, and lines that were refused: what a power loss may leave of them. */

import { expect, it } from 'vitest';
import { powerCuts } from '../../simulation/crashes.ts';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { type Fault, SimulatedStorage } from '../../simulation/storage.ts';
import { appendLine, LINE_BYTES_MAX, readLastLine } from './line-log.ts';

const FOLDER = '/store/audit';
const PATH = `${FOLDER}/audit.log`;
const QUARANTINE = '/store/quarantine';
const bytesOf = (text: string) => new TextEncoder().encode(text);

function withOneLine(): FileTree {
  const tree = new FileTree();
  const storage = new SimulatedStorage({ tree });
  storage.makeDirectory(FOLDER);
  storage.makeDirectory(QUARANTINE);
  appendLine(storage, PATH, bytesOf('the first line'), QUARANTINE);
  return tree;
}

const lastOf = (tree: FileTree): string => new TextDecoder().decode(readLastLine(new SimulatedStorage({ tree }), PATH).line!);

/** Every disk that a power loss may leave behind an attempt to append, and whether the attempt said that it is done. */
function* ends(fault?: Fault): Generator<{ readonly appended: boolean; readonly calls: number; readonly last: string }> {
  const tree = withOneLine();
  const disk = new Durability(tree);
  const storage = new SimulatedStorage({ tree, fault, effect: (effect) => disk.apply(effect) });
  let appended = true;
  try {
    appendLine(storage, PATH, bytesOf('the second, longer line'), QUARANTINE);
  } catch {
    appended = false;
  }
  const pending = disk.pending();
  for (const choices of powerCuts(pending, { exhaustive: 4_096, samples: 100 }, randomOf(1))) {
    yield { appended, calls: storage.calls, last: lastOf(disk.after(pending, choices)) };
  }
}

it('a line that was appended is there after a power loss', () => {
  for (const { appended, last } of ends()) expect([appended, last]).toEqual([true, 'the second, longer line']);
});

it('a line that was refused because a call failed is not there, whatever the disk made of that call', () => {
  const calls = [...ends()][0]!.calls;
  const refused = new Set<number>();
  for (let at = 1; at <= calls; at += 1) {
    for (const { appended, last } of ends({ at, error: 'EIO', sticky: false })) {
      if (appended) continue;
      refused.add(at);
      expect(last, `call ${at} failed`).toBe('the first line');
    }
  }
  expect(refused.size).toBeGreaterThan(4);
});

it('an end without a line feed that is longer than a line may be is no torn line: it is refused, and never cut', () => {
  for (const before of ['', 'the first line\n']) {
    const tree = withOneLine();
    tree.put(PATH, bytesOf(before + 'x'.repeat(2 * (LINE_BYTES_MAX + 1) + 1 - before.length)));
    expect(() => readLastLine(new SimulatedStorage({ tree }), PATH)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
    tree.put(PATH, bytesOf(before + 'x'.repeat(LINE_BYTES_MAX)));
    expect(readLastLine(new SimulatedStorage({ tree }), PATH).wholeBytes).toBe(before.length);
  }
});
