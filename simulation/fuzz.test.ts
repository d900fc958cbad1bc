/** Every kind of damage to every file of small stores: the right state or a refusal by name, and verify names the file and the place. */

import { expect, it } from 'vitest';
import { DAMAGE_KINDS } from './damage.ts';
import { runFuzzing } from './fuzz.ts';

const DEPTH = process.env.REARM_PROFILE === 'long' ? 'long' : 'short';

it('a store that is damaged in any way gives the right state or a refusal; no flipped bit is missed', async () => {
  const { damages, byKind, failures, seconds } = await runFuzzing({ depth: DEPTH });
  const kinds = Object.entries(byKind).map(([kind, counts]) => `${kind} ${counts.damages}`);
  console.log(`damaged: ${damages} times in ${seconds} s (${kinds.join(', ')})`);
  expect(failures.map(({ subject, damage, verdict, words }) => `${subject}: ${damage}: ${verdict}: ${words}`)).toEqual([]);
  expect(Object.keys(byKind)).toEqual([...DAMAGE_KINDS]);
}, 7_200_000);

it('stopped in the middle, it says so', async () => {
  const ended = new AbortController();
  const { cancelled, damages } = await runFuzzing({ depth: 'exhaustive', signal: ended.signal, progress: () => ended.abort() });
  expect(cancelled).toBe(true);
  expect(damages).toBeGreaterThan(0);
}, 60_000);
