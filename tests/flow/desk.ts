/** The demo desk of a test: crashed, its venues running; and trading processes on its store. All of it ends with the test. */

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { type Demo, runDemo, startTrader } from '../../app/demo/desk.ts';

/** What the control port of the venues tells; only what the tests look at. */
export interface Book {
  readonly venues: readonly {
    readonly name: string;
    readonly orders: readonly { readonly clientId: string; readonly type: string; readonly live: boolean; readonly external: boolean }[];
  }[];
  readonly events: readonly BookEvent[];
}

export interface BookEvent {
  readonly sequence: number;
  readonly kind: string;
  readonly venue: string | null;
  readonly key?: string;
  readonly clientIds?: readonly string[];
  readonly outcome?: string;
}

/** A trading process that was started by a test. */
export interface TradingProcess {
  readonly child: ChildProcess;
  /** Resolves when it says this; fails when it ends first. */
  says(state: 'halted' | 'trading' | 'closed'): Promise<Readonly<Record<string, unknown>>>;
  /** Everything that it said, in order. */
  readonly said: readonly string[];
  acknowledged(): number;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface CrashedDesk extends Demo {
  readonly root: string;
  readonly seed: number;
  book(): Promise<Book>;
  startTrader(): TradingProcess;
}

export const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => {
        child.once('exit', () => resolve());
      });

export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'rearm-desk-'));
  context.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Two venues and a store whose trading process was killed after `seconds` of trading. */
export async function crashedDesk(context: TestContext, seed: number, seconds: number): Promise<CrashedDesk> {
  const root = temporaryDirectory(context);
  const demo = await runDemo(root, { seed, seconds, lasting: false });
  context.onTestFinished(() => killed(demo.simulator.child, 'SIGTERM'));
  const { origin, token } = demo.simulator.control;
  return {
    ...demo,
    root,
    seed,
    book: async () => (await (await fetch(`${origin}/book`, { headers: { authorization: `Bearer ${token}` } })).json()) as Book,
    startTrader: () => tradingProcess(context, demo, seed),
  };
}

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended(child);
}

function tradingProcess(context: TestContext, demo: Demo, seed: number): TradingProcess {
  const said: Readonly<Record<string, unknown>>[] = [];
  const listeners = new Set<() => void>();
  const trader = startTrader(demo.paths, seed, {}, (message) => {
    said.push(message);
    for (const listener of listeners) listener();
  });
  const { child } = trader;
  context.onTestFinished(() => killed(child, 'SIGKILL'));
  return {
    child,
    get said() {
      return said.map(({ state }) => String(state));
    },
    says: (state) =>
      new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = said.find((message) => message.state === state);
          if (found) resolve(found);
          return found !== undefined;
        };
        if (look()) return;
        listeners.add(look);
        child.once('exit', (code, signal) => look() || reject(new Error(`the trading process ended (${code ?? signal}) before ${state}`)));
      }),
    acknowledged: () => trader.acknowledged(),
    kill: (signal) => killed(child, signal),
  };
}

/** Asks again and again until it holds; the test's own time limit ends it. */
export async function until<T>(ask: () => T | Promise<T>, holds: (value: Awaited<T>) => boolean): Promise<Awaited<T>> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Submissions of the trading process, as the venues received them. */
export const submissions = (book: Book): readonly BookEvent[] =>
  book.events.filter((event) => event.kind === 'create' && event.key === 'trade');

/** Nothing was ever sent twice: each client id came in one request, and each venue knows it once. */
export function expectNothingSentTwice(book: Book): void {
  const sent = submissions(book).map(({ venue, clientIds }) => `${venue} ${clientIds?.join()}`);
  expect(sent).toEqual([...new Set(sent)]);
  for (const venue of book.venues) {
    const known = venue.orders.filter((order) => !order.external).map((order) => order.clientId);
    expect(known).toEqual([...new Set(known)]);
  }
}
