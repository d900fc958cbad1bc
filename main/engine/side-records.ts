/**
 * Side records: logs, metrics, analytics. Asynchronous, in segments of their own, never synced; they may be lost, and nothing of
 * the trading state depends on them. A line is 16 lower-case hexadecimal digits, a space, a JSON object in UTF-8 and a line feed; the
 * digits are the XXH64 of the object's bytes, without the line feed. `at` is its time, `kind` "log", "metric" or "analytic", the rest
 * is the caller's. A line that does not match is skipped by readers.
 */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { formatTime } from '../../shared/units.ts';
import type { Clock, Scheduler, Storage, StoredFile } from '../storage/storage.ts';

const SEGMENT_BYTES = 16 << 20;
const KEPT = 8;
const NAME = /^\d{8}-\d{8}\.side$/;

const encoder = new TextEncoder();
const digits = (value: number) => value.toString().padStart(8, '0');

export class SideRecords {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #epoch: number;
  readonly #stop: () => void;
  #file: StoredFile | undefined;
  #segment = 0;
  #position = 0;
  #waiting: string[] = [];
  /** Records that could not be written. */
  lost = 0;

  constructor(storage: Storage, clock: Clock, scheduler: Scheduler, directory: string, epoch: number) {
    this.#storage = storage;
    this.#clock = clock;
    this.#directory = directory;
    this.#epoch = epoch;
    this.#stop = scheduler.every(200, () => this.flush());
  }

  append(kind: string, record: Readonly<Record<string, unknown>>): void {
    if (this.#waiting.length >= 10_000) {
      this.lost += 1;
      return;
    }
    const line = JSON.stringify({ at: formatTime(this.#clock.wallNs()), kind, ...record });
    this.#waiting.push(`${xxh64(line).toString(16).padStart(16, '0')} ${line}\n`);
  }

  /** Hands what is waiting to the system; not durable. A failure loses the records and is counted. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const count = this.#waiting.length;
    const bytes = encoder.encode(this.#waiting.join(''));
    this.#waiting = [];
    try {
      if (!this.#file || this.#position > SEGMENT_BYTES) this.#roll();
      this.#file!.write(bytes, 0, bytes.length, this.#position);
      this.#position += bytes.length;
    } catch {
      this.lost += count;
    }
  }

  #roll(): void {
    this.#file?.close();
    this.#segment += 1;
    this.#position = 0;
    this.#file = this.#storage.open(join(this.#directory, `${digits(this.#epoch)}-${digits(this.#segment)}.side`), 'create');
    const old = this.#storage
      .list(this.#directory)
      .filter((name) => NAME.test(name))
      .slice(0, -KEPT);
    for (const name of old) this.#storage.remove(join(this.#directory, name));
  }

  close(): void {
    this.#stop();
    this.flush();
    this.#file?.close();
    this.#file = undefined;
  }
}
