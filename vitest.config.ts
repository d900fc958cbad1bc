/** Unit and property tests: beside the source, and in tests/. The end-to-end tests have vitest.e2e.config.ts. */

import { availableParallelism } from 'node:os';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{app,bench,main,renderer,shared,simulation,scripts}/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    exclude: ['tests/e2e/**', '**/node_modules/**', 'tests/output/**'],
    pool: 'forks',
    // One more than there are cores: much of the time goes into waiting for disks and for other processes.
    maxWorkers: availableParallelism() + 1,
    // Most of what a process of the terminal costs is reading its sources.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('tests/output/compile-cache', import.meta.url)),
      // Where file systems are made: not every root has it on its path.
      PATH: [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
    },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './tests/support/not-run-reporter.ts'],
  },
});
