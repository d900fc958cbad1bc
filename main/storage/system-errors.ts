/** The system's error codes as ours, once for every storage. */

import { type ErrorCode, RearmError } from '../../shared/errors.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EFBIG: 'DISK_FULL',
};

/** Of the process, not of the file: it has too many files open, too little memory, or was interrupted. */
const OF_PROCESS: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EINTR', 'EAGAIN']);

/**
 * This user may not read the file, or this process has not the means to: that says nothing about the file, and nobody can judge the store
 * before it is mended.
 */
export const saysNothing = ({ code, context }: RearmError): boolean => code === 'PERMISSION_DENIED' || OF_PROCESS.has(context.system);

/** A call failed: what it was to read may be whole, it is neither good nor bad, and what a listing named is not gone. */
export const isUnread = ({ code, context }: RearmError): boolean => code === 'IO_FAILED' || context.system !== undefined;

/** @param what was tried, as in "could not sync" */
export const systemFailure = (system: string, what: string, path: string, cause?: unknown): RearmError =>
  new RearmError(CODES[system] ?? 'IO_FAILED', `could not ${what} ${path}: ${system}`, { path, system }, cause);
