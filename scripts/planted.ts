/**
 * `npm run planted [-- --only WORDS] [--share N/OF] [--quick] [--json FILE] [--list]`: plants bugs in a copy of the project, one at a time, and
 * runs the checks until one catches it. Says which check caught each, and by what; fails where one is caught by none. `--quick` leaves out
 * the checks that take minutes.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HAND_MADE, type PlantedBug, plant } from './planted-bugs.ts';
import { COPIED, checksOf, failureOf } from './planted-catch.ts';
import { type Catch, keepCatch, lastCatch } from './planted-catches.ts';
import { EQUIVALENT } from './planted-equivalent.ts';
import { checks, syncs } from './planted-source.ts';
import { ROOT } from './run.ts';

interface Outcome {
  readonly name: string;
  /** null where nothing caught it. */
  readonly caught: Catch | null;
}

/** @throws Error where a check fails that has nothing to catch: it proves nothing then */
async function tryOut(bug: PlantedBug, directory: string, quick: boolean, sound: Set<string>): Promise<Outcome> {
  const path = join(directory, bug.file);
  const whole = readFileSync(path, 'utf8');
  for (const check of checksOf(bug.file, directory, lastCatch(bug.name))) {
    if (quick && !check.quick) break;
    writeFileSync(path, plant(bug, whole));
    const caught = await failureOf(check, directory);
    writeFileSync(path, whole);
    if (caught === null) continue;
    const command = check.command.join(' ');
    const without = sound.has(command) ? null : await failureOf(check, directory);
    if (without !== null) throw new Error(`${command} fails where nothing is planted, it cannot catch ${bug.name}: ${without.words}`);
    sound.add(command);
    keepCatch(bug.name, caught);
    return { name: bug.name, caught };
  }
  return { name: bug.name, caught: null };
}

async function tryAll(bugs: readonly PlantedBug[], quick: boolean): Promise<Outcome[]> {
  const directory = mkdtempSync(join(tmpdir(), 'rearm-planted-'));
  const outcomes: Outcome[] = [];
  /** Checks that passed where nothing is planted. */
  const sound = new Set<string>();
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const [index, bug] of bugs.entries()) {
      const outcome = await tryOut(bug, directory, quick, sound);
      outcomes.push(outcome);
      const { caught } = outcome;
      console.log(`${index + 1}/${bugs.length} ${bug.name}\n    ${caught ? `${caught.by}: ${caught.words}` : 'NOT CAUGHT'}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return outcomes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      share: { type: 'string', default: '1/1' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  const [share, shares] = values.share.split('/').map(Number) as [number, number];
  const removed = checks(ROOT);
  const equivalent = removed.filter(({ key }) => Object.hasOwn(EQUIVALENT, key));
  const bugs = [...HAND_MADE, ...syncs(ROOT), ...removed.filter(({ key }) => !Object.hasOwn(EQUIVALENT, key))].filter(
    ({ name }, index) => (values.only === undefined || name.includes(values.only)) && index % shares === share % shares,
  );
  if (values.list) {
    for (const { name, file } of bugs) console.log(name.includes(file) ? name : `${name} (${file})`);
    for (const { name, key } of equivalent) console.log(`not planted: ${name}: ${EQUIVALENT[key]}`);
    console.log(`${bugs.length} to plant, ${equivalent.length} that nothing can show`);
    return;
  }
  const outcomes = await tryAll(bugs, values.quick);
  const survived = outcomes.filter(({ caught }) => caught === null).map(({ name }) => name);
  const caught = outcomes.flatMap(({ caught: catcher }) => (catcher ? [catcher.by] : []));
  const by = Object.entries(Object.groupBy(caught, (name) => name)).map(([name, all]) => [name, all!.length] as const);
  console.log(`\n${bugs.length} planted, ${caught.length} caught (${by.map(([name, count]) => `${name} ${count}`).join(', ')})`);
  for (const name of survived) console.log(`not caught${values.quick ? ' by what is quick' : ''}: ${name}`);
  if (values.json)
    writeFileSync(
      values.json,
      JSON.stringify({
        planted: bugs.length,
        caught: caught.length,
        equivalent: equivalent.length,
        by: Object.fromEntries(by),
        survived,
        outcomes,
      }),
    );
  process.exitCode = survived.length > 0 ? 1 : 0;
}

await main();
