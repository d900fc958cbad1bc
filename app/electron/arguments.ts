/**
 * The program's own arguments: `--store=DIR` as often as there are stores, each followed by the `--venues=FILE` that belongs to it,
 * and the name and the colour of the environment. Chromium's own switches stand beside them; those that would open a packaged
 * program to a debugger are refused.
 */

import { resolve } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import type { ConsoleOptions } from '../services.ts';

const COLOURS = ['production', 'test', 'demo'] as const;
type Colour = (typeof COLOURS)[number];

/** Switches that hand a packaged program to whoever can reach a port or a pipe. */
const REMOTE_SWITCHES = ['remote-debugging-port', 'remote-debugging-pipe', 'remote-debugging-address', 'remote-allow-origins'];

export const argumentsOf = (options: Omit<ConsoleOptions, 'host'>): string[] => [
  ...options.stores.flatMap((store) => [
    `--store=${resolve(store.path)}`,
    ...(store.venues === null ? [] : [`--venues=${resolve(store.venues)}`]),
  ]),
  `--environment=${options.environment.name}`,
  `--colour=${options.environment.colour}`,
];

export function parseArguments(argv: readonly string[]): ConsoleOptions {
  const stores: { path: string; venues: string | null }[] = [];
  let name = 'production';
  let colour: Colour = 'production';
  for (const argument of argv) {
    const [, key, value] = /^--(store|venues|environment|colour)=(.+)$/s.exec(argument) ?? [];
    if (key === 'store') stores.push({ path: resolve(value!), venues: null });
    if (key === 'venues') {
      const store = stores.at(-1);
      if (!store) throw new RearmError('USAGE', '--venues=FILE stands before any --store=DIR.');
      store.venues = resolve(value!);
    }
    if (key === 'environment') name = value!;
    if (key === 'colour') {
      const known = COLOURS.find((candidate) => candidate === value);
      if (!known) throw new RearmError('USAGE', `--colour=${value} is none of ${COLOURS.join(', ')}.`);
      colour = known;
    }
  }
  return { host: 'electron', stores, environment: { name, colour } };
}

/** The switch that a packaged program refuses to run with, or null. */
export const refusedSwitch = (packaged: boolean, has: (name: string) => boolean): string | null =>
  packaged ? (REMOTE_SWITCHES.find(has) ?? null) : null;
