/** An LSN as it is typed. */

import { RearmError } from '../../shared/errors.ts';

/** @throws RearmError USAGE for what is none */
export function parseLsn(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new RearmError('USAGE', `${text} is not an LSN`, { text });
  return value;
}
