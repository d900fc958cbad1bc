/** An instrument or an asset that a resolution names and the state does not know: defined first, as the venue lists it. */

import type { Intent } from '../../shared/model/operations.ts';
import { absolute, ONE, textOf, unitsOf } from '../venues/decimal.ts';
import type { VenueEvidence } from '../venues/evidence.ts';
import { at, type Ours } from './ours.ts';

/** Scale of an asset that nobody defined. */
const ASSET_SCALE = 8;
const SCALES_MAX = 12;

/** Decimal places of a step: 0.001 has three. null for a step that is no decimal, or none. */
function placesOf(step: string | null): number | null {
  const units = unitsOf(step);
  if (units === null || units === 0n) return null;
  const text = textOf(absolute(units));
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}

/** Places of an instrument's prices, by the state or, for one that is defined with this batch, by the venue's list. */
export const priceScaleOf = (ours: Ours, venues: readonly VenueEvidence[], venue: string, symbol: string): number =>
  ours.instruments.get(at(venue, symbol))?.priceScale ??
  placesOf(venues.find(({ report }) => report.name === venue)?.terms.get(symbol)?.tick ?? null) ??
  18;

/** To a state that knows no asset, the one in which everything settles is the reporting currency; of several nobody knows which. */
const isReporting = (ours: Ours, venues: readonly VenueEvidence[], asset: string): boolean =>
  ours.scales.size === 0 &&
  venues.every(({ report, terms }) => report.positions.items.every(({ symbol }) => (terms.get(symbol)?.settle ?? asset) === asset));

/** null where the venue's list does not say enough: the instrument has to be defined by hand then. */
export function instrumentDefinition(
  ours: Ours,
  venues: readonly VenueEvidence[],
  venue: string,
  symbol: string,
  timeNs: bigint,
): readonly Intent[] | null {
  if (ours.instruments.has(at(venue, symbol))) return [];
  const terms = venues.find(({ report }) => report.name === venue)?.terms.get(symbol);
  const [priceScale, quantityScale] = [placesOf(terms?.tick ?? null), placesOf(terms?.lot ?? null)];
  if (
    !terms ||
    terms.inverse ||
    terms.settle === '' ||
    priceScale === null ||
    quantityScale === null ||
    priceScale + quantityScale > SCALES_MAX
  )
    return null;
  const known = ours.scales.has(terms.settle);
  const asset: Intent = {
    type: 'asset.define',
    asset: terms.settle,
    scale: ASSET_SCALE,
    rate: isReporting(ours, venues, terms.settle) ? '1' : '0',
    time: timeNs,
  };
  const instrument: Intent = {
    type: 'instrument.define',
    venue,
    symbol,
    base: terms.base,
    settle: terms.settle,
    kind: terms.spot ? 'spot' : terms.expiresAt === null ? 'perpetual' : 'future',
    priceScale,
    quantityScale,
    multiplier: textOf(terms.multiplier === 0n ? ONE : terms.multiplier),
    tick: terms.tick ?? '',
    lot: terms.lot ?? '',
    tolerance: '',
  };
  return known ? [instrument] : [asset, instrument];
}
