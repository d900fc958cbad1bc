/**
 * Names every test that did not run, with the reason that its `context.skip(reason)` gave, and writes the counts for
 * scripts/test.ts (REARM_TEST_RESULT). A test that is skipped without a reason fails the run.
 */

import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: readonly { readonly test: string; readonly reason: string }[];
}

/** One line for each reason: how many tests of which files. */
export function notRunLines(notRun: StageResult['notRun']): string[] {
  const byReason = Map.groupBy(notRun, (entry) => entry.reason);
  return [...byReason].map(([reason, entries]) => {
    const files = [...new Set(entries.map((entry) => entry.test.split(' > ')[0]))];
    const what = entries.length === 1 ? entries[0]!.test : `${entries.length} tests of ${files.join(', ')}`;
    return `not run: ${what}: ${reason}`;
  });
}

export default class NotRunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    const notRun: { test: string; reason: string }[] = [];
    const unexplained: string[] = [];
    for (const module of modules) {
      const broken = module.state() === 'failed';
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else if (result.state === 'skipped' && result.note) notRun.push({ test: name, reason: result.note });
        // A hook that failed skips its tests: the module fails by itself. A filter on the command line is the person's own.
        else if (!broken && !process.argv.some((argument) => argument === '-t' || argument.startsWith('--testNamePattern')))
          unexplained.push(name);
      }
    }
    for (const name of unexplained) console.error(`skipped without a reason: ${name}`);
    if (unexplained.length > 0) process.exitCode = 1;
    const file = process.env.REARM_TEST_RESULT;
    const result: StageResult = { passed, failed: failed + unexplained.length, notRun };
    if (file) writeFileSync(file, JSON.stringify(result));
    else for (const line of notRunLines(notRun)) console.log(line);
  }
}
