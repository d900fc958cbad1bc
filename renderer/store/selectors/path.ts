/** The chosen path of a recovery, for drawing: what each tier gave, and why the others lost. */

import type { RecoveryReport, TierName, TierReport } from '../../../shared/contract/recovery.ts';
import { plural } from '../../format/words.ts';
import { pageSource } from './pages.ts';

export interface PathTier {
  readonly tier: TierReport;
  /** `base` gave the image, `cold` the tables that the base does not hold, `salvage` single pages, `lost` nothing. */
  readonly role: 'base' | 'cold' | 'salvage' | 'lost';
  /** Pages that it gave to a base that lacked them. */
  readonly pages: number;
  /** Why a tier that could have been the base is not; null where its own reason says it. */
  readonly behind: string | null;
}

/** A whole tier loses to a newer one; of equals the first is taken. */
export function behindBase(tier: TierReport, report: Pick<RecoveryReport, 'base' | 'baseLsn'>): string | null {
  if (tier.status !== 'valid' || tier.lsn === null || report.baseLsn === null || tier.tier === report.base) return null;
  const behind = report.baseLsn - tier.lsn;
  return behind > 0 ? `usable, ${plural(behind, 'operation')} behind ${report.base}` : `usable, as new as ${report.base}`;
}

export interface RecoveryPath {
  readonly tiers: readonly PathTier[];
  readonly ends: 'validated' | 'refused' | 'empty';
}

export function pathOf(report: RecoveryReport): RecoveryPath {
  const salvaged = new Map<TierName, number>();
  const cold = new Map<TierName, number>();
  for (let page = 0; page < report.pageMap.states.length; page += 1) {
    const source = pageSource(report.pageMap, page);
    if (source === null || source === report.base) continue;
    const gave = report.pageMap.states[page] === 's' ? salvaged : cold;
    gave.set(source, (gave.get(source) ?? 0) + 1);
  }
  return {
    tiers: report.tiers.map((tier) => {
      const isBase = tier.chosen || tier.tier === report.base;
      const mended = salvaged.get(tier.tier) ?? 0;
      const others = cold.get(tier.tier) ?? 0;
      return {
        tier,
        role: isBase ? 'base' : mended > 0 ? 'salvage' : others > 0 ? 'cold' : 'lost',
        pages: mended > 0 ? mended : others,
        behind: behindBase(tier, report),
      };
    }),
    ends: report.outcome === 'refused' ? 'refused' : report.outcome === 'empty' ? 'empty' : 'validated',
  };
}
