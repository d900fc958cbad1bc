/** Real file systems that become full, or read-only, while a process trades on them: what was acknowledged is there, and every refusal has a name. */

import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { History } from '../../simulation/model/history.ts';
import { runAndKill } from '../crash/run.ts';
import { Tally } from '../crash/tally.ts';
import { SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';
import { Volume, volumeMissing } from './volume.ts';

const CONFIG = { segmentBytes: 65_536, l1Ms: 5, l2Ms: 20, l3Ms: 100, l4Ms: 200, syncMs: 7, markMs: 40, pruneMs: 50, windowMs: 86_400_000 };
const MEGABYTES = 320;

/** `mend`: what a person does before the recovery is accepted. */
const FAULTS = {
  full: {
    strike: (volume: Volume) => volume.fill(),
    mend: (volume: Volume) => {
      for (const name of fs.readdirSync(volume.path)) if (name.startsWith('filler')) fs.rmSync(join(volume.path, name));
    },
    system: 'ENOSPC',
  },
  'read-only': { strike: (volume: Volume) => volume.failFileSystem(), mend: (volume: Volume) => volume.restart(), system: 'EROFS' },
} as const;

test.for([
  ['full', 'ext4', 'inline'],
  ['full', 'ext4', 'threaded'],
  ['full', 'xfs', 'threaded'],
  // A store into a page that memory has no room for would be a SIGBUS.
  ['full', 'tmpfs', 'inline'],
  ['full', 'tmpfs', 'threaded'],
  ['read-only', 'ext4', 'inline'],
  ['read-only', 'ext4', 'threaded'],
] as const)(
  'a disk that becomes %s (%s, %s commit): told by name, nothing acknowledged is lost, and it goes on when that is mended',
  { timeout: 60_000 },
  async ([what, type, commit], context) => {
    const missing = volumeMissing(type);
    if (missing) context.skip(missing);
    const { strike, mend, system } = FAULTS[what];
    const volume = new Volume(type, MEGABYTES);
    const directory = temporaryDirectory();
    context.onTestFinished(() => {
      volume.remove();
      fs.rmSync(directory, { recursive: true, force: true });
    });
    const root = join(volume.path, 'store');
    const history = new History({ fillsMax: SMALL_ROWS.fills });
    const task = {
      root,
      submissions: join(directory, 'submissions'),
      history: null,
      seed: 7,
      firstStep: 0,
      config: { ...CONFIG, commit },
      generator: {},
      rowsMax: SMALL_ROWS,
    };
    // It ends by itself, when it can write nothing more.
    const death = await runAndKill(task, 300, history, { strike: () => strike(volume), thenMs: 30_000 });
    // The writer thread's alarm, with the system's word, may come too late for a process that dies of its first refusal; that its thread has
    // ended is another alarm.
    const named = death.alarms.filter((text) => text.includes('WRITER_POISONED') && !text.includes('has ended'));
    for (const alarm of named) expect(alarm).toContain(system);
    expect(death.words).toContain('WRITER_POISONED');
    const tally = new Tally();
    const { report } = tally.judge(root, history, death.acknowledged)!;
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
    const accept = () => acceptRecovery({ platform: nativePlatform, root, by: 'the test' });
    await expect(accept()).rejects.toMatchObject({ code: what === 'full' ? 'DISK_FULL' : 'PERMISSION_DENIED' });
    // An acceptance that failed took nothing away.
    expect(tally.judge(root, history, death.acknowledged)!.report).toMatchObject({ lsn: report.lsn, stateDigest: report.stateDigest });
    mend(volume);
    // A file system that is mounted anew may have lost what was never synced, and nothing else.
    const mended = tally.judge(root, history, death.acknowledged)!.report;
    expect((await accept()).lsn).toBeGreaterThan(mended.lsn);
    expect(tally.failures).toEqual({ lost: 0, invented: 0, wrong: 0, crashed: 0 });
  },
);
