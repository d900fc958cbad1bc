/** From the moment at which the host sends a recovery's report until the Restart screen shows it. */

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { openServices } from '../../app/open-services.ts';
import type { Services } from '../../app/services.ts';
import { type DeskSize, ORDINARY, openDesk } from '../desk.ts';
import type { Bench } from '../measurements/measurement.ts';
import { repetitions } from '../measurements/measurement.ts';
import { type Row, rowOf } from '../row.ts';
import { median, quantile, spreadOf } from '../statistics.ts';
import { takeTurns } from '../turns.ts';
import { openBarePage, openConsolePage } from './browser.ts';
import { seen, shows, watch } from './watch.ts';

const LARGE: DeskSize = { positions: 100_000, orders: 50_000 };
const ROUNDS = 50;
const ROUNDS_SHORT = 5;
const BOUND_MS = 100;

const STORE = { store: 0 } as const;

/** Resolves when the host is about to send the report of a recovery that ended. */
const sent = (services: Services): Promise<number> =>
  new Promise((resolve) => {
    const end = services.on('recovery.changed', ({ view }) => {
      if (view.running || !view.report) return;
      end();
      resolve(Date.now());
    });
  });

export async function reportOnScreen({ directory, short }: Bench, browser: Browser): Promise<Row[]> {
  const root = join(directory, 'report-store');
  const size = short ? ORDINARY : LARGE;
  const engine = await openDesk({ root, size, config: { archive: false } });
  await engine.abandon();
  const services = await openServices({
    host: 'web',
    stores: [{ path: root, venues: null }],
    environment: { name: 'BENCH', colour: 'test' },
  });
  const { page, close } = await openConsolePage(browser, services, '2');
  const bare = await openBarePage(browser, '<p id="report"></p>');
  const [running, done] = ['Cancel recovery', 'Run again'].map((text) => ({ selector: '.sentence', text }));
  await shows(page, done!);
  let rounds = 0;
  const samples = await takeTurns(
    {
      ours: async () => {
        const report = sent(services);
        // While it runs the report of before is not shown: what comes then is this one's.
        await watch(page, [[running!], [done!]]);
        await services.handlers['recovery.run'](STORE);
        const [sentMs, { atMs }] = await Promise.all([report, seen(page)]);
        return atMs - sentMs;
      },
      limit: async () => {
        const { report } = await services.handlers['recovery.get'](STORE);
        rounds += 1;
        await watch(bare, [[{ selector: '#report', text: `"rounds":${rounds}` }]]);
        const sentMs = Date.now();
        await bare.evaluate(
          (text) => {
            document.querySelector('#report')!.textContent = text;
          },
          JSON.stringify({ ...report, rounds }),
        );
        return (await seen(bare)).atMs - sentMs;
      },
    },
    short ? ROUNDS_SHORT : ROUNDS,
  );
  await close();
  await bare.context().close();
  await services.close();
  const spread = (name: 'ours' | 'limit') => spreadOf(repetitions(samples[name]).map(median));
  const row = rowOf({
    name: 'console: report on screen after recovery, p50',
    unit: 'ms',
    ours: spread('ours'),
    limit: { by: 'bare page', spread: spread('limit') },
    targets: [{ against: 'bound', bound: BOUND_MS }],
    note: `${size.positions} positions, ${size.orders} orders; p95 ${quantile(samples.ours, 0.95).toFixed(1)} ms; two frames are in both`,
  });
  return [row];
}
