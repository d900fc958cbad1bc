/** What a command prints, and with which status it ends. stdout holds the command's own output and nothing else. */

import { systemFailure } from '../../main/storage/system-errors.ts';
import { type ErrorData, RearmError } from '../../shared/errors.ts';
import { visible } from '../../shared/visible.ts';

/** 0 clean; 1 usage; 2 cannot be read; 3 recovered with damage, or breaks found; 4 refused: a person must decide. */
export const EXIT = { clean: 0, usage: 1, unreadable: 2, found: 3, refused: 4 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

export function exitOf(error: RearmError): Exit {
  switch (error.family) {
    case 'usage':
      return EXIT.usage;
    case 'refused':
      return EXIT.refused;
    default:
      return EXIT.unreadable;
  }
}

/** bigint as decimal text; everything else as JSON has it. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, entry) => (typeof entry === 'bigint' ? entry.toString() : entry));

/** Writes to stdout, waiting where the reader is slow; a closed pipe ends the command quietly. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
}

export const printJson = (value: unknown): Promise<void> => print(`${toJson(value)}\n`);

/** `2 orders`, `1 order`. */
export const plural = (count: number, one: string): string => `${count.toLocaleString('en-US')} ${one}${count === 1 ? '' : 's'}`;

/** One line: code, what was tried, what to do next. What it tells of a file may be anything, and is for the eye only. */
export const errorLine = (error: ErrorData): string =>
  `rearm: ${error.code}: ${visible(error.message.replace(/[.\s]+$/, '').replace(/\s*[\r\n]+\s*/g, '; '))}. ${error.remedy}`;

export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** A bar on a terminal, nothing elsewhere. */
export class Progress {
  readonly #active = process.stderr.isTTY === true;
  #last = 0;

  show(fraction: number | null, text: string): void {
    if (!this.#active) return;
    const now = Date.now();
    if (now - this.#last < 80 && fraction !== 1) return;
    this.#last = now;
    const width = 24;
    const full = fraction === null ? 0 : Math.round(fraction * width);
    const bar = fraction === null ? '.'.repeat(width) : '#'.repeat(full) + '.'.repeat(width - full);
    process.stderr.write(`\r\u001b[K[${bar}] ${text.slice(0, 60)}`);
  }

  end(): void {
    if (this.#active) process.stderr.write('\r\u001b[K');
  }
}

function knownError(thrown: unknown): RearmError {
  if (thrown instanceof RearmError) return thrown;
  if (!(thrown instanceof Error)) return new RearmError('INTERNAL', String(thrown), {}, thrown);
  const { code, syscall, path } = thrown as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined && path !== undefined) return systemFailure(code, syscall, path, thrown);
  return new RearmError('INTERNAL', thrown.message, {}, thrown);
}

/** Says in one line what was thrown. @returns the status to end with */
export function told(thrown: unknown): Exit {
  const known = knownError(thrown);
  note(errorLine(known.toData()));
  if (known.code === 'INTERNAL' && process.env.REARM_DEBUG && thrown instanceof Error) note(thrown.stack ?? '');
  return exitOf(known);
}

/** Runs a command's action and ends the process with its status. */
export function action<A extends unknown[]>(run: (...args: A) => Promise<Exit>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      process.exitCode = told(error);
    }
  };
}

const columnsOf = (rows: readonly (readonly string[])[]): number[] =>
  rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));

/** Rows as aligned columns; columns named in `right` are flush right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  if (rows.length === 0) return '';
  const widths = columnsOf(rows);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
