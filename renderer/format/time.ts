/**
 * Times on the screen, by one remembered switch: UTC, local, or relative to the crash. They arrive as ISO 8601 in UTC with up
 * to nine decimals; the decimals are kept, never rounded through a Date.
 */

import { MINUS } from './amount.ts';

export const TIME_MODES = ['utc', 'local', 'relative'] as const;
export type TimeMode = (typeof TIME_MODES)[number];

export interface TimeFrame {
  readonly mode: TimeMode;
  /** Milliseconds since the epoch of the crash; null where it is not known: then relative is to `nowMs`. */
  readonly crashMs: number | null;
  readonly nowMs: number;
}

/** Digits after the second. */
export type Precision = 0 | 3 | 6 | 9;

const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;

/** Milliseconds since the epoch with the fraction that the text has; null for text that is no UTC time. */
export function millisecondsOf(iso: string | null): number | null {
  const match = iso === null ? null : ISO.exec(iso);
  if (!match) return null;
  const seconds = Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(seconds)) return null;
  return seconds + Number((match[3] ?? '').padEnd(9, '0')) / 1e6;
}

const two = (value: number): string => String(value).padStart(2, '0');

function fractionText(iso: string, precision: Precision): string {
  if (precision === 0) return '';
  return `.${(ISO.exec(iso)?.[3] ?? '').padEnd(9, '0').slice(0, precision)}`;
}

/** `+02:00` of this machine at that moment. */
export function localOffset(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? MINUS : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Seconds relative to the crash: `T+00:12.300`, `T\u221203:04.120`, with hours where there are any. */
export function formatRelative(deltaMs: number, precision: Precision): string {
  const units = 10 ** precision;
  let rest = Math.round(Math.abs(deltaMs) * (units / 1000));
  const negative = deltaMs < 0 && rest > 0;
  const fraction = precision === 0 ? '' : `.${String(rest % units).padStart(precision, '0')}`;
  rest = Math.floor(rest / units);
  const hours = Math.floor(rest / 3600);
  const clock = `${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}${fraction}`;
  return `T${negative ? MINUS : '+'}${hours > 0 ? `${hours}:` : ''}${clock}`;
}

/**
 * One time as text, with its zone where `zone` is set. The date stands before it where it is not the day of `frame.nowMs`.
 * Text that is no UTC time is shown as it came.
 */
export function formatTimestamp(iso: string, frame: TimeFrame, options: { precision?: Precision; zone?: boolean } = {}): string {
  const ms = millisecondsOf(iso);
  if (ms === null) return iso;
  const precision = options.precision ?? 3;
  if (frame.mode === 'relative') {
    return formatRelative(ms - (frame.crashMs ?? frame.nowMs), precision === 9 || precision === 6 ? 6 : precision);
  }
  const fraction = fractionText(iso, precision);
  if (frame.mode === 'utc') {
    const today = new Date(frame.nowMs).toISOString().slice(0, 10);
    const day = iso.slice(0, 10);
    return `${day === today ? '' : `${day} `}${iso.slice(11, 19)}${fraction}${options.zone ? ' UTC' : ''}`;
  }
  const date = new Date(Math.floor(ms));
  const now = new Date(frame.nowMs);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${fraction}`;
  return `${day === today ? '' : `${day} `}${clock}${options.zone ? ` ${localOffset(ms)}` : ''}`;
}

/** For axes: the time of a number of milliseconds, with as many digits as a step of `stepMs` needs. */
export function formatAxisTime(ms: number, frame: TimeFrame, stepMs: number): string {
  const precision: Precision = stepMs >= 1000 ? 0 : stepMs >= 1 ? 3 : 6;
  if (frame.mode === 'relative') return formatRelative(ms - (frame.crashMs ?? frame.nowMs), precision);
  const micro = Math.round((ms - Math.floor(ms)) * 1000);
  const iso = new Date(Math.floor(ms)).toISOString().replace('Z', `${String(micro).padStart(3, '0')}Z`);
  const text = formatTimestamp(iso, { ...frame, nowMs: ms }, { precision });
  return text;
}

export const timeModeLabel = (mode: TimeMode): string => ({ utc: 'UTC', local: 'Local', relative: 'From crash' })[mode];
