/** An ext4 whose disk records every write and every flush: any moment of it can be made again, with any of the writes that no flush covers. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { volumeMissing } from './volume.ts';

const DISK = fileURLToPath(new URL('./recording-disk.py', import.meta.url));
/** The system's own: the package of the file system belongs to it. */
const PYTHON = '/usr/bin/python3';

/** Why there can be none here; null where there can. */
export function recordedVolumeMissing(): string | null {
  const missing = volumeMissing('ext4');
  if (missing) return missing;
  if (!fs.existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  return spawnSync(PYTHON, ['-c', 'import fusepy']).status === 0 ? null : 'fusepy is not installed';
}

export interface DiskWrite {
  readonly kind: 'write';
  /** CLOCK_MONOTONIC. */
  readonly atNs: bigint;
  readonly offset: number;
  readonly bytes: Uint8Array;
}
export type DiskEvent = DiskWrite | { readonly kind: 'flush'; readonly atNs: bigint };

const HEADER_BYTES = 21;

function readEvents(path: string): DiskEvent[] {
  const all = fs.readFileSync(path);
  const events: DiskEvent[] = [];
  for (let at = 0; at + HEADER_BYTES <= all.length; ) {
    const length = all.readUInt32LE(at + 17);
    const atNs = all.readBigUInt64LE(at + 1);
    const from = at + HEADER_BYTES;
    if (all[at] === 2) events.push({ kind: 'flush', atNs });
    else events.push({ kind: 'write', atNs, offset: Number(all.readBigUInt64LE(at + 9)), bytes: all.subarray(from, from + length) });
    at = from + length;
  }
  return events;
}

export class RecordedVolume {
  readonly path: string;
  readonly #bytes: number;
  readonly #directory: string;
  readonly #server: ChildProcess;
  #device: string | null = null;

  private constructor(directory: string, bytes: number, server: ChildProcess) {
    this.#directory = directory;
    this.#bytes = bytes;
    this.#server = server;
    this.path = join(directory, 'mounted');
  }

  static async make(megabytes: number): Promise<RecordedVolume> {
    const directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-recorded-'));
    const served = join(directory, 'served');
    for (const name of ['served', 'mounted', 'again']) fs.mkdirSync(join(directory, name));
    const bytes = megabytes << 20;
    const server = spawn(PYTHON, [DISK, served, String(bytes), join(directory, 'record')], { stdio: ['ignore', 'ignore', 'inherit'] });
    const volume = new RecordedVolume(directory, bytes, server);
    while (!fs.existsSync(join(served, 'disk'))) {
      if (server.exitCode !== null) throw new Error(`the recording disk ended with ${server.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Served by another process: whoever waits here for it must not be the one who is asked.
    volume.#device = execFileSync('losetup', ['--find', '--show', join(served, 'disk')], { encoding: 'utf8' }).trim();
    execFileSync('mkfs.ext4', ['-q', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', volume.#device]);
    execFileSync('mount', [volume.#device, volume.path]);
    return volume;
  }

  /** Ends the recording. @returns all of it, in the order of the disk */
  async end(): Promise<DiskEvent[]> {
    execFileSync('umount', [this.path]);
    execFileSync('losetup', ['--detach', this.#device!]);
    this.#device = null;
    const ended = once(this.#server, 'exit');
    execFileSync('umount', [join(this.#directory, 'served')]);
    await ended;
    return readEvents(join(this.#directory, 'record'));
  }

  /** The disk with these writes, mounted while `look` runs: what a machine finds that starts again. */
  at(writes: readonly DiskWrite[], durable: DurableImage, look: (path: string) => void): void {
    const image = join(this.#directory, 'image');
    durable.copyTo(image);
    const fd = fs.openSync(image, 'r+');
    for (const { bytes, offset } of writes) fs.writeSync(fd, bytes, 0, bytes.length, offset);
    fs.closeSync(fd);
    const again = join(this.#directory, 'again');
    execFileSync('mount', ['-o', 'loop', image, again]);
    try {
      look(again);
    } finally {
      execFileSync('umount', [again]);
    }
  }

  /** An empty disk, to which writes that a flush covered are added. */
  image(): DurableImage {
    return new DurableImage(join(this.#directory, 'durable'), this.#bytes);
  }

  remove(): void {
    if (this.#device !== null) {
      spawnSync('umount', [this.path]);
      spawnSync('losetup', ['--detach', this.#device]);
      spawnSync('umount', [join(this.#directory, 'served')]);
    }
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** What is on the disk whatever happens. */
export class DurableImage {
  readonly #path: string;

  constructor(path: string, bytes: number) {
    this.#path = path;
    fs.closeSync(fs.openSync(path, 'w'));
    fs.truncateSync(path, bytes);
  }

  add(writes: readonly DiskWrite[]): void {
    const fd = fs.openSync(this.#path, 'r+');
    for (const { bytes, offset } of writes) fs.writeSync(fd, bytes, 0, bytes.length, offset);
    fs.closeSync(fd);
  }

  copyTo(path: string): void {
    execFileSync('cp', ['--sparse=always', this.#path, path]);
  }
}
