/** The console of a test on a crashed desk, in this process, and what a person does with it. */

import { expect, type TestContext } from 'vitest';
import { type Console, openConsole } from '../../main/console/open-console.ts';
import type { ReconcileView } from '../../shared/contract/contract.ts';
import type { Break } from '../../shared/contract/reconcile.ts';
import { type CrashedDesk, until } from './desk.ts';

export const STORE = { store: 0 } as const;

export function consoleOn(context: TestContext, desk: CrashedDesk): Console {
  const console = openConsole({
    host: 'cli',
    version: '0.0.0',
    environment: { name: 'test', colour: 'test' },
    stores: [{ path: desk.paths.store, venues: desk.paths.venueConfig }],
  });
  context.onTestFinished(() => console.close());
  return console;
}

/** A round of which every question is asked from now on: one that runs already asked before. */
export async function reconciled({ handlers }: Console): Promise<ReconcileView> {
  const over = () =>
    until(
      () => handlers['reconcile.get'](STORE),
      ({ running }) => !running,
    );
  await over();
  await handlers['reconcile.run'](STORE);
  const view = await over();
  expect(view.error).toBeNull();
  return view;
}

export const blocking = (view: ReconcileView): Break[] => view.report!.breaks.filter((entry) => entry.blocking && entry.staged === null);

/** The first proposal of every break. */
export async function stageAll({ handlers }: Console, view: ReconcileView): Promise<ReconcileView> {
  for (const { id, proposals } of view.report!.breaks)
    await handlers['reconcile.stage']({ ...STORE, breakIds: [id], decision: proposals[0]!, comment: 'as proposed', by: 'trader-1' });
  return handlers['reconcile.get'](STORE);
}

/** What a person accepts: the recovery that the console shows. */
export async function seenBy(handlers: Console['handlers']): Promise<{ lsn: number; headHash: string | null }> {
  const { report } = await until(
    () => handlers['recovery.get'](STORE),
    ({ running, report }) => !running && report !== null,
  );
  return { lsn: report!.lsn, headHash: report!.headHash };
}

export const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
