/** Rows as a table for people, in Markdown. */

import type { Row, Unit } from './row.ts';

const DIGITS: Readonly<Partial<Record<Unit, number>>> = { us: 1, ms: 2, times: 2 };

const figure = (value: number, unit: Unit): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: DIGITS[unit] ?? 0, minimumFractionDigits: DIGITS[unit] ?? 0 });

function line({ name, unit, ours, limit, limitBy, peers, ratio, peerRatio, target, pass, spread }: Row): string[] {
  const shown = Object.entries(peers).map(([peer, value]) => `${peer} ${figure(value, unit)}`);
  const cost = (value: number | null): string => (value === null ? '' : value.toFixed(2));
  return [
    name,
    `${figure(ours, unit)} ${unit} (${figure(spread.ours.min, unit)} to ${figure(spread.ours.max, unit)})`,
    limit === null ? '' : `${figure(limit, unit)} ${limitBy}`,
    shown.join(', '),
    [cost(limit === null ? null : ratio), cost(peerRatio)].filter((text) => text !== '').join(' / '),
    target,
    pass ? 'yes' : 'NO',
  ];
}

/** Costs: of ours against the limit / against the best peer; below 1 ours is cheaper. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['', 'ours (min to max)', 'limit', 'peers', 'cost: limit / best peer', 'target', 'reached'];
  const lines = [head, head.map(() => '---'), ...rows.map(line)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
