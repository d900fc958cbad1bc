/** The launcher and the built program, as `npm start` uses them. */

import { expect, test } from 'vitest';
import { launch } from '../../app/launch.ts';
import { openServices } from '../../app/open-services.ts';
import { needRuntime } from './support/electron.ts';

test('Electron opens its window with the real services, and closing it ends the program', async (context) => {
  needRuntime(context);
  const lines: string[] = [];
  const launched = await launch({
    host: 'electron',
    stores: [],
    environment: { name: 'launch', colour: 'test' },
    openServices,
    print: (line) => lines.push(line),
  });
  context.onTestFinished(() => launched.close());
  expect(lines).toEqual([expect.stringMatching(/^The console is open in Electron \d+\.\d+\.\d+\.$/)]);
  await launched.close();
  await launched.closed;
});
