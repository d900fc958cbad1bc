/** Entry of a store's thread in the console: the cascade and the post-mortem, so that neither blocks the process that shows them. */

import { parentPort, workerData } from 'node:worker_threads';
import { errorData, RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { reconstructed } from '../cascade/reconstruct.ts';
import { type Recovery, recover } from '../cascade/recover.ts';
import { refusalOf } from '../cascade/refusal.ts';
import { nativePlatform } from '../engine/native-platform.ts';
import { death } from '../history/death.ts';
import { type Died, died } from '../history/died.ts';
import { type PageSource, pageView } from '../history/page-view.ts';
import { Past } from '../history/past.ts';
import { timeline } from '../history/timeline.ts';
import { isCancelRequested } from './cancel-flag.ts';
import { type StateAtCrash, stateAtCrash } from './state-at-crash.ts';

export interface StoreThreadData {
  readonly root: string;
  /** One i32: 1 asks the running recovery to stop. */
  readonly cancel: SharedArrayBuffer;
}

/** A recovery as it crosses the thread: the image as its pages. */
export interface StoreRecovery {
  readonly report: Recovery['report'];
  readonly pages: Uint8Array | null;
  readonly lsn: number;
  readonly rowsMax: Readonly<Record<string, number>>;
  readonly reconstructed: boolean;
  /** Newest epoch: how it was opened. */
  readonly epoch: { readonly epoch: number; readonly reason: string } | null;
  /** null: nothing was recovered. */
  readonly died: Died | null;
}

/** What the thread is asked, and what comes back. */
export interface StoreThreadMethods {
  recover(options: { readonly reconstruct: boolean }): StoreRecovery;
  timeline(options: {
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    readonly buckets: number;
  }): ReturnType<typeof timeline>;
  operations(options: { readonly from: number; readonly count: number }): ReturnType<Past['operations']>;
  /** @throws RearmError LSN_UNREACHABLE where the log was freed up to behind it */
  atCrash(options: { readonly lsn: number }): StateAtCrash;
  state(options: { readonly lsn: number }): ReturnType<Past['state']>;
  change(options: { readonly lsn: number }): ReturnType<Past['change']>;
  death(): ReturnType<typeof death>;
  page(options: { readonly tier: PageSource; readonly page: number }): ReturnType<typeof pageView>;
}

const { root, cancel } = workerData as StoreThreadData;
const { storage, clock, bootId } = nativePlatform;
let recovery: Recovery | undefined;
let ended: Died | undefined;
let past: Past | undefined;

function recovered(): Recovery & { image: NonNullable<Recovery['image']> } {
  recovery ??= recover({ storage, clock, root, bootId, brief: true });
  if (!recovery.image) throw refusalOf(recovery.report);
  return recovery as Recovery & { image: NonNullable<Recovery['image']> };
}

function end(): Died {
  ended ??= died(storage, root, recovered().report);
  return ended;
}

/** The state at the end of the engine, which is older than what was recovered where that was accepted. */
function deathReport(): ReturnType<typeof death> {
  const { lsn, at } = end();
  if (lsn === recovered().report.lsn) return death(recovered().report, recovered().image, at);
  const { report, image } = recover({ storage, clock, root, bootId, at: lsn, brief: true });
  if (!image) throw new RearmError('LSN_UNREACHABLE', `the state at LSN ${lsn} cannot be recovered: ${report.sentence}`, { lsn });
  return death(report, image, at);
}

function history(): Past {
  past ??= new Past({ storage, clock, root, bootId });
  return past;
}

const methods: { readonly [M in keyof StoreThreadMethods]: StoreThreadMethods[M] } = {
  recover({ reconstruct }) {
    past = undefined;
    ended = undefined;
    recovery = recover({
      storage,
      clock,
      root,
      bootId,
      cancelled: () => isCancelRequested(cancel),
      progress: (progress) => parentPort!.postMessage({ progress }),
    });
    if (reconstruct) recovery = reconstructed(recovery, storage, root);
    const { image, report, epoch, identity } = recovery;
    return {
      report,
      pages: image ? image.bytes.slice(0, image.pageCount * PAGE_BYTES) : null,
      lsn: image?.lsn ?? 0,
      rowsMax: identity.rowsMax,
      reconstructed: recovery.reconstructed,
      epoch: epoch && { epoch: epoch.epoch, reason: epoch.reason },
      died: recovery.image && end(),
    };
  },
  timeline: ({ from, to, buckets }) =>
    timeline({ storage, clock, root, bootId, from, to, buckets, lastLsn: recovered().report.lsn, died: end() }),
  operations: ({ from, count }) => history().operations(from, count, recovered().report.acknowledgedLsn),
  atCrash: ({ lsn }) => stateAtCrash(history().imageAt(lsn), recovered().report.store),
  state: ({ lsn }) => history().state(lsn),
  change: ({ lsn }) => history().change(lsn, recovered().report.acknowledgedLsn),
  death: deathReport,
  page: ({ tier, page }) => pageView({ storage, root, bootId, report: recovered().report, image: recovered().image, tier, page }),
};

parentPort!.on('message', ({ id, method, params }: { id: number; method: keyof StoreThreadMethods; params: never }) => {
  try {
    parentPort!.postMessage({ id, value: methods[method](params) });
  } catch (error) {
    parentPort!.postMessage({ id, error: errorData(error) });
  }
});
