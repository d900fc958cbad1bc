/** Starts a process for one piece of work: compiled by nobody, its memory untouched. */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type FreshProcess = 'recover' | 'scale' | 'bare-replay' | 'limit-replay' | 'peer-replay';

const ANSWER_BYTES_MAX = 64 << 20;

/** What the program prints: one JSON document. */
export function answerOf<T>(file: string, args: readonly (string | number)[]): T {
  const printed = execFileSync(process.execPath, [file, ...args.map(String)], { encoding: 'utf8', maxBuffer: ANSWER_BYTES_MAX });
  return JSON.parse(printed) as T;
}

/** A process of this folder, from source. */
export const fresh = <T>(name: FreshProcess, ...args: readonly (string | number)[]): T =>
  answerOf(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), args);
