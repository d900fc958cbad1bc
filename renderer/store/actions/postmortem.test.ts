import { expect, it } from 'vitest';
import type { Bridge, Payload, Reply, RequestName } from '../../../shared/contract/contract.ts';
import { LAST_LSN } from '../../testing/data/world.ts';
import { createFixture } from '../../testing/fixture.ts';
import { createConsole } from '../console.ts';

/** A console whose questions about changes are answered when the test says so. */
async function heldBack() {
  const inner = createFixture('crashed', 0);
  const asked: { readonly name: RequestName; readonly lsn: number; answer(): void }[] = [];
  const bridge: Bridge = {
    async request<R extends RequestName>(name: R, payload: Payload<R>): Promise<Reply<R>> {
      const reply = inner.request(name, payload);
      if (name !== 'postmortem.change' && name !== 'postmortem.state') return reply;
      await new Promise<void>((resolve) => asked.push({ name, lsn: (payload as { lsn: number }).lsn, answer: resolve }));
      return reply;
    },
    subscribe: inner.subscribe,
  };
  const object = createConsole({ bridge, storage: null, clock: Date.now });
  await object.actions.load();
  await object.actions.loadDeath();
  const changeAt = (lsn: number) => object.store.getState().postmortem.changes[lsn]?.state;
  return { object, asked, changeAt };
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

it('a cursor that runs on asks at once for where it began, then for where it is, and not for what it passed', async () => {
  const { object, asked, changeAt } = await heldBack();
  for (let lsn = LAST_LSN - 1; lsn >= LAST_LSN - 40; lsn -= 1) object.actions.moveCursor(lsn);
  expect(asked.map(({ lsn }) => lsn)).toEqual([LAST_LSN - 1]);
  asked[0]!.answer();
  await turn();
  expect(asked.map(({ lsn }) => lsn)).toEqual([LAST_LSN - 1, LAST_LSN - 40]);
  asked[1]!.answer();
  await turn();
  expect(changeAt(LAST_LSN - 40)).toBe('here');
  expect(asked.length).toBe(2);
  // What is here is not asked for again; the next record is.
  object.actions.moveCursor(LAST_LSN - 1);
  object.actions.moveCursor(LAST_LSN - 2);
  await turn();
  expect(asked.map(({ lsn }) => lsn)).toEqual([LAST_LSN - 1, LAST_LSN - 40, LAST_LSN - 2]);
});

it('moving the cursor asks for no state: its cost follows the size of the desk, and it is seldom shown', async () => {
  const { object, asked } = await heldBack();
  object.actions.moveCursor(LAST_LSN - 5);
  await turn();
  expect(asked.map(({ name }) => name)).toEqual(['postmortem.change']);
});
