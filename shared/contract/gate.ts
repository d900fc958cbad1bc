/** The dossier, the people who sign it, and the gate. */

import type { TradingMode } from './facts.ts';
import type { Outcome, TierName } from './recovery.ts';

export const ROLES = ['trader', 'risk'] as const;
export type Role = (typeof ROLES)[number];

/** Lower case, so that two ids never differ only in a way that a file system or an eye does not see. */
export const PERSON_ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Ed25519 public key, raw 32 bytes, base64. */
  readonly publicKey: string;
  readonly enrolledAt: string;
}

/** What trading may resume for. An empty list is "all". */
export interface Scope {
  readonly mode: Exclude<TradingMode, 'HALTED'>;
  readonly venues: readonly string[];
  readonly strategies: readonly string[];
}

/** The limits within which the world may move without voiding a signature. Money in the reporting currency. */
export interface Bounds {
  readonly unexplainedBreaks: number;
  readonly grossExposure: string;
  readonly netExposure: string;
  readonly lossSinceProposal: string;
}

/** Of lost pages, as many as an entry of the audit log has room for. */
export const LOST_PAGES_MAX = 500;

export interface LostPage {
  readonly page: number;
  /** null, and no rows: no header of it could be read. */
  readonly table: string | null;
  readonly rows: readonly [number, number] | null;
}

export interface Dossier {
  readonly format: 'rearm-dossier-1';
  readonly storeId: string;
  readonly epoch: number;
  readonly lsn: number;
  readonly headHash: string;
  readonly stateDigest: string;
  readonly recovery: {
    readonly outcome: Outcome;
    readonly base: TierName | null;
    /** null: nobody knows. */
    readonly lostAcknowledged: number | null;
    readonly replayed: number;
    readonly tornBytes: number;
    readonly sentence: string;
    /**
     * Pages of which no copy was good, with the rows that are gone: the first {@link LOST_PAGES_MAX}; how many there were is in the sentence.
     * Absent where there were none.
     */
    readonly lostPages?: readonly LostPage[] | undefined;
  };
  readonly breaks: readonly {
    readonly id: string;
    readonly kind: string;
    readonly blocking: boolean;
    readonly decision: string | null;
    readonly comment: string;
  }[];
  readonly exposure: {
    readonly grossAtCrash: string;
    readonly netAtCrash: string;
    readonly grossNow: string | null;
    readonly netNow: string | null;
    /** What the positions made, realised and not, at the proposal: the loss since then is measured from it. */
    readonly worthNow: string | null;
  };
  readonly limits: { readonly gross: string | null; readonly net: string | null; readonly loss: string | null };
  readonly venues: readonly { readonly name: string; readonly status: string; readonly provable: boolean }[];
  readonly configurationHash: string;
  readonly overrides: readonly { readonly what: string; readonly reason: string; readonly by: string }[];
  readonly scope: Scope;
  readonly bounds: Bounds;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly expiresAt: string;
}

export interface Signature {
  readonly personId: string;
  readonly name: string;
  readonly role: Role;
  /** Ed25519 over the dossier hash, base64. */
  readonly signature: string;
  readonly signedAt: string;
}

export interface DossierView {
  readonly dossier: Dossier;
  /** SHA-256 of the canonical bytes, hexadecimal. */
  readonly hash: string;
  readonly signatures: readonly Signature[];
  /** `open`: may be signed; `complete`: both signatures; `void`: the world left the bounds; `expired`; `released`. */
  readonly status: 'open' | 'complete' | 'void' | 'expired' | 'released';
  readonly owes: readonly Role[];
  readonly expiresInMs: number;
  /** What changed since the proposal, and whether it stays inside the bounds. */
  readonly changes: readonly { readonly what: string; readonly proposed: string; readonly now: string; readonly within: boolean }[];
}

export interface GateView {
  readonly mode: TradingMode;
  readonly since: string | null;
  readonly reason: string;
  readonly people: readonly Person[];
  readonly onePersonMode: boolean;
  readonly dossier: DossierView | null;
  /** The result was accepted and a new epoch is open: a dossier can be proposed on its head. */
  readonly accepted: { readonly epoch: number; readonly lsn: number; readonly headHash: string } | null;
  readonly token: { readonly nonce: string; readonly issuedAt: string; readonly expiresAt: string; readonly burntAt: string | null } | null;
  /** The trading process's last word: it verified the token and trades, or why it stays halted. */
  readonly engine: { readonly state: 'waiting' | 'trading' | 'refused' | 'absent'; readonly detail: string; readonly at: string | null };
}

/** The session through which a person acted. */
export interface AuditOrigin {
  /** `electron`, `web`, `cli`. */
  readonly host: string;
  /** `window`; `S1`, `S2` ... of the web host; the user of a terminal. */
  readonly session: string;
}

export interface AuditEntry {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hash: string;
  readonly previousHash: string;
  /** Absent where a process acted by itself. */
  readonly origin?: AuditOrigin;
}

export interface AuditView {
  readonly entries: readonly AuditEntry[];
  readonly head: string;
  readonly verified: boolean;
  /** Sequence of the first bad entry. */
  readonly firstBad: number | null;
}
