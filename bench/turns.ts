/** Contestants that take turns, so that what disturbs the machine disturbs all of them. */

/** Does one piece of work; returns what it measured of it. */
export type Contestant = () => number | Promise<number>;

/**
 * Each contestant once per round, in an order that turns with the rounds: nobody always comes after the same one.
 *
 * @returns the samples of each, in the order of the rounds
 */
export async function takeTurns<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds: number,
): Promise<Record<Name, Float64Array>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, new Float64Array(rounds)])) as Record<Name, Float64Array>;
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round) % names.length]!;
      const taken = contestants[name]();
      samples[name][round] = typeof taken === 'number' ? taken : await taken;
    }
  }
  return samples;
}

/** Median of the ratios of samples that were taken in the same rounds. */
export const pairedRatios = (ours: Float64Array, other: Float64Array): Float64Array => ours.map((value, round) => value / other[round]!);
