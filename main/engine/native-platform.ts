/** The real platform: this machine's file system, clocks and timers. */

import fs from 'node:fs';
import { NativeStorage, systemClock, timerScheduler } from '../storage/native.ts';
import type { Platform } from './start.ts';

function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim();
  } catch {
    return '';
  }
}

export const nativePlatform: Platform = { storage: new NativeStorage(), clock: systemClock, scheduler: timerScheduler, bootId: bootId() };
