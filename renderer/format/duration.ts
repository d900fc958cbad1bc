/** Durations and ages. Ranges: below a second in milliseconds, below a minute in seconds, then two units. */

import { MINUS } from './amount.ts';

const pad = (value: number): string => String(value).padStart(2, '0');

/** An age or a distance: `850 ms`, `4.2 s`, `48 s`, `12m 08s`, `3h 10m`, `2d 04h`. Negative ones carry U+2212. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const sign = ms < 0 ? MINUS : '';
  const size = Math.abs(ms);
  if (size < 999.5) return `${size >= 0.5 ? sign : ''}${Math.round(size)} ms`;
  if (size < 9_950) return `${sign}${(size / 1000).toFixed(1)} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 60) return `${sign}${seconds} s`;
  return sign + formatLong(seconds);
}

function formatLong(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${pad(Math.floor((seconds % 3600) / 60))}m`;
  return `${Math.floor(seconds / 86_400)}d ${pad(Math.floor((seconds % 86_400) / 3600))}h`;
}

/** A running counter: whole seconds, `8s`, `12m 08s`, `3h 10m`. Never negative. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds}s` : formatLong(seconds);
}

/** A measured time, in the unit that a reader compares: `0.42 ms`, `38 ms`, `1.84 s`. */
export function formatMeasured(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size: whole bytes below 1 KiB, then three significant digits. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${bytes} B`;
  return `${size < 10 ? size.toFixed(2) : size < 100 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}
