import { expect, test } from 'vitest';
import { senderAllowed } from './sender.ts';

const mainFrame = { origin: 'app://rearm' };
const contents = { mainFrame };
const allowed = (event: object): boolean => senderAllowed(event as never, { webContents: contents } as never);

test('the main frame of the window, on its own origin, is answered', () => {
  expect(allowed({ sender: contents, senderFrame: mainFrame })).toBe(true);
});

test.each<[string, object]>([
  ['a frame that is gone', { sender: contents, senderFrame: null }],
  ['a frame inside the page', { sender: contents, senderFrame: { origin: 'app://rearm' } }],
  ['another window', { sender: { mainFrame }, senderFrame: mainFrame }],
])('%s is not answered', (_, event) => {
  expect(allowed(event)).toBe(false);
});

test.each(['app://other', 'file://', 'https://rearm', 'null', 'app://rearm.evil'])('the page of %s is not answered', (origin) => {
  const frame = { origin };
  expect(senderAllowed({ sender: { mainFrame: frame }, senderFrame: frame } as never, { webContents: { mainFrame: frame } } as never)).toBe(
    false,
  );
  const sender = { mainFrame: frame };
  expect(senderAllowed({ sender, senderFrame: frame } as never, { webContents: sender } as never)).toBe(false);
});
