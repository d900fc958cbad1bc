import { describe, expect, it } from 'vitest';
import { formatAxisTime, formatRelative, formatTimestamp, millisecondsOf, type TimeFrame } from './time.ts';

const crash = '2026-01-31T09:31:04.112000001Z';
const frame = (mode: TimeFrame['mode']): TimeFrame => ({
  mode,
  crashMs: millisecondsOf(crash),
  nowMs: Date.parse('2026-01-31T09:43:12Z'),
});

describe('times', () => {
  it('keeps nanoseconds in UTC', () => {
    expect(formatTimestamp(crash, frame('utc'), { precision: 9, zone: true })).toBe('09:31:04.112000001 UTC');
    expect(formatTimestamp(crash, frame('utc'))).toBe('09:31:04.112');
  });

  it('names the day where it is not today', () => {
    expect(formatTimestamp('2026-01-30T23:59:59Z', frame('utc'), { precision: 0 })).toBe('2026-01-30 23:59:59');
  });

  it('counts from the crash in the relative mode', () => {
    expect(formatTimestamp('2026-01-31T09:31:04.000Z', frame('relative'))).toBe('T\u221200:00.112');
    expect(formatTimestamp('2026-01-31T11:31:05.112Z', frame('relative'), { precision: 0 })).toBe('T+2:00:01');
  });

  it('carries a rounding into the minute', () => {
    expect(formatRelative(59_999.7, 3)).toBe('T+01:00.000');
    expect(formatRelative(-0.0001, 3)).toBe('T+00:00.000');
  });

  it('shows what is not a time as it came', () => {
    expect(formatTimestamp('yesterday', frame('utc'))).toBe('yesterday');
    expect(millisecondsOf('yesterday')).toBeNull();
    expect(millisecondsOf(null)).toBeNull();
  });

  it('gives axes the digits that their step needs', () => {
    const ms = Date.parse('2026-01-31T09:31:04.250Z');
    expect(formatAxisTime(ms, frame('utc'), 1000)).toBe('09:31:04');
    expect(formatAxisTime(ms, frame('utc'), 50)).toBe('09:31:04.250');
    expect(formatAxisTime(ms, frame('relative'), 50)).toBe('T+00:00.138');
  });
});
