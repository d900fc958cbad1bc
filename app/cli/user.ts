/** Who sits at this terminal. */

import { userInfo } from 'node:os';
import type { AuditOrigin } from '../../shared/contract/gate.ts';

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list.
    return process.env.USER ?? String(process.getuid?.() ?? 'unknown');
  }
}

/** For the audit log. */
export const atTerminal = (): AuditOrigin => ({ host: 'cli', session: userName() });
