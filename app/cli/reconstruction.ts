/** `rearm recover STORE --accept --from-venues FILE`: a state of which nothing is left, made anew of what the venues answer. */

import { basename } from 'node:path';
import { reconstructed } from '../../main/cascade/reconstruct.ts';
import { recover } from '../../main/cascade/recover.ts';
import type { Accepted } from '../../main/engine/accept.ts';
import { createBareStore } from '../../main/engine/create.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { needsFromNothing } from '../../main/reconcile/needs.ts';
import { readOurs } from '../../main/reconcile/ours.ts';
import { reconciliation } from '../../main/reconcile/reconcile.ts';
import { resolve } from '../../main/reconcile/resolutions.ts';
import { TOLERANCES } from '../../main/reconcile/tolerances.ts';
import { isoTime } from '../../main/venues/answer.ts';
import { connectVenues } from '../../main/venues/client.ts';
import { loadVenues } from '../../main/venues/configuration.ts';
import { gatherVenue } from '../../main/venues/evidence.ts';
import type { Break } from '../../shared/contract/reconcile.ts';
import { RearmError } from '../../shared/errors.ts';
import { visible } from '../../shared/visible.ts';
import { acceptAtTerminal } from './acceptance.ts';

export interface Reconstruction extends Accepted {
  /** What was taken over, by kind of break. */
  readonly takenOver: Readonly<Record<string, number>>;
}

/**
 * Asks every venue of the configuration, and accepts what they answer as the state; in an empty directory, as that of a new store.
 *
 * @throws RearmError RECONSTRUCTION_REFUSED where something of the state can be recovered; VENUES_INCOMPLETE where a venue did not answer whole;
 *   AUDIT_BROKEN where it cannot be put on the record
 */
export async function reconstruct(
  root: string,
  venuesPath: string,
  by: string,
  reason: string,
  progress: (words: string) => void,
): Promise<Reconstruction> {
  const { storage, clock, bootId } = nativePlatform;
  const { venues } = await loadVenues(venuesPath);
  // A directory that was made for it: one that is not there may be a slip of the pen.
  if (storage.exists(root) && storage.list(root).length === 0)
    createBareStore({ platform: nativePlatform, root, name: visible(basename(root)).slice(0, 64) || 'store' });
  progress('looking for anything that is left');
  const { image, report } = reconstructed(recover({ storage, clock, root, bootId }), storage, root);
  progress('asking the venues');
  const ours = readOurs(image!, report.store);
  const nowMs = Number(clock.wallNs() / 1_000_000n);
  const evidence = await Promise.all(
    connectVenues(venues, clock).map((connection) =>
      gatherVenue(connection, { clock, needs: () => needsFromNothing(connection.configuration, ours, nowMs) }),
    ),
  );
  const options = { askedAt: isoTime(clock.wallNs()), store: report.store, tolerances: TOLERANCES, history: null };
  const found = reconciliation(ours, evidence, options).report;
  const open = found.venues.filter(({ provable }) => !provable);
  if (open.length > 0)
    throw new RearmError(
      'VENUES_INCOMPLETE',
      `${open.map(({ name, status, reason: why }) => `${name} (${why || status})`).join(', ')} did not answer whole: nothing was accepted`,
      { venues: open.map(({ name }) => name) },
    );
  const decided = found.breaks.flatMap((entry) => {
    const decision = takingOver(entry);
    return decision ? [{ breakId: entry.id, decision, comment: reason, by }] : [];
  });
  const { intents, settled } = resolve(decided, ours, evidence, options, clock.wallNs());
  progress('writing the new epoch');
  const accepted = await acceptAtTerminal(root, {
    by,
    override: { what: 'reconstruction', reason },
    resolutions: intents,
    decisions: settled.length,
  });
  const takenOver: Record<string, number> = {};
  for (const { id, kind } of found.breaks) if (settled.includes(id)) takenOver[kind] = (takenOver[kind] ?? 0) + 1;
  return { ...accepted, takenOver };
}

/** The decision that takes the venue's word; null where there is nothing to take. */
const takingOver = ({ proposals }: Break) => (['claim', 'acceptVenue'] as const).find((decision) => proposals.includes(decision)) ?? null;
