/** A failure in words: what was submitted, what the process did last, how it died, and what came of it. */

import type { Act } from './act.ts';
import { type Choices, describeChange } from './crashes.ts';
import { Durability, type Pending } from './durability.ts';
import type { Event } from './event.ts';
import type { Operation } from './model/reference.ts';
import { type Failure, sceneOf } from './moments.ts';
import type { Scenario } from './scenario.ts';
import type { Recording } from './workload.ts';

/** System calls that are told. */
const CALLS_TOLD = 8;
const OPERATIONS_TOLD = 40;

/** @param scenario of the recording, where it is one */
export function storyOf(recording: Recording, seed: number, failure: Failure, scenario?: Scenario): string {
  const { moment, faultClass, verdict, words } = failure;
  const { course, pending } = sceneOf(recording, seed, moment);
  const { lines, acknowledged } = course;
  const skipped = Math.max(0, lines.length - OPERATIONS_TOLD);
  return [
    `seed ${seed}: ${faultClass}`,
    ...(scenario ? scene(recording, scenario).map((line) => `  ${line}`) : []),
    ...(skipped > 0 ? [`  ${skipped} operations, then`] : []),
    ...lines.slice(skipped).map((line) => `  ${operation(line)}${line.lsn <= acknowledged ? ', acknowledged' : ''}`),
    '  the last that it did:',
    ...lastCalls(recording.events.slice(0, moment.at)).map((line) => `    ${line}`),
    ...(moment.death === 'withinWrite' ? ['  and it died within the next write'] : []),
    ...(moment.choices ? survival(pending, moment.choices, (inode) => course.nameOf(inode)).map((line) => `  ${line}`) : []),
    `${verdict}: ${words}`,
  ].join('\n');
}

const ACTS: Readonly<Record<Act, string>> = {
  accept: 'its recovery is accepted',
  release: 'its recovery was accepted, and a process uses the release that two people signed',
  open: 'its store is opened again',
};

/** What was done to the process, or before it. */
function scene({ start, callSites, ended, damages = [] }: Recording, scenario: Scenario): string[] {
  const end = ended ? [`it ended with ${ended.code}: ${ended.message}`] : [];
  const fault = (scenario.kind !== 'life' && scenario.fault) || null;
  const { at = 0, error, sticky } = fault ?? {};
  const further = sticky === 'all' ? ', and so does every call after it' : sticky ? ', and so does every one of its kind after it' : '';
  const failing = fault ? [`call ${at} (${callSites[at] ?? 'of its number'}) fails with ${error}${further}`] : [];
  if (scenario.kind === 'act')
    return [
      `a process died after event ${scenario.at} of its life and left ${start?.files().length ?? 0} files, of what was not synced ${scenario.choices.join(' ') || 'nothing'}`,
      ...damages,
      ACTS[scenario.act] + (scenario.trades ? `, and trades on for ${scenario.trades} steps` : ''),
      ...failing,
      ...end,
    ];
  return [...failing, ...end];
}

function operation({ lsn, type, class: written, intent }: Operation): string {
  const key = ['clientId', 'tradeId', 'asset', 'instrument', 'name', 'account', 'reason']
    .map((name) => intent[name])
    .find((value) => value !== undefined);
  return `LSN ${lsn} ${written === 'post' ? 'posts' : 'commits'} ${type}${key === undefined ? '' : ` ${String(key).slice(0, 40)}`}`;
}

/** The newest system calls that changed or synced something; the same one many times is told once. */
function lastCalls(events: readonly Event[]): string[] {
  const told: { call: string; times: number }[] = [];
  for (let i = events.length - 1; i >= 0 && told.length <= CALLS_TOLD; i -= 1) {
    const event = events[i]!;
    if (event.kind === 'submitted') continue;
    const call = event.kind === 'acknowledged' ? `acknowledged LSN ${event.lsn}` : event.call;
    const newest = told.at(-1);
    if (newest?.call === call) newest.times += 1;
    else told.push({ call, times: 1 });
  }
  return told
    .slice(0, CALLS_TOLD)
    .reverse()
    .map(({ call, times }) => (times > 1 ? `${call}, ${times} times` : call));
}

/** What a power cut left, told by its exceptions: from everything that was written, or from nothing that was not synced. */
function survival(pending: readonly Pending[], choices: Choices, nameOf: (inode: number) => string): string[] {
  const newest = Durability.choicesOf(pending).map((count) => count - 1);
  const lost = choices.flatMap((choice, i) => (choice === newest[i] ? [] : [i]));
  const kept = choices.flatMap((choice, i) => (choice === 0 ? [] : [i]));
  const [first, told] =
    lost.length <= kept.length ? ['everything that was written survived', lost] : ['nothing that was not synced survived', kept];
  if (told.length === 0) return [first];
  return [`${first}, but:`, ...told.map((i) => `  ${describeChange(pending[i]!, choices[i]!, nameOf)}`)];
}
