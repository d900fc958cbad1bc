/** `npm run check`: format and lint, types, boundaries; the same everywhere. Runs all of them and fails if one does. */

import { run } from './run.ts';

const STEPS = [
  ['format and lint', 'biome', ['ci', '--max-diagnostics=40', '.']],
  ['types', 'tsc', ['-p', '.']],
  ['boundaries', 'vitest', ['run', '--config', 'vitest.config.ts', 'tests/boundaries.test.ts']],
] as const;

/** The names of the steps that failed. */
export async function check(): Promise<string[]> {
  const failed: string[] = [];
  for (const [name, program, args] of STEPS) {
    console.log(`\n== ${name}`);
    if ((await run(program, args)) !== 0) failed.push(name);
  }
  return failed;
}

if (import.meta.main) {
  const failed = await check();
  console.log(failed.length === 0 ? '\ncheck: all passed' : `\ncheck: failed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
