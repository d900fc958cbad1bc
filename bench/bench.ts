/** `npm run bench [-- --json FILE] [--only ROW] [--short]`: the engine beside the limit and beside its peers. Fails where a row misses its target. */

import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadLimit } from './limit/limit.ts';
import { commitOf, machineOf } from './machine.ts';
import { MEASUREMENTS } from './measurements/index.ts';
import type { Row } from './row.ts';
import { tableOf } from './table.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    directory: { type: 'string', default: join(ROOT, 'dist/bench') },
  },
});

const chosen = MEASUREMENTS.filter(({ name }) => !values.only || name.startsWith(values.only) || values.only.startsWith(name));
if (chosen.length === 0) {
  console.error(`no row begins with ${values.only}; there are: ${MEASUREMENTS.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

fs.mkdirSync(values.directory, { recursive: true });
const directory = fs.mkdtempSync(join(values.directory, 'run-'));
const rows: Row[] = [];
const failed: string[] = [];
try {
  const limit = loadLimit();
  if (limit.by !== 'C') console.error('no C compiler is there: the limit is the bare calls of Node');
  for (const measurement of chosen) {
    console.error(`${measurement.name}`);
    const tell = (words: string): void => console.error(`  ${words}`);
    const started = performance.now();
    try {
      rows.push(...(await measurement.run({ directory, limit, short: values.short, tell })));
    } catch (error) {
      // What the others measured is worth having.
      console.error(error);
      failed.push(measurement.name);
    }
    console.error(`  ${Math.round((performance.now() - started) / 1000)} s`);
  }
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
const machine = machineOf(values.directory);
const commit = commitOf(ROOT);
const kept = values.only ? rows.filter(({ name }) => name.startsWith(values.only!)) : rows;
console.log(tableOf(kept));
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${machine.fileSystem}; ${commit ?? 'no checkout'}${values.short ? '; short' : ''}`,
);
if (values.json) fs.writeFileSync(values.json, `${JSON.stringify({ machine, commit, short: values.short, rows: kept }, null, 1)}\n`);
for (const name of failed) console.error(`not measured: ${name}`);
process.exitCode = failed.length === 0 && kept.every(({ pass }) => pass) ? 0 : 1;
