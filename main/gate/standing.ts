/** How the dossier in force stands: read, weighed and decided, the same for every process and every action. */

import type { Signature } from '../../shared/contract/gate.ts';
import { type ApprovalDecision, decideApproval, owedRoles, type Standing, type WeighedApprovals, weighApprovals } from './approval.ts';
import { type Change, changes, isWithin, type WorldNow } from './bounds.ts';
import { isBurnt } from './burn.ts';
import type { GateContext } from './context.ts';
import { type Current, readCurrent } from './current.ts';
import { type Accepted, type Envelope, readDossier, readSignature, readVoid, remainingNs } from './dossier.ts';
import type { People } from './people.ts';
import { isOfContent } from './records.ts';

/** What the caller sees of the world; what it leaves out is not judged. */
export interface World {
  readonly accepted?: Accepted | null;
  readonly now?: WorldNow | null;
}

export interface Assessment {
  readonly current: Current;
  readonly envelope: Envelope;
  readonly decision: ApprovalDecision;
  readonly weighed: WeighedApprovals;
  readonly signatures: readonly Signature[];
  readonly owes: ReturnType<typeof owedRoles>;
  readonly changes: readonly Change[];
  /** A mark on disk voids it, not only the world as it is now. */
  readonly marked: boolean;
  readonly remainingNs: bigint;
}

export const sameHead = (a: Accepted, b: Accepted): boolean => a.epoch === b.epoch && a.lsn === b.lsn && a.headHash === b.headHash;

/** @throws RearmError FORMAT_INVALID ... where the dossier in force cannot be read. null: none is in force. */
export function assess(context: GateContext, people: People, world: World): Assessment | null {
  const { storage, layout, storeId, clock, instance, configuration } = context;
  const current = readCurrent(storage, layout, storeId);
  if (!current) return null;
  const { dossierHash } = current;
  const envelope = readDossier(storage, layout, storeId, dossierHash);
  const { dossier } = envelope;
  const moved = world.now ? changes(dossier, world.now) : [];
  const marked = readVoid(storage, layout, dossierHash) !== null;
  const left = remainingNs(envelope, { wallNs: clock.wallNs(), monotonicNs: clock.monotonicNs(), instance });
  const standing: Standing =
    current.nonce !== null
      ? 'released'
      : world.accepted && !sameHead(world.accepted, dossier)
        ? 'otherHead'
        : marked || !isWithin(moved)
          ? 'void'
          : left <= 0n
            ? 'expired'
            : 'current';
  const found = signaturesOf(context, people, dossierHash);
  const weighed = weighApprovals(found, people, dossierHash);
  const decision = decideApproval({ standing, signers: weighed.signers, onePersonMode: configuration.onePersonMode });
  const signatures = weighed.counting.map(({ person, signature }) => {
    const signedAt = found.find((record) => record.personId === person.id)?.signedAt ?? '';
    return { personId: person.id, name: person.name, role: person.role, signature, signedAt };
  });
  return {
    current,
    envelope,
    decision,
    weighed,
    signatures,
    owes: owedRoles(weighed, decision),
    changes: moved,
    marked,
    remainingNs: left,
  };
}

/** In the order of signing as the records say; one that cannot be read is nobody's. */
function signaturesOf(context: GateContext, people: People, dossierHash: string) {
  const found = [...people.byId.keys()].flatMap((personId) => {
    try {
      return readSignature(context.storage, context.layout, dossierHash, personId) ?? [];
    } catch (error) {
      if (isOfContent(error)) return [];
      throw error;
    }
  });
  return found.sort((a, b) => (a.signedAt < b.signedAt ? -1 : a.signedAt > b.signedAt ? 1 : a.personId < b.personId ? -1 : 1));
}

/** A token is out that nobody has burnt. */
export const hasOpenToken = (context: GateContext, current: Current | null): current is Current & { nonce: string } =>
  current !== null && current.nonce !== null && !isBurnt(context.storage, context.layout, current.nonce);
