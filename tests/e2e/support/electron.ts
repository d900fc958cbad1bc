/** A real Electron for a test: `openElectron(context, ...)` skips the test with a reason where there is none. */

import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication } from 'playwright-core';
import type { TestContext } from 'vitest';
import { hasDisplay } from '../../../app/electron/display.ts';
import { findRuntime, type Runtime, runtimeSwitches } from '../../../app/electron/runtime.ts';
import { bundleNode, ROOT } from '../../../scripts/bundle.ts';

/** The runtime and a display for it; skips the test where one is missing. */
export function needRuntime(context: TestContext): Runtime {
  const runtime = findRuntime();
  if (!runtime)
    context.skip('Electron: no runtime: ELECTRON_OVERRIDE_DIST_PATH, node_modules/electron/dist and /opt/electron-* were looked at');
  if (!hasDisplay()) context.skip('Electron: no display, and no Xvfb');
  return runtime!;
}

const ATTACH = fileURLToPath(new URL('./attach.cjs', import.meta.url));
/** The uid and gid of nobody. */
const NOBODY = '65534';

/** Whether nobody can have a sandbox here: through user namespaces, or the helper that belongs to root. */
function sandboxPossible(runtime: Runtime): boolean {
  const helper = join(runtime.directory, 'chrome-sandbox');
  if (existsSync(helper) && (statSync(helper).mode & 0o4000) !== 0) return true;
  return spawnSync('setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'unshare', '-U', 'true']).status === 0;
}

/** A program that starts `executable` as somebody without rights, so that root too gets Chromium's sandbox. */
function asNobody(executable: string, data: string): string {
  chownSync(data, Number(NOBODY), Number(NOBODY));
  const script = join(data, 'start');
  const drop = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
  writeFileSync(script, `#!/bin/sh\nexport HOME='${data}' XDG_RUNTIME_DIR='${data}'\nexec ${drop} '${executable}' "$@"\n`, { mode: 0o755 });
  return script;
}

/** Bundles `support/NAME.ts` as the program behind the real entry. @returns the entry, for `openElectron` */
export async function bundleProgram(name: string): Promise<string> {
  const output = join(ROOT, 'tests/output', name);
  await bundleNode(output, { main: join(ROOT, 'app/electron/main.ts') }, 'cjs');
  await bundleNode(output, { program: join(ROOT, 'tests/e2e/support', `${name}.ts`) });
  return join(output, 'main.cjs');
}

/**
 * @param main the program's built entry
 * @param args its own arguments
 * @param sandboxed root drops its rights, so that the sandbox of the system is on as it is for a person
 */
export async function openElectron(
  context: TestContext,
  main: string,
  args: readonly string[] = [],
  sandboxed = false,
): Promise<ElectronApplication> {
  const runtime = needRuntime(context);
  if (sandboxed && process.getuid?.() === 0 && !sandboxPossible(runtime)) context.skip('Electron: the system allows no user namespaces');
  const data = mkdtempSync(join(tmpdir(), 'rearm-electron-'));
  const drop = sandboxed && process.getuid?.() === 0;
  const program = await _electron.launch({
    executablePath: drop ? asNobody(runtime.executable, data) : runtime.executable,
    args: [...(drop ? ['--disable-gpu'] : runtimeSwitches()), `--user-data-dir=${data}`, ATTACH, ...args],
    // Without this playwright switches the sandbox off.
    chromiumSandbox: drop || process.getuid?.() !== 0,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
      REARM_E2E_MAIN: main,
    },
  });
  context.onTestFinished(async () => {
    await program.close();
    rmSync(data, { recursive: true, force: true });
  });
  return program;
}
