/** What a store may hold: regular files with one name each. Looked at before a byte is read, and without waiting for anybody. */

import fs from 'node:fs';
import { RearmError } from '../../shared/errors.ts';
import { systemFailure } from './system-errors.ts';

/** What the system says of a link, a directory, a socket or a device, in place of opening it as a file. */
const NO_FILE: ReadonlySet<string> = new Set(['ELOOP', 'EISDIR', 'ENXIO', 'ENODEV']);

export const systemName = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';

/** A second name is a hand of somebody else on the file; none at all is a file that was replaced since it was opened, whole as it was. */
const isRegular = (stat: fs.Stats): boolean => stat.isFile() && stat.nlink <= 1;

const irregular = (path: string): RearmError => new RearmError('FORMAT_INVALID', `${path} is not a regular file with one name`, { path });

/**
 * Opens a regular file with one name.
 *
 * @param flags of open(2); what lies elsewhere is not followed, and what would wait for another process does not
 * @param what is tried, as in "could not open"
 * @throws RearmError FORMAT_INVALID for anything else
 */
export function openRegular(path: string, flags: number, what = 'open'): number {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number | undefined;
  try {
    // A pipe would wait for its other end. Of a regular file the reads and writes are the same with it.
    fd = fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
    if (!isRegular(fs.fstatSync(fd))) throw irregular(path);
    return fd;
  } catch (error) {
    if (fd !== undefined) fs.closeSync(fd);
    if (error instanceof RearmError) throw error;
    const name = systemName(error);
    throw NO_FILE.has(name) ? irregular(path) : systemFailure(name, what, path, error);
  }
}

/**
 * For a file that another library opens.
 *
 * @returns its size; null where nothing is there
 * @throws RearmError FORMAT_INVALID for anything but a regular file with one name
 */
export function sizeOfRegular(path: string): number | null {
  let stat: fs.Stats | undefined;
  try {
    stat = fs.lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw systemFailure(systemName(error), 'look at', path, error);
  }
  if (stat && !isRegular(stat)) throw irregular(path);
  return stat?.size ?? null;
}
