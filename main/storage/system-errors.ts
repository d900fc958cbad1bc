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

/** This user may not read the file: that says nothing about the file, and nobody can judge the store before it is mended. */
export const mayNotRead = ({ code }: RearmError): boolean => code === 'PERMISSION_DENIED';

/** @param what was tried, as in "could not sync" */
export const systemFailure = (system: string, what: string, path: string, cause?: unknown): RearmError =>
  new RearmError(CODES[system] ?? 'IO_FAILED', `could not ${what} ${path}: ${system}`, { path, system }, cause);
