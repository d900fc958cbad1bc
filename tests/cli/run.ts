/** The terminal as a script runs it: a process of its own, its standard streams apart; and the desks that it is tried on. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { Gate } from '../../main/gate/gate.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { ERROR_CODES, type ErrorCode, SYSTEM_REMEDIES } from '../../shared/errors.ts';
import { ROOT } from '../support/imports.ts';

export const PROGRAM = join(ROOT, 'app/cli/rearm.ts');

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  /** Standard output; absent: a pipe that is read to its end. */
  readonly stdout?: number;
}

export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const { env, uid, stdout } = options;
  return spawn(process.execPath, [PROGRAM, ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', stdout ?? 'pipe', 'pipe'],
    env: { ...process.env, REARM_PASSPHRASE: undefined, ...env },
    ...(uid !== undefined && { uid, gid: uid }),
  });
}

export function ended(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, ...text }));
  });
}

/** Without a terminal: nothing to ask on, no progress to show. */
export const rearm = (args: readonly string[], options: RunOptions = {}): Promise<Ended> => ended(start(args, options));

/** The one document on standard output; nothing else was said. */
export function documentOf<T = Readonly<Record<string, unknown>>>(run: Ended): T {
  expect(run.stderr).toBe('');
  expect(run.stdout.endsWith('\n')).toBe(true);
  return JSON.parse(run.stdout) as T;
}

export const linesOf = <T>(run: Ended): T[] =>
  run.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** One line with a stable code, what was tried and what to do next; nothing on standard output. */
export function expectRefusal(run: Ended, status: number, code: ErrorCode): void {
  expect(run.stderr).toMatch(/^rearm: [A-Z_]+: \S[^\n]*\. \S[^\n]*\n$/);
  expect(run.stderr.split(': ')[1]).toBe(code);
  const [, system = ''] = /: ([A-Z]+)\. /.exec(run.stderr) ?? [];
  expect(run.stderr.endsWith(`. ${SYSTEM_REMEDIES[system] ?? ERROR_CODES[code].remedy}\n`)).toBe(true);
  expect(run.stdout).toBe('');
  expect([run.status, run.signal]).toEqual([status, null]);
}

/** Resolves with the first line of a stream that holds `text`; fails where the process ends without it. */
export const lineWith = (child: ChildProcess, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (line.includes(text)) resolve(line);
    });
    child.once('exit', (status) => reject(new Error(`it ended (${status}) and never said ${text}`)));
  });

export const temporaryFolder = (): string => fs.mkdtempSync(join(tmpdir(), 'rearm-cli-'));

export interface DemoDesk {
  readonly folder: string;
  readonly store: string;
  readonly venueConfig: string;
  readonly killedAtLsn: number;
  readonly acks: string;
  readonly submissions: string;
  /** What the command printed. */
  readonly run: Ended;
  stop(): Promise<void>;
}

/** `rearm demo`: venues that go on, and a store whose trading process was killed. */
export async function demoDesk(seed: number, seconds: number): Promise<DemoDesk> {
  const folder = temporaryFolder();
  const desk = join(folder, 'desk');
  const acks = join(folder, 'acks');
  const submissions = join(folder, 'submissions');
  const files = ['--acks', acks, '--submissions', submissions];
  const run = await rearm(['demo', desk, '--seed', String(seed), '--seconds', String(seconds), ...files, '--json']);
  const stop = async (): Promise<void> => {
    await rearm(['demo', desk, '--stop']);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  if (run.status !== 0) {
    await stop();
    throw new Error(`the demo desk was not made: ${run.stderr}`);
  }
  const { store, venueConfig, killedAtLsn } = JSON.parse(run.stdout) as Pick<DemoDesk, 'store' | 'venueConfig' | 'killedAtLsn'>;
  return { folder, store, venueConfig, killedAtLsn, acks, submissions, run, stop };
}

/** Resolves when no process has this id any more. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface AcceptedHead {
  readonly epoch: number;
  readonly lsn: number;
  readonly headHash: string;
}

/** `rearm recover STORE --accept`. */
export async function accept(store: string): Promise<AcceptedHead> {
  const run = await rearm(['recover', store, '--accept', '--by', 'trader-1', '--json']);
  expect(run.status).toBe(0);
  return documentOf<{ accepted: AcceptedHead }>(run).accepted;
}

export function gateOf(store: string): Gate {
  const { storage, clock } = nativePlatform;
  const { storeId } = readIdentity(storage, store);
  return Gate.open(store, { storage, clock, storeId, random: (bytes) => randomBytes(bytes) });
}

/** Proposes a dossier on an accepted head of a demo desk, as the console does. @returns its hash */
export function propose(store: string, { epoch, lsn, headHash }: AcceptedHead): string {
  const draft = {
    stateDigest: 'v1:00',
    recovery: { outcome: 'recovered', base: 'L2', lostAcknowledged: 0, replayed: 0, tornBytes: 0, sentence: 'Recovered from L2.' },
    breaks: [],
    exposure: { grossAtCrash: '0', netAtCrash: '0', grossNow: '0', netNow: '0', worthNow: '0' },
    limits: { gross: null, net: null, loss: null },
    venues: [],
    configurationHash: 'none',
    overrides: [],
    scope: { mode: 'REDUCING', venues: [], strategies: [] },
    bounds: { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' },
  } as const;
  return gateOf(store).propose({ by: 'trader-1', accepted: { epoch, lsn, headHash }, draft }).hash;
}
