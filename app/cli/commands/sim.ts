/** `rearm sim [--seeds N] [--profile short|long] [--replay SEED] [--json]` */

import { Command, Option } from 'commander';
import { RearmError } from '../../../shared/errors.ts';
import { type Campaign, runCampaign } from '../../../simulation/campaign.ts';
import { PROFILES, type ProfileName } from '../../../simulation/profile.ts';
import { wholeNumber } from '../options.ts';
import { action, EXIT, type Exit, note, Progress, print, printJson, table } from '../output.ts';

interface Options {
  readonly seeds?: number;
  readonly from: number;
  readonly profile: ProfileName;
  readonly replay?: number;
  readonly bail?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

export const simCommand = (): Command =>
  new Command('sim')
    .description('Crashes the engine on a simulated disk, everywhere, and judges what is recovered: nothing lost, invented or wrong.')
    .option('--seeds <n>', 'how many seeds (default: as many as the profile says)', wholeNumber(1))
    .option('--from <seed>', 'the first seed', wholeNumber(0), 1)
    .addOption(new Option('--profile <name>', 'how much per seed').choices(Object.keys(PROFILES)).default('short'))
    .option('--replay <seed>', 'this seed alone: the same disks and the same verdicts as in any run of its profile', wholeNumber(0))
    .option('--bail', 'stop at the first failure')
    .option('--threads <n>', 'threads (default: one per core)', wholeNumber(1))
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

async function run(options: Options): Promise<Exit> {
  const { profile, replay, json } = options;
  if (replay !== undefined && options.seeds !== undefined) throw new RearmError('USAGE', '--replay is one seed: leave --seeds out', {});
  const from = replay ?? options.from;
  const seeds = replay === undefined ? (options.seeds ?? PROFILES[profile].seeds) : 1;
  const ended = new AbortController();
  const interrupted = (): void => ended.abort();
  process.once('SIGINT', interrupted);
  const progress = new Progress();
  const campaign = await runCampaign({
    profile,
    from,
    seeds,
    bail: options.bail,
    threads: options.threads,
    signal: ended.signal,
    progress: ({ seedsDone, states, failures, words }) =>
      progress.show(seedsDone / seeds, `${states.toLocaleString('en-US')} states${failures > 0 ? `, ${failures} FAILED` : ''}; ${words}`),
  }).finally(() => {
    progress.end();
    process.off('SIGINT', interrupted);
  });
  if (json) await printJson(campaign);
  else await print(`${describe(campaign, profile, replay !== undefined)}\n`);
  if (campaign.cancelled) throw new RearmError('CANCELLED', `the simulation was stopped after ${campaign.seeds} of ${seeds} seeds`, {});
  if (campaign.failures.length > 0) note(`rearm: ${campaign.failures.length} of ${campaign.seeds} seeds failed`);
  return campaign.failures.length > 0 ? EXIT.found : EXIT.clean;
}

const COLUMNS = ['states', 'right', 'lost', 'invented', 'wrong', 'refused', 'crashed'] as const;

function describe(campaign: Campaign, profile: string, replay: boolean): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const rows = Object.entries(campaign.byFault).map(([name, counts]) => [name, ...COLUMNS.map((column) => count(counts[column]))]);
  const total = [
    'all',
    ...COLUMNS.map((column) => count(Object.values(campaign.byFault).reduce((sum, counts) => sum + counts[column], 0))),
  ];
  return [
    `${count(campaign.states)} states of ${count(campaign.seeds)} seeds (${profile}) in ${campaign.seconds} s, ${count(campaign.statesPerSecond)} a second`,
    '',
    table([['', ...COLUMNS], ...rows, total], [1, 2, 3, 4, 5, 6, 7]),
    ...campaign.failures.flatMap(({ seed, story }) => [
      '',
      `seed ${seed}: ${story}`,
      `again: rearm sim --profile ${profile} --replay ${seed}`,
    ]),
    ...(replay ? ['', ...Object.entries(campaign.digests).map(([seed, digest]) => `digest of seed ${seed}: ${digest}`)] : []),
  ].join('\n');
}
