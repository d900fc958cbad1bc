/** A thread that writes and syncs what it is handed through shared memory, and nothing else: the limit of the threaded commit. */

import fs from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';

interface Shared {
  readonly control: Int32Array;
  readonly bytes: Uint8Array;
  readonly fd: number;
}

const ASKED = 0;
const DONE = 1;
const LENGTH = 2;
const OFFSET = 3;

if (workerData?.bareWorker) {
  const { control, bytes, fd } = workerData.bareWorker as Shared;
  parentPort!.postMessage('ready');
  for (let turn = 0; ; turn += 1) {
    Atomics.wait(control, ASKED, turn);
    const length = Atomics.load(control, LENGTH);
    if (length < 0) break;
    fs.writeSync(fd, bytes, 0, length, Atomics.load(control, OFFSET));
    fs.fdatasyncSync(fd);
    Atomics.store(control, DONE, turn + 1);
    Atomics.notify(control, DONE);
  }
}

export class BareWorker {
  readonly #shared: Shared;
  readonly #worker: Worker;
  #turn = 0;

  private constructor(shared: Shared, worker: Worker) {
    this.#shared = shared;
    this.#worker = worker;
  }

  static async start(fd: number, bytesMax: number): Promise<BareWorker> {
    const shared = { control: new Int32Array(new SharedArrayBuffer(16)), bytes: new Uint8Array(new SharedArrayBuffer(bytesMax)), fd };
    const worker = new Worker(new URL(import.meta.url), { workerData: { bareWorker: shared } });
    await new Promise((resolve) => worker.once('message', resolve));
    return new BareWorker(shared, worker);
  }

  /** Resolves when it is written and synced. */
  async commit(bytes: Uint8Array, offset: number): Promise<void> {
    const { control } = this.#shared;
    this.#shared.bytes.set(bytes);
    Atomics.store(control, LENGTH, bytes.length);
    Atomics.store(control, OFFSET, offset);
    this.#ask();
    const waited = Atomics.waitAsync(control, DONE, this.#turn - 1);
    if (waited.async) await waited.value;
  }

  #ask(): void {
    this.#turn += 1;
    Atomics.store(this.#shared.control, ASKED, this.#turn);
    Atomics.notify(this.#shared.control, ASKED);
  }

  async stop(): Promise<void> {
    Atomics.store(this.#shared.control, LENGTH, -1);
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#ask();
    await ended;
  }
}
