/** Reads what strace wrote: calls in the order in which they ended, with their file or socket and their bytes. */

import { readFileSync } from 'node:fs';

export interface TracedCall {
  readonly name: string;
  /** Path of the file, or `socket:...`; empty where there is none. */
  readonly target: string;
  readonly bytes: Buffer;
  readonly result: number;
  /** Sequence number of the moment at which the call began, and of that at which it ended. */
  readonly began: number;
  readonly ended: number;
}

/** With -xx everything in quotes or brackets is hexadecimal, but for the words that strace itself puts there. */
const decoded = (text: string): Buffer => (text.startsWith('\\x') ? Buffer.from(text.replaceAll('\\x', ''), 'hex') : Buffer.from(text));

/** strings "\x41..." of a call's arguments, in order. */
function bytesOf(text: string): Buffer {
  const parts = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => decoded(match[1]!));
  return Buffer.concat(parts);
}

const targetOf = (text: string): string => decoded(/^\w+\(\d+<([^>]*)>/.exec(text)?.[1] ?? '').toString('latin1');

/** Parses the output of `strace -f -y -xx -s N -o FILE`. */
export function readTrace(path: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const open = new Map<string, { text: string; began: number }>();
  let moment = 0;
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const [, pid, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || !rest) continue;
    moment += 1;
    const unfinished = /^(.*)<unfinished \.\.\.>$/.exec(rest);
    if (unfinished) {
      open.set(pid, { text: unfinished[1]!, began: moment });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const started = resumed ? open.get(pid) : undefined;
    if (resumed && !started) continue;
    const text = started ? started.text + resumed![1]! : rest;
    const name = /^(\w+)\(/.exec(text)?.[1];
    const result = /= (-?\d+)[^=]*$/.exec(text)?.[1];
    if (!name || result === undefined) continue;
    if (started) open.delete(pid);
    calls.push({
      name,
      target: targetOf(text),
      bytes: bytesOf(text),
      result: Number(result),
      began: started?.began ?? moment,
      ended: moment,
    });
  }
  return calls;
}

/** First and last LSN of the frame at the beginning of a write to the log; null for a write that is no frame. */
export function frameLsns(bytes: Buffer): { first: number; last: number } | null {
  if (bytes.length < 80 || bytes.toString('latin1', 8, 12) !== 'RFRM') return null;
  const first = Number(bytes.readBigUInt64LE(48));
  return { first, last: first + bytes.readUInt32LE(56) - 1 };
}

/** LSNs that a completed sync of the log covers at a given moment: the writes that ended before that sync began. */
export function durableAt(calls: readonly TracedCall[], moment: number): number {
  let durable = 0;
  for (const sync of calls) {
    if (sync.name !== 'fdatasync' || !sync.target.endsWith('.wal') || sync.result !== 0 || sync.ended >= moment) continue;
    for (const write of calls) {
      if (write.name !== 'pwrite64' || write.target !== sync.target || write.ended >= sync.began) continue;
      durable = Math.max(durable, frameLsns(write.bytes)?.last ?? 0);
    }
  }
  return durable;
}
