/** What verify found, file by file. */

import { RearmError } from '../../shared/errors.ts';
import { saysNothing } from '../storage/system-errors.ts';

export type FileStatus = 'whole' | 'torn' | 'damaged';

export interface FileFinding {
  readonly code: string;
  readonly severity: 'note' | 'torn' | 'damaged';
  readonly message: string;
  readonly offset?: number;
  readonly lsn?: number;
  readonly page?: number;
  readonly table?: string;
  /** Rows of the table that the page has room for, first to last. */
  readonly rows?: readonly [number, number];
  /** Entry of the audit log. */
  readonly entry?: number;
}

export interface FileReport {
  readonly path: string;
  readonly status: FileStatus;
  readonly findings: readonly FileFinding[];
}

export class FileFindings {
  readonly #files = new Map<string, FileFinding[]>();

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

  /** Reads a file; where it cannot be read, that is the finding, and undefined is returned. @throws what says nothing about the file */
  reading<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RearmError) || saysNothing(error)) throw error;
      this.add(path, 'damaged', error.code, error.message, { offset: 0 });
      return undefined;
    }
  }

  reports(): FileReport[] {
    return [...this.#files]
      .map(([path, findings]): FileReport => {
        const status = findings.some((finding) => finding.severity === 'damaged')
          ? 'damaged'
          : findings.some((finding) => finding.severity === 'torn')
            ? 'torn'
            : 'whole';
        return { path, status, findings };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
