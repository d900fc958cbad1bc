import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatElapsed, formatMeasured } from './duration.ts';

describe('durations', () => {
  it('changes the unit where the reader does', () => {
    expect(formatDuration(0)).toBe('0 ms');
    expect(formatDuration(850)).toBe('850 ms');
    expect(formatDuration(999.9)).toBe('1.0 s');
    expect(formatDuration(4200)).toBe('4.2 s');
    expect(formatDuration(48_400)).toBe('48 s');
    expect(formatDuration(59_600)).toBe('1m 00s');
    expect(formatDuration(728_000)).toBe('12m 08s');
    expect(formatDuration(11_400_000)).toBe('3h 10m');
    expect(formatDuration(187_200_000)).toBe('2d 04h');
  });

  it('carries the sign of a clock offset', () => {
    expect(formatDuration(-340)).toBe('\u2212340 ms');
    expect(formatDuration(-0.2)).toBe('0 ms');
  });

  it('counts up in whole seconds and never below zero', () => {
    expect(formatElapsed(-5)).toBe('0s');
    expect(formatElapsed(8_900)).toBe('8s');
    expect(formatElapsed(728_400)).toBe('12m 08s');
  });

  it('shows measured times with the digits that matter', () => {
    expect(formatMeasured(0.418)).toBe('0.42 ms');
    expect(formatMeasured(3.14)).toBe('3.1 ms');
    expect(formatMeasured(38.4)).toBe('38 ms');
    expect(formatMeasured(1843)).toBe('1.84 s');
  });

  it('shows sizes', () => {
    expect(formatBytes(412)).toBe('412 B');
    expect(formatBytes(4096)).toBe('4.00 KiB');
    expect(formatBytes(13_002_342)).toBe('12.4 MiB');
    expect(formatBytes(536_870_912)).toBe('512 MiB');
  });
});
