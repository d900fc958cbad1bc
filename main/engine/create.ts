/** A new store: its directory, identity, first epoch. */

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { formatTime } from '../../shared/units.ts';
import { Image, type RowBounds } from '../image/image.ts';
import type { HeldLock } from '../storage/storage.ts';
import { createIdentity, STORE_VERSION, type StoreIdentity } from '../store/identity.ts';
import { makeDirectories, storeLayout } from '../store/layout.ts';
import type { EngineConfig } from './config.ts';
import type { Engine, EngineParts } from './engine.ts';
import type { Alarm } from './health.ts';
import { Permission } from './permission.ts';
import { type Platform, startEngine } from './start.ts';

export interface CreateOptions {
  readonly platform: Platform;
  readonly root: string;
  readonly name: string;
  readonly config: EngineConfig;
  readonly rowsMax?: RowBounds;
  readonly alarm?: ((alarm: Alarm) => void) | undefined;
  readonly observer?: EngineParts['observer'];
  readonly storeId?: string;
  readonly stepped?: boolean;
}

/**
 * Makes a store in an empty or missing directory and starts its engine. Durable on return.
 *
 * @throws RearmError STORE_EXISTS where the directory holds anything, STORE_LOCKED, CONFIGURATION_INVALID, DISK_FULL
 */
export async function createStore(options: CreateOptions): Promise<Engine> {
  const { platform, root } = options;
  const { storage, clock } = platform;
  const { lock, identity } = prepare(options);
  let engine: Engine | undefined;
  try {
    const epoch = {
      epoch: 1,
      parent: 0,
      forkLsn: 0,
      forkHash: 0n,
      reason: 'created' as const,
      createdNs: clock.wallNs(),
      bootId: platform.bootId,
    };
    const permission = new Permission({ ...platform, root, storeId: identity.storeId, gated: false });
    engine = await startEngine({
      permission,
      platform,
      root,
      identity,
      config: options.config,
      lock,
      epoch,
      image: new Image(identity.rowsMax),
      alarm: options.alarm,
      observer: options.observer,
      stepped: options.stepped ?? false,
    });
    // Last, so that a store that has an identity has a log: one without is damaged, and never taken for new.
    createIdentity(storage, root, identity);
    return engine;
  } catch (error) {
    // What made no store leaves no engine that writes it without the lock.
    await engine?.abandon().catch(() => {});
    lock.release();
    throw error;
  }
}

/**
 * A store with an identity and nothing else, in an empty directory: its state can only be reconstructed from the venues. Durable on return.
 *
 * @throws RearmError STORE_EXISTS where the directory holds anything, STORE_LOCKED, DISK_FULL
 */
export function createBareStore(options: Pick<CreateOptions, 'platform' | 'root' | 'name'>): void {
  const { lock, identity } = prepare(options);
  try {
    createIdentity(options.platform.storage, options.root, identity);
  } finally {
    lock.release();
  }
}

/** Directories, and what the store will be; locked on return. */
function prepare(options: Pick<CreateOptions, 'platform' | 'root' | 'name' | 'rowsMax' | 'storeId'>): {
  readonly lock: HeldLock;
  readonly identity: StoreIdentity;
} {
  const { platform, root } = options;
  const { storage, clock } = platform;
  const layout = storeLayout(root);
  const present = storage.list(root);
  if (present.length > 0) throw new RearmError('STORE_EXISTS', `${root} is not empty: it holds ${present[0]}`, { root });
  const made: string[] = [];
  for (let path = root; !storage.exists(path); path = dirname(path)) made.push(path);
  storage.makeDirectory(root);
  for (const path of made) storage.syncDirectory(dirname(path));
  const lock = storage.lock(layout.lock);
  try {
    makeDirectories(storage, layout);
  } catch (error) {
    lock.release();
    throw error;
  }
  const identity = {
    format: 'rearm-store' as const,
    version: STORE_VERSION,
    storeId: options.storeId ?? randomBytes(16).toString('hex'),
    name: options.name,
    createdAt: formatTime(clock.wallNs()) ?? '',
    rowsMax: { ...options.rowsMax },
  };
  return { lock, identity };
}
