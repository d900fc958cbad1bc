/**
 * A thread as the system lists it. That a thread ended is an event in Node, and no event comes while the thread that waits for it is blocked; the
 * list can be looked at then, too.
 */

import fs from 'node:fs';

/** Where the calling thread is listed; empty where the system does not tell. */
export function ownTask(): string {
  try {
    return `/proc/${fs.readlinkSync('/proc/thread-self')}`;
  } catch {
    return '';
  }
}

/** Whether the thread is there. It takes some microseconds: for somebody who has waited already. */
export const isListed = (task: string): boolean => task === '' || fs.existsSync(task);
