/** What is judged on every real screen: accessibility, the policy, the console's own complaints; and a picture of it. */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { ROOT } from '../../../scripts/bundle.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const OUTPUT = join(ROOT, 'tests/output/desk');
const SIZES = [
  { width: 1920, height: 1080 },
  { width: 1440, height: 900 },
] as const;

/** Pictures at both sizes; the page is left at the smaller one. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true });
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await page.waitForTimeout(150);
    await page.screenshot({ path: join(OUTPUT, `${name}-${size.width}.png`) });
  }
}

/** Rules that are broken seriously, each with the first elements that break it. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Finding {
      readonly id: string;
      readonly impact: string | null;
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
    }
    const { axe } = window as unknown as { axe: { run(of: Document, options: object): Promise<{ violations: readonly Finding[] }> } };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`)
            .join('; ')}`,
      );
  });
}

/** What the page did against its policy, from its first moment on. Call it before the page is opened. */
export async function watchPolicy(context: BrowserContext): Promise<(page: Page) => Promise<readonly string[]>> {
  await context.addInitScript(() => {
    const violations: string[] = [];
    Object.assign(window, { violations });
    document.addEventListener('securitypolicyviolation', (event) => violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  return (page) => page.evaluate(() => (window as unknown as { violations: string[] }).violations);
}
