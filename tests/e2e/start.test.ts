/** `npm start` as a person without a display meets it: links, the report as text, Ctrl-C, and a second start on what is there. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { ROOT } from '../../scripts/bundle.ts';
import { ended, temporaryDirectory, until } from '../flow/desk.ts';
import { openBrowser, openPage } from './support/chromium.ts';
import { sees } from './support/keyboard.ts';

interface Started {
  readonly child: ChildProcess;
  /** All that was printed by now. */
  output(): string;
  /** Resolves with the output when it holds this; fails when the program ends first. */
  prints(words: RegExp): Promise<string>;
}

function start(context: TestContext, root: string): Started {
  const { DISPLAY, WAYLAND_DISPLAY, ...environment } = process.env;
  // A group of its own: what npm and the shell start is signalled together, as a terminal does it.
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...environment, REARM_DEMO: root, REARM_SEED: '2' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  context.onTestFinished(async () => {
    for (const { pid } of ofStart({ child }, root)) if (alive(pid)) process.kill(pid, 'SIGKILL');
    await ended(child);
  });
  return {
    child,
    output: () => output,
    prints: (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (words.test(output)) resolve(output);
        };
        listeners.add(look);
        child.once('exit', (code, signal) => reject(new Error(`npm start ended (${code ?? signal}): ${output}`)));
        look();
      }),
  };
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** The processes of this machine. */
const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
      } catch {
        return [];
      }
    });

/** The processes that belong to a demo directory: npm, the start itself, venues and trading process. */
const ofStart = ({ child }: Pick<Started, 'child'>, root: string): Process[] =>
  processes().filter(({ group, command }) => group === child.pid || command.includes(root));

const linksIn = (output: string): string[] => [...output.matchAll(/http:\/\/127\.0\.0\.1:\d+\/enter\?token=\S+/g)].map(([link]) => link);

test('npm start without a display: links and report, the console, Ctrl-C ends all of it, a second start finds the store', {
  timeout: 240_000,
}, async (context) => {
  if (process.platform !== 'linux') context.skip('npm start: processes are found in /proc');
  const root = join(temporaryDirectory(context), 'demo');
  const browser = await openBrowser(context);

  const first = start(context, root);
  await first.prints(/second: +http/);
  const output = await first.prints(/RTO .* of 5\.00 s/);
  expect(output).toContain('Starting the demo desk: two venues and a trading process.');
  expect(output).toMatch(/killed with SIGKILL after [1-9]\d* acknowledged operations/);
  expect(output).toContain('The console opens in the browser: there is no display.');
  expect(output).toMatch(/Recovered from L[12] to LSN [\d,]+; .*no acknowledged operation lost/);
  const links = linksIn(output);
  expect(links).toHaveLength(2);
  expect(new Set(links).size).toBe(2);
  const { page, complaints } = await openPage(browser);
  await page.goto(links[0]!);
  await sees(page, '[aria-label="State of trading"]', 'TRADING HALTED');
  await sees(page, '.sentence', /Recovered from L[12] to LSN/);
  await sees(page, 'section[aria-label^="6."]', '2 of 2 answered');
  // A link works once: another browser is not let in by it.
  const stranger = await openPage(browser);
  await stranger.page.goto(links[0]!);
  expect(await stranger.page.locator('body').innerText()).not.toContain('TRADING');
  expect([...new Set(complaints)]).toEqual([]);
  await page.close();

  const running = ofStart(first, root);
  const commands = running.map(({ command }) => command).join('\n');
  expect(commands).toMatch(/app\/cli\/start\.ts/);
  expect(commands).toMatch(/app\/demo\/simulator\/main\.ts/);
  expect(commands).toMatch(/app\/demo\/trader\/main\.ts/);

  // A trading process that dies has a successor, which waits.
  const trader = running.find(({ command }) => command.includes('app/demo/trader/main.ts') && !command.startsWith('npm'))!;
  process.kill(trader.pid, 'SIGKILL');
  await first.prints(/The trading process ended \(SIGKILL\)\. Another one takes its place/);
  await until(
    async () => ofStart(first, root).filter(({ command }) => command.includes('app/demo/trader/main.ts')),
    (found) => found.length === 1 && found[0]!.pid !== trader.pid,
  );

  // Ctrl-C reaches the whole group, as from a terminal.
  process.kill(-first.child.pid!, 'SIGINT');
  await ended(first.child);
  expect(running.filter(({ pid }) => alive(pid) && ofStart(first, root).some((left) => left.pid === pid))).toEqual([]);
  expect(ofStart(first, root)).toEqual([]);
  expect(first.output()).not.toMatch(/INTERNAL|at .*\.ts:\d+/);
  expect(first.output().match(/The trading process ended/g)).toHaveLength(1);

  const second = start(context, root);
  await second.prints(/second: +http/);
  const again = await second.prints(/RTO .* of 5\.00 s/);
  expect(again).toContain(`The store of the last start is there: ${join(root, 'store')}.`);
  const sentence = /to LSN ([\d,]+);/;
  expect(sentence.exec(again)![1]).toBe(sentence.exec(output)![1]);
  const next = await openPage(browser);
  await next.page.goto(linksIn(again)[0]!);
  await sees(next.page, 'section[aria-label^="6."]', '2 of 2 answered');
  process.kill(-second.child.pid!, 'SIGINT');
  await ended(second.child);
  expect(ofStart(second, root)).toEqual([]);
});
