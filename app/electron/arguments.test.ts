import { expect, test } from 'vitest';
import { argumentsOf, parseArguments, refusedSwitch } from './arguments.ts';
import { externalAllowed } from './external.ts';

test('what the launcher hands over is what the program reads', () => {
  const options = {
    stores: [
      { path: '/a b/::x', venues: '/v.json' },
      { path: '/c', venues: null },
    ],
    environment: { name: 'desk = 1', colour: 'demo' as const },
  };
  expect(parseArguments(['electron', '--no-sandbox', 'main.js', ...argumentsOf(options)])).toEqual({ host: 'electron', ...options });
});

test.each([[['--colour=pink']], [['--venues=/v.json']]])('%s is refused', (argv) => {
  expect(() => parseArguments(argv)).toThrow(/--/);
});

test('a packaged program refuses what would open it to a debugger', () => {
  const has = (name: string): boolean => name === 'remote-debugging-port';
  expect(refusedSwitch(true, has)).toBe('remote-debugging-port');
  expect(refusedSwitch(false, has)).toBeNull();
  expect(refusedSwitch(true, () => false)).toBeNull();
});

test('only listed https origins are opened outside', () => {
  const list = ['https://status.example.com'];
  expect(externalAllowed('https://status.example.com/now', list)).toBe(true);
  for (const address of [
    'http://status.example.com/',
    'https://status.example.com.evil.net/',
    'https://status.example.com:8443/',
    'https://user@status.example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'not an address',
  ]) {
    expect(externalAllowed(address, list)).toBe(false);
  }
  expect(externalAllowed('https://status.example.com/now')).toBe(false);
});
