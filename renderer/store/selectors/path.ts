/** The chosen path of a recovery, for drawing: what each tier gave, and why the others lost. */

import type { RecoveryReport, TierName, TierReport } from '../../../shared/contract/recovery.ts';
import { plural } from '../../format/words.ts';
import { pageSource } from './pages.ts';

export interface PathTier {
  readonly tier: TierReport;
  /** `base` gave the image, `salvage` gave single pages, `lost` gave nothing. */
  readonly role: 'base' | 'salvage' | 'lost';
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
  const gave = new Map<TierName, number>();
  for (let page = 0; page < report.pageMap.states.length; page += 1) {
    if (report.pageMap.states[page] !== 's') continue;
    const source = pageSource(report.pageMap, page);
    if (source !== null && source !== report.base) gave.set(source, (gave.get(source) ?? 0) + 1);
  }
  return {
    tiers: report.tiers.map((tier) => {
      const pages = gave.get(tier.tier) ?? 0;
      return {
        tier,
        role: tier.chosen || tier.tier === report.base ? 'base' : pages > 0 ? 'salvage' : 'lost',
        pages,
        behind: behindBase(tier, report),
      };
    }),
    ends: report.outcome === 'refused' ? 'refused' : report.outcome === 'empty' ? 'empty' : 'validated',
  };
}
