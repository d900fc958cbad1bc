/** How long the event loop kept others waiting. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A timer of this is watched; what it is late by is the delay. */
const RESOLUTION_MS = 1;

/** Watches `work`; returns what that gives, and the longest delay in milliseconds. */
export async function watchingPauses<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly longestMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const value = await work();
  delays.disable();
  return { value, longestMs: Math.max(0, delays.max / 1e6 - RESOLUTION_MS) };
}
