/**
 * Writes and syncs of the log that fail, on a simulated disk: each of them in turn, once and for good. What was not proven is written
 * anew into another segment; and wherever the process ends while that happens, killed or by a power cut, nothing acknowledged is
 * missing and nothing is wrong.
 */

import { describe, expect, it } from 'vitest';
import { recover } from '../../main/cascade/recover.ts';
import { parseEngineConfig } from '../../main/engine/config.ts';
import { createStore } from '../../main/engine/create.ts';
import { storeLayout } from '../../main/store/layout.ts';
import { readMapped } from '../../main/tiers/mapped-reader.ts';
import { verify } from '../../main/verify/verify.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import type { Event } from '../../simulation/event.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { judgeRecording } from '../../simulation/moments.ts';
import { DEATHS } from '../../simulation/scenario.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { type CallKind, type Fault, SimulatedStorage } from '../../simulation/storage.ts';
import { storyOf } from '../../simulation/story.ts';
import { BOOT, lineOf, type Recording, ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { LONG } from '../support/profile.ts';

const STORE_ID = 'ab'.repeat(16);

interface Run extends Recording {
  /** The first event at or after the failure. */
  readonly from: number;
  readonly alarms: readonly string[];
  /** Calls that changed something in the log's directory, by number. */
  readonly logCalls: readonly { readonly number: number; readonly kind: CallKind; readonly path: string }[];
  readonly submitted: number;
  readonly acknowledged: number;
  readonly tree: FileTree;
}

const CHANGES: ReadonlySet<CallKind> = new Set<CallKind>(['create', 'allocate', 'write', 'sync', 'syncDirectory']);

/** Commits, posts and a full segment; ends without closing, where the writer does not end it before. */
async function run(...faults: readonly Fault[]): Promise<Run> {
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const events: Event[] = [];
  const alarms: string[] = [];
  const logCalls: { number: number; kind: CallKind; path: string }[] = [];
  const callKinds: CallKind[] = [];
  const tree = new FileTree();
  let call = '';
  let calls = 0;
  let from = 0;
  const storage = new SimulatedStorage({
    tree,
    get fault() {
      return faults.find(({ at }) => at >= calls) ?? faults.at(-1);
    },
    called: ({ number, kind, path }) => {
      calls = number;
      if (number === faults[0]?.at) from = events.length;
      callKinds[number] = kind;
      if (path.startsWith(`${ROOT}/wal`) && CHANGES.has(kind)) logCalls.push({ number, kind, path });
      call = `${kind} ${path}`;
    },
    effect: (effect) => events.push({ kind: 'effect', effect, call }),
  });
  let ended: RearmError | null = null;
  let submitted = 0;
  let acknowledged = 0;
  const told = (lsn: number): void => {
    acknowledged = lsn;
    events.push({ kind: 'acknowledged', lsn });
  };
  const document = (name: string, bytes: number): Intent => ({
    type: 'configuration.set',
    scope: 'system',
    name,
    value: JSON.stringify('x'.repeat(bytes)),
    time: 1n,
  });
  const pass = (ms: number): void => {
    clock.pass(BigInt(ms * 1e6));
    scheduler.run();
  };
  try {
    const engine = await createStore({
      platform: { storage, clock, scheduler, bootId: BOOT },
      root: ROOT,
      name: 'failing log',
      rowsMax: { ...ROWS_MAX, chunks: 1_024 },
      storeId: STORE_ID,
      config: parseEngineConfig({
        tiers: 'inline',
        archive: false,
        segmentBytes: 65_536,
        l1Ms: 2,
        l2Ms: 25,
        l3Ms: 1_000,
        syncMs: 8,
        markMs: 30,
        pruneMs: 1_000,
      }),
      observer: (submission) => {
        submitted = submission.lsn;
        events.push({ kind: 'submitted', operation: lineOf(submission) });
      },
      alarm: ({ code }) => alarms.push(code),
    });
    told(Number(engine.durableLsn));
    for (let round = 0; round < 4; round += 1) {
      engine.post({ type: 'asset.define', asset: `A${round}`, scale: 2, rate: '1', time: 1n });
      pass(3);
      // Two frames that no sync covers, behind the first.
      engine.post({ type: 'risk.day', day: 20260101 + round, time: 1n });
      pass(3);
      told(await engine.commit(document('large', 11_000)));
      engine.post(document('small', 90));
      pass(3);
    }
    engine.post(document('last', 90));
    told(await engine.flush());
    // What L1 already holds when its sync is due.
    engine.post(document('after', 90));
    for (let tick = 0; tick < 4; tick += 1) pass(3);
    told(await engine.flush());
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    ended = error;
  }
  return {
    events,
    from,
    calls: storage.calls,
    callKinds,
    callSites: [],
    ended,
    clock,
    bootId: BOOT,
    powersafe: true,
    alarms,
    logCalls,
    submitted,
    acknowledged,
    tree,
  };
}

/** Every moment from the failure to the second acknowledgement after it is its last one. */
function judged(recording: Run): void {
  const { from } = recording;
  const acknowledgements = [...recording.events.keys()].filter((i) => i > from && recording.events[i]!.kind === 'acknowledged');
  const events = recording.events.slice(0, (acknowledgements[1] ?? recording.events.length) + 1);
  let states = 0;
  const failure = judgeRecording(
    { ...recording, events },
    {
      seed: 1,
      limits: LONG ? { exhaustive: 16, samples: 8 } : { exhaustive: 4, samples: 4 },
      deaths: DEATHS.error,
      judged: () => {
        states += 1;
      },
    },
  );
  expect(failure ? storyOf(recording, 1, failure) : '').toBe('');
  expect(states).toBeGreaterThan(0);
}

const healthy = await run();
const segments = healthy.logCalls.filter(({ path }) => path.endsWith('.wal'));
/** The first segment is made before there is an engine: without it there is no store. */
const begun = segments.find(({ kind }) => kind === 'write')!.number;
const later = (...kinds: CallKind[]) => segments.filter(({ kind, number }) => number > begun && kinds.includes(kind));
const once = (at: number): Fault => ({ at, error: 'EIO', sticky: false });

const watermark = ({ tree }: Run): number | undefined =>
  readMapped(new SimulatedStorage({ tree }), storeLayout(ROOT), Buffer.from(STORE_ID, 'hex'), BOOT).acknowledged.get(1);

/** The calls of the log that rewriting makes after the failed one. */
const rewritingAfter = (failed: number, { logCalls }: Run) => {
  const after = logCalls.filter(({ number }) => number > failed);
  const header = after.findIndex(({ kind }, i) => kind === 'sync' && after.slice(0, i).some((call) => call.kind === 'write'));
  const last = after.findIndex(({ kind }, i) => i > header && kind === 'sync');
  return after.slice(0, last + 1);
};

describe('a log that cannot be written', () => {
  it('is in this workload a log of several segments, with frames that wait for a sync', () => {
    expect(healthy.ended).toBeNull();
    expect(healthy.alarms).toEqual([]);
    expect(later('create').length).toBeGreaterThan(0);
    expect(later('write').length).toBeGreaterThan(later('sync').length);
  });

  it('once: is written anew in another segment, and the process is told; no crash on the way loses anything', async () => {
    for (const { number, kind, path } of later('write', 'sync')) {
      const failing = await run(once(number));
      const where = `${kind} ${path} (call ${number})`;
      expect(failing.ended, where).toBeNull();
      // A segment that is made ahead of its need costs the roll its head start, and nothing has to be rewritten.
      const ahead = !segments.some((call) => call.path === path && call.kind === 'write' && call.number <= number);
      expect(failing.alarms, where).toEqual([ahead ? 'IO_FAILED' : 'LOG_REWRITTEN']);
      expect(failing.acknowledged, where).toBe(failing.submitted);
      // Told to L1 before it was told to anybody, and what L1 holds names the frames that count.
      expect(watermark(failing), where).toBe(failing.acknowledged);
      const storage = new SimulatedStorage({ tree: failing.tree });
      expect(recover({ storage, clock: failing.clock, root: ROOT, bootId: BOOT, brief: true }).report.base, where).toBe('L1');
      judged(failing);
    }
  }, 120_000);

  it('keeps what a killed process had written, acknowledged or not, at every moment of the rewriting', async () => {
    const failed = later('sync').at(-1)!.number;
    const { events, from, clock } = await run(once(failed));
    const tree = new FileTree();
    const lsns: number[] = [];
    const rewritten = events.findIndex(({ kind }, i) => i > from && kind === 'acknowledged');
    for (const [at, event] of events.slice(0, rewritten).entries()) {
      if (event.kind !== 'effect') continue;
      tree.apply(event.effect);
      if (at < from) continue;
      const { report } = recover({ storage: new SimulatedStorage({ tree: tree.copy() }), clock, root: ROOT, bootId: BOOT, brief: true });
      lsns.push(report.lsn);
    }
    expect(lsns.length).toBeGreaterThan(5);
    expect(new Set(lsns)).toEqual(new Set([lsns[0]]));
    // Among them operations that only the segment that failed, or the new one, holds.
    const submitted = events.slice(0, from).filter((event) => event.kind === 'submitted');
    expect(lsns[0]).toBe(submitted.at(-1)!.operation.lsn);
  });

  it('twice, the second time in any call of the rewriting: another segment is tried; no crash on the way loses anything', async () => {
    const kinds = new Set<CallKind>();
    // One before a segment is prepared, one after.
    for (const failed of [later('sync')[1]!.number, later('sync').at(-1)!.number]) {
      for (const { number, kind } of rewritingAfter(failed, await run(once(failed)))) {
        kinds.add(kind);
        const failing = await run(once(failed), once(number));
        expect(failing.ended, `${kind} ${number}`).toBeNull();
        expect(failing.alarms, `${kind} ${number}`).toEqual(['LOG_REWRITTEN']);
        expect(failing.acknowledged).toBe(failing.submitted);
        judged(failing);
      }
    }
    expect(kinds).toEqual(CHANGES);
  }, 120_000);

  it('for good: poisons its writer, and nothing more is acknowledged', async () => {
    for (const { number, kind, path } of later('write', 'sync').filter((_, i) => i % 3 === 0)) {
      const failing = await run({ at: number, error: 'EIO', sticky: 'kind' });
      const where = `${kind} ${path} (call ${number})`;
      expect(failing.ended?.code, where).toBe('WRITER_POISONED');
      expect(failing.alarms, where).toContain('WRITER_POISONED');
      expect(failing.alarms, where).not.toContain('LOG_REWRITTEN');
      expect(failing.acknowledged, where).toBeLessThan(failing.submitted);
      judged(failing);
    }
  }, 120_000);

  it('is sound for who verifies it: the end that was given up is named, and is no damage', async () => {
    const failed = later('sync').at(-1)!;
    const { tree, clock } = await run(once(failed.number));
    const report = verify({ storage: new SimulatedStorage({ tree }), clock, root: ROOT, bootId: BOOT });
    const log = report.files.filter(({ path }) => path.startsWith('wal/'));
    expect(log.map(({ status }) => status)).toEqual(log.map(() => 'whole'));
    const named = log.flatMap(({ path, findings }) => findings.map(({ code }) => `${ROOT}/${path} ${code}`));
    expect(named).toEqual([`${failed.path} SUPERSEDED`]);
  });
});
