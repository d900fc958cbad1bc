/** A real file system in a file, mounted through a loop device, of which the power can be cut; or one in memory, which has none. */

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';

export type FileSystem = 'ext4' | 'xfs' | 'tmpfs';

/** Why there can be none here; null where there can. */
export function volumeMissing(type: FileSystem): string | null {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if (type === 'tmpfs') return null;
  if (spawnSync(`mkfs.${type}`, ['-V']).error) return `mkfs.${type} is not installed`;
  if (spawnSync('losetup', ['-f']).status !== 0) return 'there is no loop device';
  return null;
}

const libc = koffi.load('libc.so.6');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');
/** _IOR('X', 125, u32): FS_IOC_SHUTDOWN of ext4, XFS_IOC_GOINGDOWN. */
const SHUTDOWN = 0x8004587d;
/** Nothing more is written, not even the journal's present transaction: what a cut of the power leaves. */
const NOLOGFLUSH = 2;

export class Volume {
  readonly type: FileSystem;
  /** Where it is mounted. */
  readonly path: string;
  /** What is mounted; null for memory. */
  readonly #image: string | null;
  readonly #megabytes: number;
  readonly #directory: string;
  #mounted = false;

  constructor(type: FileSystem, megabytes: number) {
    this.type = type;
    this.#directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-volume-'));
    this.path = join(this.#directory, 'mounted');
    this.#megabytes = megabytes;
    this.#image = type === 'tmpfs' ? null : join(this.#directory, 'image');
    fs.mkdirSync(this.path);
    if (this.#image !== null) {
      fs.closeSync(fs.openSync(this.#image, 'w'));
      fs.truncateSync(this.#image, megabytes << 20);
      // Root may use what ext4 keeps back for it, and would never see the disk full.
      execFileSync(`mkfs.${type}`, [...(type === 'ext4' ? ['-m', '0'] : []), '-q', this.#image]);
    }
    this.mount();
  }

  mount(...options: readonly string[]): void {
    const [how, what] =
      this.#image === null
        ? [['-t', 'tmpfs', '-o', `size=${this.#megabytes}m`], 'tmpfs']
        : [['-o', ['loop', ...options].join(',')], this.#image];
    execFileSync('mount', [...how, what, this.path]);
    this.#mounted = true;
  }

  /** Takes what is free, to the last block. */
  fill(): void {
    for (let bytes = 1 << 28, number = 0; bytes >= 4096; number += 1)
      if (spawnSync('fallocate', ['-l', String(bytes), join(this.path, `filler-${number}`)]).status !== 0) bytes /= 2;
  }

  /** The kernel finds an error of the file system (ext4 only): it is read-only from here on, under whoever writes. */
  failFileSystem(): void {
    execFileSync('mount', ['-o', 'remount,abort,errors=remount-ro', this.path]);
  }

  /** The power is cut: nothing that is not durable in this moment ever will be; calls that come later fail. */
  cutPower(): void {
    const fd = fs.openSync(this.path, 'r');
    try {
      if (ioctl(fd, SHUTDOWN, 'uint32_t *', [NOLOGFLUSH]) !== 0) throw new Error(`the shutdown was refused: errno ${koffi.errno()}`);
    } finally {
      fs.closeSync(fd);
    }
  }

  unmount(): void {
    if (!this.#mounted) return;
    execFileSync('umount', [this.path]);
    this.#mounted = false;
  }

  /** The power is back: mounting replays the journal. */
  restart(): void {
    this.unmount();
    this.mount();
  }

  remove(): void {
    this.unmount();
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}
