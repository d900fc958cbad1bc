/**
 * The ladder of format versions: what a file of an older version holds climbs rung by rung, in memory, to the present one; nothing
 * is rewritten by reading. Where a rung is missing, or the file is newer, that is a refusal by name and never a guess.
 */

import { RearmError } from '../../shared/errors.ts';

/** A step from version `from` to the next one. */
export interface Rung<T> {
  readonly from: number;
  climb(older: T): T;
}

/** Whether a file is whole and of a version that this release does not read: no damage, and nothing to go on without. */
export const ofOtherVersion = ({ code }: RearmError): boolean => code === 'VERSION_NEWER' || code === 'VERSION_OLDER';

/** For a format that has had one version: the first step from it makes this a {@link climb}. @throws RearmError as that */
export const requireVersion = (file: string, present: number, version: number): void => {
  climb(file, [], present, version, null);
};

/**
 * Brings the content of `file` from its `version` to the `present` one of its format.
 *
 * @throws RearmError VERSION_NEWER; VERSION_OLDER where a rung is missing; whatever a rung throws
 */
export function climb<T>(file: string, rungs: readonly Rung<T>[], present: number, version: number, content: T): T {
  const context = { path: file, version };
  if (version > present)
    throw new RearmError('VERSION_NEWER', `${file} has format version ${version}, this release reads ${present}`, context);
  let climbed = content;
  for (let from = version; from < present; from += 1) {
    const rung = rungs.find((candidate) => candidate.from === from);
    if (!rung)
      throw new RearmError('VERSION_OLDER', `${file} has format version ${version}, which this release does not read any more`, context);
    climbed = rung.climb(climbed);
  }
  return climbed;
}
