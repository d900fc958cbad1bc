/** `rearm fuzz [--profile short|long|exhaustive] [--subject NAME] [--share N/OF] [--replay CASE] [--json]` */

import { Command, InvalidArgumentError, Option } from 'commander';
import { RearmError } from '../../../shared/errors.ts';
import { DEPTHS, type Depth } from '../../../simulation/depth.ts';
import { type FuzzCase, type FuzzFailure, type Fuzzing, judgeCase, runFuzzing, type Share } from '../../../simulation/fuzz.ts';
import { SUBJECTS, type SubjectName } from '../../../simulation/subject.ts';
import { wholeNumber } from '../options.ts';
import { action, EXIT, type Exit, note, Progress, print, printJson, table } from '../output.ts';

interface Options {
  readonly profile: Depth;
  readonly subject?: readonly SubjectName[];
  readonly share?: Share;
  readonly replay?: string;
  readonly bail?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

export const fuzzCommand = (): Command =>
  new Command('fuzz')
    .description(
      'Damages every file of small stores in every way: the right state or a refusal by name, and verify finds every flipped bit.',
    )
    .addOption(new Option('--profile <name>', 'how much of it').choices([...DEPTHS]).default('short'))
    .addOption(new Option('--subject <name...>', 'these stores (default: all)').choices([...SUBJECTS]))
    .option('--share <n/of>', 'one part of so many', parseShare)
    .option('--replay <case>', 'one damage again, as a failure names it: SUBJECT:ENUMERATION:NUMBER')
    .option('--bail', 'stop at the first failure')
    .option('--threads <n>', 'threads (default: one per core)', wholeNumber(1))
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

function parseShare(text: string): Share {
  const [, n, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (n === undefined || Number(n) < 1 || Number(n) > Number(of)) throw new InvalidArgumentError('it is N/OF, from 1/OF to OF/OF');
  return { n: Number(n), of: Number(of) };
}

const caseText = ({ subject, enumeration, number }: FuzzCase): string => `${subject}:${enumeration}:${number}`;

function parseCase(text: string): FuzzCase {
  const [subject, enumeration, number, more] = text.split(':');
  if (
    more === undefined &&
    SUBJECTS.some((name) => name === subject) &&
    /^\d{1,9}$/.test(enumeration ?? '') &&
    /^\d{1,9}$/.test(number ?? '')
  )
    return { subject: subject as SubjectName, enumeration: Number(enumeration), number: Number(number) };
  throw new RearmError('USAGE', `${text} is no case: SUBJECT:ENUMERATION:NUMBER, with ${SUBJECTS.join(' or ')}`, {});
}

async function run(options: Options): Promise<Exit> {
  if (options.replay !== undefined) {
    const judged = await judgeCase(parseCase(options.replay));
    if (options.json) await printJson(judged);
    else await print(`${judged.damage}\n${judged.verdict}${judged.missed ? ', and not shown by verify' : ''}: ${judged.words}\n`);
    return judged.missed || !['right', 'refused'].includes(judged.verdict) ? EXIT.found : EXIT.clean;
  }
  const ended = new AbortController();
  const interrupted = (): void => ended.abort();
  process.once('SIGINT', interrupted);
  const progress = new Progress();
  const fuzzing = await runFuzzing({
    depth: options.profile,
    subjects: options.subject,
    share: options.share,
    bail: options.bail,
    threads: options.threads,
    signal: ended.signal,
    progress: (fraction, words) => progress.show(fraction, words),
  }).finally(() => {
    progress.end();
    process.off('SIGINT', interrupted);
  });
  if (options.json) await printJson(fuzzing);
  else await print(`${describe(fuzzing, options.profile)}\n`);
  if (fuzzing.cancelled) throw new RearmError('CANCELLED', `the fuzzing was stopped after ${fuzzing.damages} damages`, {});
  if (fuzzing.failures.length > 0) note(`rearm: ${fuzzing.failures.length} damages failed`);
  return fuzzing.failures.length > 0 ? EXIT.found : EXIT.clean;
}

const COLUMNS = ['damages', 'right', 'refused', 'lost', 'invented', 'wrong', 'crashed', 'missed'] as const;

const told = (failure: FuzzFailure): string[] => [
  '',
  `${failure.subject} store: ${failure.damage}: ${failure.verdict}: ${failure.words}`,
  `again: rearm fuzz --replay ${caseText(failure)}`,
];

function describe({ damages, seconds, damagesPerSecond, byKind, failures }: Fuzzing, profile: Depth): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const rows = Object.entries(byKind).map(([name, counts]) => [name, ...COLUMNS.map((column) => count(counts[column]))]);
  const all = ['all', ...COLUMNS.map((column) => count(Object.values(byKind).reduce((sum, counts) => sum + counts[column], 0)))];
  return [
    `${count(damages)} damages (${profile}) in ${seconds} s, ${count(damagesPerSecond)} a second`,
    '',
    table([['', ...COLUMNS], ...rows, all], [1, 2, 3, 4, 5, 6, 7, 8]),
    ...failures.flatMap(told),
  ].join('\n');
}
