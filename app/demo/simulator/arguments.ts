/** The command line of the simulator. */

import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './simulator.ts';

export interface ProgramOptions {
  readonly simulator: SimulatorOptions;
  readonly configOut: string | null;
  readonly stateFile: string | null;
  readonly withParent: boolean;
}

export const USAGE = `node app/demo/simulator/main.ts --seed N
  [--tick-ms 100]         time between two ticks of the market
  [--stepped]             ticks only when the control port asks for them
  [--epoch-ms T]          time of tick 0 in stepped mode (default: now)
  [--config-out FILE]     writes the venue configuration there, mode 0600
  [--state FILE]          saves the whole world there, mode 0600, and goes on from it when it is there
  [--port-base 0]         control on N, venues on N+1, N+2; 0: any free ports
  [--funding-minutes 480] funding interval
  [--deposit 500000]      USDT that each account starts with
  [--with-parent]         ends when standard input closes`;

/** @throws RangeError for a number that is none, or is out of range; TypeError for an unknown option */
export function parseArguments(argv: readonly string[]): ProgramOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string' },
      'tick-ms': { type: 'string', default: '100' },
      stepped: { type: 'boolean', default: false },
      'epoch-ms': { type: 'string' },
      'config-out': { type: 'string' },
      state: { type: 'string' },
      'port-base': { type: 'string', default: '0' },
      'funding-minutes': { type: 'string', default: '480' },
      deposit: { type: 'string', default: '500000' },
      'with-parent': { type: 'boolean', default: false },
    },
  });
  const integer = (name: string, text: string | undefined, min: number, max: number): number => {
    const value = Number(text);
    if (text === undefined || !/^\d+$/.test(text) || value < min || value > max) {
      throw new RangeError(`--${name} needs a whole number from ${min} to ${max}`);
    }
    return value;
  };
  if (!/^\d{1,12}(\.\d{1,8})?$/.test(values.deposit)) throw new RangeError('--deposit needs a decimal number');
  return {
    simulator: {
      seed: integer('seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
      tickMs: integer('tick-ms', values['tick-ms'], 1, 3_600_000),
      stepped: values.stepped,
      epochMs: values['epoch-ms'] === undefined ? undefined : integer('epoch-ms', values['epoch-ms'], 0, 8e15),
      portBase: integer('port-base', values['port-base'], 0, 65_000),
      fundingMinutes: integer('funding-minutes', values['funding-minutes'], 1, 100_000),
      deposit: values.deposit,
    },
    configOut: values['config-out'] ?? null,
    stateFile: values.state ?? null,
    withParent: values['with-parent'],
  };
}
