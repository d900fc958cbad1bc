/** When a figure is stale. Ages run by the host's clock, from the moment that the figure itself names. */

import { millisecondsOf } from '../../format/time.ts';

/** A figure about the live world is stale after this long, milliseconds. Recovered facts do not go stale: they are history. */
export const STALE_AFTER_MS = 60_000;

/** Age of a figure; null where it does not say when it was true. */
export function ageOf(at: string | null, nowMs: number): number | null {
  const ms = millisecondsOf(at);
  return ms === null ? null : Math.max(0, nowMs - ms);
}

export const isStale = (ageMs: number | null): boolean => ageMs !== null && ageMs > STALE_AFTER_MS;

/** An age that a view stated when it arrived, carried on to now. */
export function runningAge(ageMs: number | null, receivedAt: number | null, nowMs: number, hostOffsetMs: number): number | null {
  if (ageMs === null) return null;
  return receivedAt === null ? ageMs : Math.max(0, ageMs + nowMs - (receivedAt + hostOffsetMs));
}
