/** The audit chain as far as a page can see it: whether each entry names the one before. The host verifies hashes and signatures. */

import type { AuditEntry } from '../../../shared/contract/gate.ts';

/** The details of an entry by name; what is in a record or a scope, by its own names too: `scope.mode`. */
export function detailsOf({ details }: Pick<AuditEntry, 'details'>): readonly (readonly [string, unknown])[] {
  return Object.entries(details).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([part, inner]) => [`${name}.${part}`, inner] as const)
      : [[name, value] as const],
  );
}

/** Sequence of the first entry that does not continue the one before it; null: every link holds. */
export function firstBrokenLink(entries: readonly AuditEntry[]): number | null {
  for (let i = 1; i < entries.length; i += 1) {
    const before = entries[i - 1]!;
    const entry = entries[i]!;
    if (entry.previousHash !== before.hash || entry.sequence !== before.sequence + 1) return entry.sequence;
  }
  return null;
}

/** Through what a person acted, in words; a process that acted by itself has no session. */
export function originText({ origin }: Pick<AuditEntry, 'origin'>): string {
  if (!origin) return 'by itself';
  if (origin.host === 'electron') return 'desktop window';
  return origin.host === 'web' ? `browser ${origin.session}` : `terminal, ${origin.session}`;
}

export interface Acceptance {
  /** The recovery that was accepted first since trading was last released: the one that a dossier shows. */
  readonly sentence: string;
  /** Decisions that it, and whatever was accepted after it, carried out. */
  readonly decisions: number;
}

/** What the record says of the acceptance; null where none of the entries that are here tells. */
export function acceptanceOf(entries: readonly AuditEntry[]): Acceptance | null {
  const since = entries.slice(entries.findLastIndex(({ action }) => action === 'token.burnt') + 1);
  const accepts = since.filter(({ action }) => action === 'console.accept' || action === 'terminal.accept');
  const recovery = accepts[0]?.details.recovery as { readonly sentence?: string } | undefined;
  if (!recovery?.sentence) return null;
  return { sentence: recovery.sentence, decisions: accepts.reduce((sum, { details }) => sum + (Number(details.decisions) || 0), 0) };
}
