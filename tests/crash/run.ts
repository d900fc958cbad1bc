/** Starts the worker, kills it at a moment, and says what it had submitted and what had been acknowledged. */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { History } from '../../simulation/model/history.ts';
import type { Random } from '../../simulation/model/random.ts';
import type { Operation } from '../../simulation/model/reference.ts';
import type { ConfigInput } from '../support/desk.ts';
import type { WorkerTask } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const ACCEPTOR = fileURLToPath(new URL('./acceptor.ts', import.meta.url));
/** Of compiled sources: most of what a short life costs is its start. */
const COMPILED = fileURLToPath(new URL('../output/compiled', import.meta.url));

const CADENCES: ConfigInput = {
  segmentBytes: 65_536,
  l1Ms: 5,
  l2Ms: 20,
  l3Ms: 150,
  l4Ms: 400,
  l3Keep: 2,
  syncMs: 7,
  markMs: 40,
  pruneMs: 50,
  windowMs: 200,
  retentionMs: 400,
  marketRetentionMs: 200,
};

/** Cadences by which a life of a second goes through every tier, prunes and frees; in one mode or the other. */
export const livelyConfig = (random: Random): ConfigInput => ({
  ...CADENCES,
  commit: random.chance(0.5) ? 'inline' : 'threaded',
  tiers: random.chance(0.75) ? 'thread' : 'inline',
  frameAlignmentBytes: random.chance(0.25) ? 4096 : 8,
});

export interface Death {
  /** Highest LSN that was acknowledged; 0 for none. */
  readonly acknowledged: number;
  readonly acknowledgements: number;
  /** When each became known, by CLOCK_MONOTONIC. */
  readonly times: readonly { readonly lsn: number; readonly atNs: bigint }[];
  readonly alarms: readonly string[];
  /** What it ended with, where it ended by itself. */
  readonly words: string;
}

/** What happens to the machine while the worker runs. */
export interface Fault {
  readonly strike: (pid: number) => void;
  /** How long the worker goes on after it. */
  readonly thenMs: number;
}

/** What a process says when it begins to make, to open or to accept the store, and when it begins to trade. */
export type Moment = 'opening' | 'ready';

/** Kills a process that accepts the recovery of a store `ms` after it has begun; it may have ended by then. */
export async function killAccepting(root: string, ms: number): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', ACCEPTOR, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), ms));
  await new Promise((resolve) => child.once('close', resolve));
}

/**
 * Runs the worker for `ms` after a moment, and kills it. Its submissions are added to the history.
 *
 * @param fault what happens then, before the kill; the worker may end by itself of it
 */
export async function runAndKill(task: WorkerTask, ms: number, history: History, fault?: Fault, from: Moment = 'ready'): Promise<Death> {
  const [program, ...before] = [...(task.under ?? []), process.execPath];
  const child = spawn(program!, [...before, '--no-warnings', WORKER, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  let killed = false;
  let broken: Error | undefined;
  let out = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (timer === undefined && out.includes(`${from}\n`)) {
      timer = setTimeout(() => {
        try {
          fault?.strike(child.pid!);
        } catch (error) {
          // Nothing is left behind by a fault that could not be made.
          broken = error as Error;
        }
        killed = fault !== undefined;
        timer = setTimeout(
          () => {
            killed = child.kill('SIGKILL') || killed;
          },
          broken ? 0 : (fault?.thenMs ?? 0),
        );
      }, ms);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.once('close', (...how) => resolve(how)));
  clearTimeout(timer);
  if (broken) throw broken;
  if (!killed || (signal !== 'SIGKILL' && !fault)) throw new Error(`the worker ended by itself (${code ?? signal}): ${errors}`);
  const lines = out.slice(0, out.lastIndexOf('\n')).split('\n');
  const acknowledged = lines.flatMap((line) => {
    const [, lsn, atNs] = /^(\d+) (\d+)$/.exec(line) ?? [];
    return lsn === undefined ? [] : [{ lsn: Number(lsn), atNs: BigInt(atNs!) }];
  });
  const submitted = fs.readFileSync(task.submissions, 'utf8');
  // The last line may be cut: it was not handed over then.
  for (const line of submitted.slice(0, submitted.lastIndexOf('\n')).split('\n'))
    if (line !== '') history.add(JSON.parse(line) as Operation);
  return {
    acknowledged: Math.max(0, ...acknowledged.map(({ lsn }) => lsn)),
    acknowledgements: acknowledged.length,
    times: acknowledged,
    alarms: lines.filter((line) => line.startsWith('alarm')),
    words: errors,
  };
}
