/** The venues of one store as the console shows them: asked again and again, told as each answer comes. */

import { existsSync } from 'node:fs';
import type { VenuesView } from '../../shared/contract/contract.ts';
import type { CancelReport, CancelScope, VenueReport } from '../../shared/contract/venues.ts';
import { RearmError } from '../../shared/errors.ts';
import { type OwnCancel, orderKey } from '../reconcile/break.ts';
import type { Clock } from '../storage/storage.ts';
import { isWhole } from '../venues/answer.ts';
import { type CancelLookup, cancelOrders } from '../venues/cancel.ts';
import { connectVenues, type VenueConnection } from '../venues/client.ts';
import { loadVenues } from '../venues/configuration.ts';
import { askVenue } from '../venues/query.ts';
import type { HeardVenue } from '../venues/worst-case.ts';

const CANCELS_SHOWN = 20;

export interface VenueDeskOptions {
  readonly clock: Clock;
  /** Path of the venue configuration; null: no venue can be asked. */
  readonly path: string | null;
  readonly symbols: (venue: string) => readonly string[];
  readonly lookup: () => CancelLookup;
  readonly changed: (view: VenuesView) => void;
}

export class VenueDesk {
  readonly #options: VenueDeskOptions;
  #connections: VenueConnection[] | undefined;
  #running: Promise<void> | undefined;
  #told: NodeJS.Timeout | undefined;
  readonly #reports = new Map<string, VenueReport>();
  readonly #heard = new Map<string, HeardVenue>();
  #cancels: CancelReport[] = [];
  /** Every order that ended by a cancel of this console: the list of cancels is cut. */
  readonly #cancelled = new Map<string, OwnCancel>();

  constructor(options: VenueDeskOptions) {
    this.#options = options;
  }

  get configured(): boolean {
    return this.#options.path !== null && existsSync(this.#options.path);
  }

  get view(): VenuesView {
    return { running: this.#running !== undefined, venues: this.reports, cancels: this.#cancels };
  }

  get reports(): VenueReport[] {
    return [...this.#reports.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Changes whenever a venue answers with other orders or positions than before, or answers no more. */
  get standing(): string {
    return JSON.stringify(
      this.reports.map(({ name, status, openOrders, positions }) => [
        name,
        status,
        openOrders.items.map(({ orderId, remaining }) => `${orderId} ${remaining}`).sort(),
        positions.items.map(({ account, symbol, quantity }) => `${account} ${symbol} ${quantity}`).sort(),
      ]),
    );
  }

  /** What each venue said when it last answered whole: what counts while it is silent. */
  get heard(): ReadonlyMap<string, HeardVenue> {
    return this.#heard;
  }

  /** @throws RearmError CONFIGURATION_INVALID, NOT_FOUND */
  async connections(): Promise<VenueConnection[]> {
    if (!this.configured)
      throw new RearmError('CONFIGURATION_INVALID', 'no venue is configured for this store', { path: this.#options.path });
    this.#connections ??= connectVenues((await loadVenues(this.#options.path!)).venues, this.#options.clock);
    return this.#connections;
  }

  /** Asks every venue, or joins the round that runs. Each venue is told as it answers; a slow one holds up nobody. */
  query(): Promise<void> {
    if (!this.configured) return Promise.resolve();
    this.#running ??= this.#query().finally(() => {
      this.#running = undefined;
      this.#tellNow();
    });
    this.#tell();
    return this.#running;
  }

  async #query(): Promise<void> {
    const connections = await this.connections();
    await Promise.all(
      connections.map(async (connection) => {
        const { report } = await askVenue(connection, {
          clock: this.#options.clock,
          symbols: this.#options.symbols,
          onReport: (report) => this.take(report),
        });
        this.take(report);
      }),
    );
  }

  /** An answer that is being asked for again does not blank the one that is on the screen. */
  take(report: VenueReport): void {
    const before = this.#reports.get(report.name);
    if (before && report.status === 'asking') return;
    this.#reports.set(report.name, report);
    const heard = this.#heard.get(report.name);
    this.#heard.set(report.name, {
      positions: isWhole(report.positions) ? report.positions : (heard?.positions ?? null),
      openOrders: isWhole(report.openOrders) ? report.openOrders : (heard?.openOrders ?? null),
    });
    this.#tell();
  }

  async cancel(scope: CancelScope, by: string): Promise<CancelReport> {
    const report = await cancelOrders(await this.connections(), {
      clock: this.#options.clock,
      scope,
      by,
      lookup: this.#options.lookup(),
      symbols: this.#options.symbols,
      onReport: (progress) => {
        this.#cancels = [progress, ...this.#cancels.filter((entry) => entry.id !== progress.id)].slice(0, CANCELS_SHOWN);
        this.#tell();
      },
    });
    for (const { venue, orderId, fate } of report.orders)
      if (fate === 'confirmed') this.#cancelled.set(orderKey(venue, orderId), { by, at: report.startedAt });
    this.#tellNow();
    void this.query();
    return report;
  }

  /** The orders that ended by a cancel of this console, as of now. */
  get cancelled(): ReadonlyMap<string, OwnCancel> {
    return new Map(this.#cancelled);
  }

  #tell(): void {
    this.#told ??= setTimeout(() => this.#tellNow(), 40);
  }

  #tellNow(): void {
    clearTimeout(this.#told);
    this.#told = undefined;
    this.#options.changed(this.view);
  }
}
