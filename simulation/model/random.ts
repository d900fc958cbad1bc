/** Randomness that follows from numbers: the same numbers give the same sequence, in every run and on every machine. */

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, bound). */
  below(bound: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

const mix = (value: number): number => {
  let hash = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
};

/** mulberry32 from the mixed parts. */
export function randomOf(...parts: readonly number[]): Random {
  let state = 0x9e3779b9;
  for (const part of parts) state = mix(state + mix(part >>> 0) + mix(Math.floor(part / 4_294_967_296) + 0x85ebca6b));
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let hash = Math.imul(state ^ (state >>> 15), state | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { next, below, chance: (probability) => next() < probability, pick: (choices) => choices[below(choices.length)]! };
}
