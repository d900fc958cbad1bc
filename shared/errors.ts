/**
 * One error class with a stable code. An error says what was tried and what to do; it crosses every boundary (IPC, HTTP,
 * worker, terminal) as data {code, message, context}. Codes are listed here once; docs/ERRORS.md is tested against this list.
 */

/** What the terminal's exit status and the screens make of a code. */
export type ErrorFamily = 'usage' | 'unreadable' | 'refused' | 'unavailable' | 'internal';

export const ERROR_CODES = {
  // usage: the caller can mend the call
  USAGE: { family: 'usage', remedy: 'See --help for the arguments of the command.' },
  PAYLOAD_INVALID: { family: 'usage', remedy: 'Send the fields that the contract names, with their types.' },
  OPERATION_INVALID: { family: 'usage', remedy: 'Correct the named field and submit the operation again; nothing was recorded.' },
  AMOUNT_INVALID: { family: 'usage', remedy: 'Give a plain decimal with no more places than the instrument has.' },
  AMOUNT_OVERFLOW: { family: 'usage', remedy: 'Use a coarser scale for the instrument; nothing was recorded.' },
  TEXT_TOO_LONG: { family: 'usage', remedy: 'Shorten the text to the named number of bytes; nothing was recorded.' },
  NOT_FOUND: { family: 'usage', remedy: 'Check the name against the list of what exists.' },
  CONFIGURATION_INVALID: { family: 'usage', remedy: 'Correct the named entry of the configuration file.' },

  // unreadable: this store, or this file, cannot be read as it is
  STORE_MISSING: {
    family: 'unreadable',
    remedy: 'Check the path: a store is a directory that holds store.json; where it was lost, put any copy of it back: it never changes.',
  },
  IDENTITY_LOST: {
    family: 'unreadable',
    remedy:
      'Put a copy of store.json back: it never changes. Without one: mkdir DIRECTORY; rearm recover DIRECTORY --accept --from-venues FILE --override REASON.',
  },
  STORE_EXISTS: { family: 'unreadable', remedy: 'Choose an empty directory, or open the store that is there.' },
  STORE_FOREIGN: { family: 'unreadable', remedy: 'The file belongs to another store: put it back where it came from.' },
  VERSION_NEWER: { family: 'unreadable', remedy: 'Open it with the newer release of Rearm that wrote it.' },
  VERSION_OLDER: { family: 'unreadable', remedy: 'Open it with the older release that wrote it, close it in order, then come back.' },
  FORMAT_INVALID: { family: 'unreadable', remedy: 'Keep the file as evidence and recover from another tier.' },
  CHECKSUM_MISMATCH: { family: 'unreadable', remedy: 'Keep the file as evidence and recover from another tier.' },
  VALUE_OUT_OF_RANGE: { family: 'unreadable', remedy: 'Keep the file as evidence and recover from another tier.' },
  PERMISSION_DENIED: { family: 'unreadable', remedy: 'Run as the owner of the store, or give this user access.' },
  IO_FAILED: { family: 'unreadable', remedy: 'Look at the disk: the system refused to read or write the named file.' },

  // refused: the engine or the gate says no; a person must decide
  STORE_LOCKED: { family: 'refused', remedy: 'Another process writes this store: stop it first, or only observe.' },
  NOT_RECOVERED: { family: 'refused', remedy: 'Recover the store and accept the result before it is written again.' },
  RECOVERY_REFUSED: { family: 'refused', remedy: 'Read the findings; restore the named file, or override with a reason on the record.' },
  NOTHING_LEFT: {
    family: 'refused',
    remedy:
      'Restore a backup of the store, or take the state from the venues: rearm recover STORE --accept --from-venues FILE --override REASON.',
  },
  RECOVERY_CHANGED: { family: 'refused', remedy: 'The store is not what the screen showed: look at the recovery again, then accept it.' },
  RECONSTRUCTION_REFUSED: {
    family: 'refused',
    remedy: 'Accept what can be recovered, with an override where it is refused: the reconciliation completes it from the venues.',
  },
  VENUES_INCOMPLETE: {
    family: 'refused',
    remedy: 'Ask again; a venue that stays silent cannot be reconstructed: leave it out of the configuration, and out of trading.',
  },
  RING_FULL: { family: 'refused', remedy: 'The writer is behind: wait for acknowledgements, then submit again; nothing was dropped.' },
  WRITER_POISONED: {
    family: 'refused',
    remedy: 'Writes or syncs failed, in new segments as well: nothing more is acknowledged. Stop, look at the disk, recover.',
  },
  LOG_REWRITTEN: {
    family: 'refused',
    remedy: 'Nothing was lost: what was not proven was written anew in the named segment. Look at the disk before it fails for good.',
  },
  WRITER_FENCED: { family: 'refused', remedy: 'A newer epoch exists: this process lost the right to write. Stop it.' },
  STATE_BOUND: {
    family: 'refused',
    remedy: 'The state reached its configured bound: prune, or raise the bound; fills and cancels still pass.',
  },
  DISK_FULL: { family: 'refused', remedy: 'Free space on the disk that holds the store; new orders stay refused until then.' },
  LSN_UNREACHABLE: { family: 'refused', remedy: 'Choose an LSN inside the point-in-time window that the message names.' },
  GATE_CLOSED: { family: 'refused', remedy: 'Trading is halted: two people approve the dossier in the console.' },
  TOKEN_INVALID: { family: 'refused', remedy: 'Ask for a new approval: the engine stays halted.' },
  APPROVAL_INVALID: { family: 'refused', remedy: 'Read what changed and sign the present dossier.' },
  DOSSIER_MISSING: {
    family: 'refused',
    remedy: 'Propose one on the Approve screen (rearm open STORE, or rearm serve STORE), then sign it.',
  },
  SIGNATURE_INVALID: { family: 'refused', remedy: 'Sign again with the key that was enrolled for this person.' },
  ENROLMENT_REFUSED: { family: 'refused', remedy: 'Enrol people while trading is ACTIVE; the first ones of a store at any time.' },
  AUDIT_BROKEN: {
    family: 'refused',
    remedy:
      'Keep the audit log as evidence and put back a copy of audit/ that verifies; without one, nothing is released from this store again.',
  },
  GATE_BUSY: { family: 'refused', remedy: 'Somebody acts at the gate already: wait until that is done, look again, then act.' },
  BREAKS_UNRESOLVED: { family: 'refused', remedy: 'Resolve or explain the blocking breaks first.' },
  CANCELLED: { family: 'refused', remedy: 'The work was cancelled on request; start it again when it is wanted.' },

  // unavailable: something outside does not answer or is not there
  TIER_UNAVAILABLE: { family: 'unavailable', remedy: 'The tier cannot be used in this runtime; the others go on.' },
  VENUE_SILENT: { family: 'unavailable', remedy: 'The venue did not answer: count it at its worst and use its emergency contact.' },
  VENUE_REFUSED: { family: 'unavailable', remedy: 'Read what the venue answered; check the key and its permissions.' },
  DEMO_FAILED: {
    family: 'unavailable',
    remedy:
      'One demo desk runs per directory: end the one that runs (Ctrl-C where it was started, or `rearm demo DIR --stop`), or name another.',
  },
  RUNTIME_MISSING: { family: 'unavailable', remedy: 'The named program is not on this machine; the line says what is used instead.' },

  // internal: a broken invariant; a defect of Rearm
  INTERNAL: { family: 'internal', remedy: 'This is a defect: keep a copy of the store, and report it with this message.' },
} as const satisfies Record<string, { family: ErrorFamily; remedy: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What to do where the system said no: by its own word, `system` in an error's context, where the advice of the code would mislead. */
export const SYSTEM_REMEDIES: Readonly<Record<string, string>> = {
  EROFS:
    'The file system can only be read: somebody mounted it so, or the kernel did after an error of the disk (dmesg says). Then mount it for writing.',
  EDQUOT: 'The quota is used up, whatever is free on the disk: remove files of this user, or raise the quota.',
  EFBIG:
    'No file may be so large here: raise the limit of this process (ulimit -f), or use a file system without it. Free space does not help.',
  EMFILE: 'This process has too many files open: raise its limit (ulimit -n) and start it again. The disk and the store are not to blame.',
  ENFILE: 'This machine has too many files open: end what holds them, or raise fs.file-max. The disk and the store are not to blame.',
  ENOMEM:
    'The machine gave no memory: free some, or raise the limit of this process, and try again. The disk and the store are not to blame.',
  EINTR: 'A signal interrupted the call: try again. The disk and the store are not to blame.',
  ENOLCK: 'The file system gives no locks: put the store on a local disk, ext4 or xfs.',
  ENODEV: 'The file system maps no files: put the store on a local disk, ext4 or xfs.',
  ENOTDIR: 'A file lies where a directory of the named path belongs: correct the path, or move that file away.',
};

/** The form in which an error crosses a boundary. */
export interface ErrorData {
  readonly code: ErrorCode;
  /** What was tried and what came of it, one sentence. */
  readonly message: string;
  /** What to do next, one sentence. */
  readonly remedy: string;
  readonly context: Readonly<Record<string, unknown>>;
}

export class RearmError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, context: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RearmError';
    this.code = code;
    this.context = context;
  }

  get family(): ErrorFamily {
    return ERROR_CODES[this.code].family;
  }

  get remedy(): string {
    const { system } = this.context;
    return typeof system === 'string' && Object.hasOwn(SYSTEM_REMEDIES, system) ? SYSTEM_REMEDIES[system]! : ERROR_CODES[this.code].remedy;
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, remedy: this.remedy, context: this.context };
  }

  static fromData(data: ErrorData): RearmError {
    return new RearmError(data.code, data.message, { ...data.context });
  }
}

/** Whatever was thrown, as data; an error that is not ours is a defect and says so. */
export function errorData(thrown: unknown): ErrorData {
  if (thrown instanceof RearmError) return thrown.toData();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RearmError('INTERNAL', message, thrown instanceof Error && thrown.stack ? { stack: thrown.stack } : {}).toData();
}
