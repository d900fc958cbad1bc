/** What verify found, file by file. */

import { RearmError } from '../../shared/errors.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';

/** `unread`: a call failed, or what it was to be judged by could not be read. It is neither whole nor damaged. */
export type FileStatus = 'whole' | 'torn' | 'unread' | 'damaged';

export interface FileFinding {
  readonly code: string;
  readonly severity: 'note' | Exclude<FileStatus, 'whole'>;
  readonly message: string;
  readonly offset?: number;
  readonly lsn?: number;
  readonly page?: number;
  readonly table?: string;
  /** Rows of the table that the page has room for, first to last. */
  readonly rows?: readonly [number, number];
  /** Entry of the audit log, record of the enrolled people. */
  readonly entry?: number;
  /** The whole file: it is one record with one checksum, and nothing tells where in it the damage lies. */
  readonly whole?: true;
}

export interface FileReport {
  readonly path: string;
  readonly status: FileStatus;
  readonly findings: readonly FileFinding[];
}

/** The worst of them; what is damaged is so whatever else could not be read. */
export const worstOf = (found: readonly string[]): FileStatus =>
  (['damaged', 'unread', 'torn'] as const).find((status) => found.includes(status)) ?? 'whole';

/** A line, where the reading says which; else the whole file. */
const placeOf = ({ context: { offset, sequence } }: RearmError): Pick<FileFinding, 'offset' | 'entry' | 'whole'> =>
  typeof offset === 'number' && typeof sequence === 'number' ? { offset, entry: sequence } : { whole: true };

export class FileFindings {
  readonly #files = new Map<string, FileFinding[]>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Notes a file that was looked at. */
  file(path: string): FileFinding[] {
    const known = this.#files.get(path);
    if (known) return known;
    const list: FileFinding[] = [];
    this.#files.set(path, list);
    return list;
  }

  add(
    path: string,
    severity: FileFinding['severity'],
    code: string,
    message: string,
    where: Omit<FileFinding, 'severity' | 'code' | 'message'> = {},
  ): void {
    this.file(path).push({ code, severity, message, ...where });
  }

  /** A file that could not be read, or not judged: nothing is said of it. @param error names it where it was another one */
  unread(path: string, error: RearmError): void {
    const { path: named } = error.context;
    const inside = typeof named === 'string' && named.startsWith(`${this.#root}/`);
    this.add(inside ? named.slice(this.#root.length + 1) : path, 'unread', 'UNREAD', error.message);
  }

  /** What was to be done with a file; where a call failed, that is the finding, and undefined is returned. @throws everything else */
  attempt<T>(path: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RearmError) || saysNothing(error) || !isUnread(error)) throw error;
      this.unread(path, error);
      return undefined;
    }
  }

  /** Reads a file; where it cannot be read, that is the finding, and undefined is returned. @throws what says nothing about any file */
  reading<T>(path: string, read: () => T): T | undefined {
    return this.attempt(path, () => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof RearmError) || isUnread(error)) throw error;
        this.add(path, 'damaged', error.code, error.message, placeOf(error));
        return undefined;
      }
    });
  }

  reports(): FileReport[] {
    return [...this.#files]
      .map(([path, findings]): FileReport => ({ path, status: worstOf(findings.map(({ severity }) => severity)), findings }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
