/**
 * `npm test [-- --stage check|unit|e2e] [--long]`: check, unit and property tests, end-to-end tests. What could not run is named with its
 * reason at the end and never counted as passed. A stage that fails does not keep the next from running.
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { notRunLines, type StageResult } from '../tests/support/not-run-reporter.ts';
import { buildAll, CONSOLE_PARTS } from './build.ts';
import { check } from './check.ts';
import { provideChromium } from './chromium.ts';
import { provideTools } from './packages.ts';
import { ROOT, run } from './run.ts';

const STAGES = ['check', 'unit', 'e2e'] as const;
const OUTPUT = join(ROOT, 'tests/output');

const { values } = parseArgs({ options: { stage: { type: 'string', multiple: true }, long: { type: 'boolean', default: false } } });
const chosen = STAGES.filter((stage) => !values.stage || values.stage.includes(stage));
if (chosen.length === 0) throw new Error(`--stage is one of ${STAGES.join(', ')}`);

const failures: string[] = [];
const results: StageResult[] = [];

async function vitest(stage: string, config: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true });
  const file = join(OUTPUT, `${stage}.json`);
  rmSync(file, { force: true });
  const status = await run('vitest', ['run', '--config', config], {
    ...env,
    ...(values.long && { REARM_PROFILE: 'long' }),
    REARM_TEST_RESULT: file,
  });
  if (existsSync(file)) results.push(JSON.parse(readFileSync(file, 'utf8')) as StageResult);
  if (status !== 0 || !existsSync(file)) failures.push(stage);
}

if (chosen.includes('check')) failures.push(...(await check()));
if (chosen.includes('unit')) {
  console.log('\n== unit and property tests');
  await provideTools();
  await vitest('unit', 'vitest.config.ts');
}
if (chosen.includes('e2e')) {
  console.log('\n== end-to-end tests');
  try {
    await buildAll(CONSOLE_PARTS, true);
    const chromium = await provideChromium();
    await vitest(
      'end-to-end',
      'vitest.e2e.config.ts',
      'path' in chromium ? { CHROME_PATH: chromium.path } : { REARM_NO_CHROMIUM: chromium.reason },
    );
  } catch (thrown) {
    console.error(thrown);
    failures.push('build');
  }
}

const sum = (of: (result: StageResult) => number): number => results.reduce((total, result) => total + of(result), 0);
const notRun = results.flatMap((result) => result.notRun);
console.log('');
for (const line of notRunLines(notRun)) console.log(line);
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${sum((result) => result.passed)} passed, ${sum((result) => result.failed)} failed, ${notRun.length} not run`);
process.exitCode = failures.length === 0 ? 0 : 1;
