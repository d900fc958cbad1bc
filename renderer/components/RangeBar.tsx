/** A figure inside its limits with its worst-case range, drawn to scale. The numbers stand beside it: this only shows where. */

interface RangeBarProps {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly limit: number | null;
  /** Net runs both ways from zero, gross from zero up. */
  readonly bothWays: boolean;
  readonly label: string;
}

const WIDTH = 240;
const HEIGHT = 12;

export function RangeBar({ value, low, high, limit, bothWays, label }: RangeBarProps) {
  const sizes = [value, low, high, limit].filter((number) => number !== null).map(Math.abs);
  const most = Math.max(1, ...sizes) * 1.04;
  const x = (number: number): number => (bothWays ? ((number + most) / (2 * most)) * WIDTH : (Math.max(0, number) / most) * WIDTH);
  const from = low ?? (bothWays ? null : 0);
  const to = high;
  const over = limit !== null && [low, high].some((end) => end !== null && Math.abs(end) > limit);
  return (
    <svg className="range" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect x="0" y="5" width={WIDTH} height="2" fill="var(--bar-soft)" />
      {from !== null && to !== null ? (
        <rect x={x(from)} y="3" width={Math.max(1, x(to) - x(from))} height="6" fill="var(--bar)" opacity="0.65" />
      ) : null}
      {over && limit !== null && to !== null && to > limit ? (
        <rect x={x(limit)} y="3" width={x(to) - x(limit)} height="6" fill="var(--high)" />
      ) : null}
      {over && limit !== null && low !== null && low < -limit ? (
        <rect x={x(low)} y="3" width={x(-limit) - x(low)} height="6" fill="var(--high)" />
      ) : null}
      {bothWays ? <rect x={x(0) - 0.5} y="2" width="1" height="8" fill="var(--soft)" /> : null}
      {limit === null ? null : <rect x={x(limit) - 0.75} y="0" width="1.5" height={HEIGHT} fill="var(--ink)" />}
      {limit === null || !bothWays ? null : <rect x={x(-limit) - 0.75} y="0" width="1.5" height={HEIGHT} fill="var(--ink)" />}
      {value === null ? null : <rect x={x(value) - 1.5} y="1" width="3" height="10" fill="var(--ink)" />}
    </svg>
  );
}
