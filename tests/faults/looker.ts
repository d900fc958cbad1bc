/**
 * Recovers and verifies one store after the other, and says in one line each what came of it: a test that hung in a call of the system could
 * not end itself.
 */

import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { verify } from '../../main/verify/verify.ts';
import { errorData } from '../../shared/errors.ts';
import { BOOT } from '../support/desk.ts';

export interface Look {
  readonly root: string;
  readonly command: 'recover' | 'verify';
  /** The outcome or the status; the code of what was thrown. */
  readonly told: string;
  /** Files that findings name, with their messages. */
  readonly findings: readonly string[];
  readonly lsn: number | null;
  readonly digest: string | null;
}

const options = { storage: nativePlatform.storage, clock: nativePlatform.clock, bootId: BOOT };

function look(root: string, command: Look['command']): Look {
  const nothing = { root, command, findings: [], lsn: null, digest: null };
  try {
    if (command === 'verify') {
      const { status, files } = verify({ ...options, root });
      const findings = files.flatMap(({ path, findings: found }) => found.map(({ message }) => `${path}: ${message}`));
      return { ...nothing, told: status, findings };
    }
    const { report } = recover({ ...options, root });
    const findings = report.findings.map(({ file, message }) => `${file}: ${message}`);
    return { ...nothing, told: report.outcome, findings, lsn: report.lsn, digest: report.stateDigest };
  } catch (error) {
    const { code, message } = errorData(error);
    return { ...nothing, told: code, findings: [message] };
  }
}

for (const root of process.argv.slice(2))
  for (const command of ['recover', 'verify'] as const) {
    // Said before, so that the last line names what hung.
    process.stdout.write(`{"root":${JSON.stringify(root)},"command":"${command}"}\n`);
    process.stdout.write(`${JSON.stringify(look(root, command))}\n`);
  }
