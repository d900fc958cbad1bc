/** Puts an engine together on a new epoch: files, threads, pipe. Used by creating, restarting and accepting. */

import { join } from 'node:path';
import type { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { Image } from '../image/image.ts';
import type { Clock, HeldLock, Scheduler, Storage } from '../storage/storage.ts';
import { type StoreIdentity, storeIdBytes } from '../store/identity.ts';
import { makeDirectories, mappedFileName, storeLayout } from '../store/layout.ts';
import { type Epoch, writeEpoch } from '../store/lineage.ts';
import { MappedTier } from '../tiers/mapped.ts';
import { LogWriter } from '../wal/log-writer.ts';
import type { EngineConfig } from './config.ts';
import { Engine, type EngineParts } from './engine.ts';
import { type Alarm, Health } from './health.ts';
import { InlinePipe } from './inline-pipe.ts';
import type { Permission } from './permission.ts';
import type { RecordPipe } from './pipe.ts';
import { RingPipe } from './ring-pipe.ts';
import { SideRecords } from './side-records.ts';
import { PortSink, type TierLink } from './sinks.ts';
import { directTiers, type TierControl, threadedTiers } from './tier-control.ts';
import { type CheckpointSink, Writer } from './writer.ts';

/** What the engine stands on; all of it is injected. */
export interface Platform {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Identifies the boot of the machine: a mapped file of another boot lost what was not synced. */
  readonly bootId: string;
}

export interface StartOptions {
  readonly platform: Platform;
  readonly root: string;
  readonly identity: StoreIdentity;
  readonly config: EngineConfig;
  readonly lock: HeldLock;
  readonly epoch: Epoch;
  /** The state at the fork; becomes the live image. */
  readonly image: Image;
  readonly alarm?: ((alarm: Alarm) => void) | undefined;
  readonly observer?: EngineParts['observer'];
  /** Holds orders to what the gate allows; an acceptance sends none, and has none. */
  readonly permission?: Permission | undefined;
  /** The simulation steps the writer itself. */
  readonly stepped?: boolean;
}

/** As {@link startEngine}; where that fails, the lock is released: whoever tries again must not find a writer. */
export async function startOrRelease(options: StartOptions): Promise<Engine> {
  try {
    return await startEngine(options);
  } catch (error) {
    options.lock.release();
    throw error;
  }
}

/** Publishes the epoch, makes its files and starts the engine on it. The epoch's `epoch.open` operation is durable on return. */
export async function startEngine(options: StartOptions): Promise<Engine> {
  const { platform, root, identity, config, lock, epoch, image } = options;
  const { storage, clock, scheduler } = platform;
  const layout = storeLayout(root);
  const storeId = storeIdBytes(identity);
  const health = new Health(clock, config.boundAlertFraction, options.alarm);
  // A directory that was lost with its files is made again, before anything says that there is a new epoch.
  makeDirectories(storage, layout);
  writeEpoch(storage, layout, storeId, epoch);
  for (let page = 0; page < image.pageCount; page += 1) image.seal(page);
  image.takeChanged();
  const failed = (error: RearmError) => health.failed(error);
  const report = (event: Parameters<Health['tier']>[0]) => health.tier(event);

  const tierOptions = {
    layout,
    storeId,
    epoch: epoch.epoch,
    pagesMax: image.pagesMax,
    rowsMax: identity.rowsMax,
    l3Ms: config.l3Ms,
    l3Keep: config.l3Keep,
    l4Ms: config.l4Ms,
    l4Keep: config.l4Keep,
    archive: config.archive,
    windowMs: config.windowMs,
    archiveFailure: config.archiveFailure,
  };
  let tiers: TierControl | undefined;
  let sink: CheckpointSink | undefined;
  let tierLink: TierLink | null = null;
  /** What was made so far, where the next thing fails: neither a file nor a thread stays behind. */
  let letGo = async (): Promise<void> => {};
  try {
    if (config.tiers === 'inline') {
      const direct = directTiers(storage, clock, tierOptions, report);
      tiers = direct.control;
      sink = direct.sink;
    } else if (config.tiers === 'thread') {
      const threaded = await threadedTiers(tierOptions, report, failed);
      tiers = threaded.control;
      tierLink = threaded.link;
    }
    letGo = async () => tiers?.close();

    const start = { epoch: epoch.epoch, lsn: epoch.forkLsn, headHash: epoch.forkHash };
    let pipe: RecordPipe;
    if (config.commit === 'threaded') {
      const data = {
        root,
        storeId,
        bootId: platform.bootId,
        start,
        config,
        rowsMax: identity.rowsMax,
        pages: image.bytes.slice(0, image.pageCount * PAGE_BYTES),
        imageLsn: image.lsn,
        tierLink,
      };
      pipe = await RingPipe.start(data, config.ringBytes, tiers, report, failed);
    } else {
      if (tierLink) {
        tierLink.port.unref();
        sink = new PortSink(tierLink);
      }
      const shadow = new Image(identity.rowsMax);
      shadow.bytes.set(image.bytes.subarray(0, image.pageCount * PAGE_BYTES));
      shadow.mapPages(image.pageCount);
      shadow.lsn = image.lsn;
      const { segmentBytes, frameAlignmentBytes } = config;
      const log = new LogWriter({ storage, clock, layout, storeId, lock, segmentBytes, frameAlignmentBytes, start, tell: failed });
      letGo = async () => {
        log.close();
        await tiers?.close();
      };
      const l1 = config.l1
        ? new MappedTier(
            storage,
            layout.l1,
            join(layout.l1, mappedFileName(epoch.epoch)),
            storeId,
            epoch.epoch,
            platform.bootId,
            shadow,
            config.l1Msync,
          )
        : undefined;
      const writer = new Writer({ clock, config, log, shadow, l1, sink, report });
      pipe = new InlinePipe(writer, tiers, scheduler, options.stepped ? null : config.flushMs, failed);
    }
    letGo = () => pipe.close();
    const side = new SideRecords(storage, clock, scheduler, layout.side, epoch.epoch);
    const engine = new Engine({
      clock,
      scheduler,
      config,
      image,
      pipe,
      lock,
      side,
      health,
      epoch: epoch.epoch,
      storeId: identity.storeId,
      observer: options.observer,
      permission: options.permission,
    });
    letGo = () => engine.abandon();
    await engine.commit({ type: 'epoch.open', epoch: epoch.epoch, parent: epoch.parent, reason: epoch.reason, time: clock.wallNs() });
    return engine;
  } catch (error) {
    await letGo().catch(() => {});
    throw error;
  }
}
