/**
 * `npm run planted [-- --only WORDS] [--share N/OF] [--json FILE] [--list]`: plants bugs in a copy of the project, one at a time, and runs the checks until one catches it.
 * Says which check caught each; fails where one is caught by none.
 */

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { HAND_MADE, type PlantedBug, syncs } from './planted-bugs.ts';
import { ROOT } from './run.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    share: { type: 'string', default: '1/1' },
    json: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const [share, shares] = values.share.split('/').map(Number) as [number, number];

/** In the order of what they cost; the simulation does not run the gate. */
const checksOf = (file: string): readonly (readonly [string, readonly string[]])[] => [
  ...(file.startsWith('main/gate/') ? [] : [['simulation', ['node', 'app/cli/rearm.ts', 'sim', '--seeds', '4', '--bail']] as const]),
  ['tests beside it', ['vitest', 'run', '--bail', '1', dirname(file)]],
  ['damage', ['node', 'app/cli/rearm.ts', 'fuzz', '--bail']],
  ['unit tests', ['vitest', 'run', '--bail', '1', 'main', 'simulation/model', 'tests/trace', 'tests/crash/log-failure.test.ts']],
  ['long simulation', ['node', 'app/cli/rearm.ts', 'sim', '--profile', 'long', '--seeds', '3', '--bail']],
  ['power cuts and deaths', ['vitest', 'run', '--bail', '1', 'tests/faults', 'tests/crash/kill.test.ts']],
];
/** A bug that makes a check hang is caught: without it the check ends in this time. */
const CHECK_MS_MAX = 300_000;
const COPIED = ['app', 'main', 'shared', 'simulation', 'tests', 'scripts', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

/** Whether the check passes in the copy. */
function passes(directory: string, [program, ...args]: readonly string[]): Promise<boolean> {
  const child = spawn(join(ROOT, 'node_modules/.bin', program!), args, {
    cwd: directory,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`, REARM_PROFILE: '' },
  });
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), CHECK_MS_MAX);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => {
      clearTimeout(timer);
      resolve(status === 0);
    });
  });
}

function plant({ name, file, from, to, occurrence }: PlantedBug, text: string): string {
  const places = text.split(from);
  if (occurrence === undefined && places.length !== 2) throw new Error(`${name}: its place in ${file} is there ${places.length - 1} times`);
  const at = (occurrence ?? 0) + 1;
  return `${places.slice(0, at).join(from)}${to}${places.slice(at).join(from)}`;
}

const bugs = [...HAND_MADE, ...syncs(ROOT)].filter(
  ({ name }, index) => (values.only === undefined || name.includes(values.only)) && index % shares === share % shares,
);
if (values.list) for (const { name, file } of bugs) console.log(`${name} (${file})`);
else {
  const directory = mkdtempSync(join(tmpdir(), 'rearm-planted-'));
  const caught = new Map<string, number>();
  const survived: string[] = [];
  /** Checks that pass where nothing is planted: only such a one can catch. */
  const sound = new Set<string>();
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const [number, planted] of bugs.entries()) {
      const path = join(directory, planted.file);
      const whole = readFileSync(path, 'utf8');
      writeFileSync(path, plant(planted, whole));
      let by: string | null = null;
      for (const [check, command] of checksOf(planted.file)) {
        if (await passes(directory, command)) continue;
        writeFileSync(path, whole);
        if (!sound.has(command.join(' ')) && !(await passes(directory, command)))
          throw new Error(
            `${command.join(' ')} fails, or takes over ${CHECK_MS_MAX / 1000} s, where nothing is planted: it cannot catch ${planted.name}`,
          );
        sound.add(command.join(' '));
        by = check;
        break;
      }
      writeFileSync(path, whole);
      if (by) caught.set(by, (caught.get(by) ?? 0) + 1);
      else survived.push(planted.name);
      console.log(`${number + 1}/${bugs.length} ${by ?? 'NOT CAUGHT'}: ${planted.name}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const by = [...caught].map(([check, count]) => `${check} ${count}`).join(', ');
  console.log(`\n${bugs.length} planted, ${bugs.length - survived.length} caught (${by})`);
  for (const name of survived) console.log(`not caught: ${name}`);
  if (values.json)
    writeFileSync(
      values.json,
      JSON.stringify({ planted: bugs.length, caught: bugs.length - survived.length, by: Object.fromEntries(caught), survived }),
    );
  process.exitCode = survived.length > 0 ? 1 : 0;
}
