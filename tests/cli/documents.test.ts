/** Every command line that README.md and docs/ quote does what a command line does: it runs. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditHead } from '../../main/verify/gate.ts';
import { ROOT } from '../support/imports.ts';
import { accept, type DemoDesk, demoDesk, documentOf, ended, lineWith, propose, rearm, start } from './run.ts';

const DOCUMENTS = ['README.md', ...fs.readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));

/** Command lines in code spans, and lines of code blocks up to their comment. A name without arguments is a mention. */
function quotedIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.split('\n'));
  const spans = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!.replace(/\s+/g, ' '));
  return [...blocks.map((line) => line.split(/ {2,}/)[0]!), ...spans]
    .flatMap((text) => text.split('; '))
    .filter((line) => /^rearm [a-z]+ \S/.test(line));
}

/** With its optional part and without it; two names of one thing are one. */
const variants = (line: string): string[] => {
  const plain = line
    .replace(/\bCOPY\b/, 'STORE')
    .replace('...', '')
    // The default, and the same work again.
    .replace(/ (--profile short|\[--profile short\])/, '')
    .replace('venues.json', 'FILE');
  return /\[.*\]/.test(plain) ? [plain.replace(/ \[[^\]]*\]/g, ''), plain.replace(/[[\]]/g, '')] : [plain];
};

const lines = [...new Set(DOCUMENTS.flatMap((name) => quotedIn(fs.readFileSync(join(ROOT, name), 'utf8'))).flatMap(variants))]
  // A signature belongs to the head that was accepted last.
  .sort((a, b) => Number(b.startsWith('rearm sign')) - Number(a.startsWith('rearm sign')) || (a < b ? -1 : 1));

let desk: DemoDesk;
let anchor = '';
let made = 0;
beforeAll(async () => {
  desk = await demoDesk(5, 1.5);
  propose(desk.store, await accept(desk.store));
  const { audit } = documentOf<{ audit: AuditHead }>(await rearm(['verify', desk.store, '--json']));
  anchor = `${audit.sequence}:${audit.head}`;
});
afterAll(() => desk?.stop());

/** What stands in the documents for what a person fills in. */
const PLACEHOLDERS: Readonly<Record<string, () => string>> = {
  STORE: () => desk.store,
  DIR: () => join(desk.folder, `desk-${made++}`),
  DIRECTORY: () => fs.mkdtempSync(join(desk.folder, 'empty-')),
  FILE: () => desk.venueConfig,
  SCOPE: () => 'all',
  LSN: () => '10',
  A: () => '2',
  B: () => '9',
  ID: () => 'trader-1',
  NAME: () => 'trader-1',
  'NUMBER:HASH': () => anchor,
  'SUBJECT:ENUMERATION:NUMBER': () => 'young:0:0',
  SEED: () => '1',
  REASON: () => 'the disk is gone',
};

function argumentsOf(line: string): string[] {
  const args = line
    .split(' ')
    .slice(1)
    .map((word) => PLACEHOLDERS[word]?.() ?? word);
  // All of it is done in simulation/: here it is the command that is tried.
  if (args[0] === 'fuzz' && !args.includes('--replay')) return [...args, '--share', '1/40'];
  if (args[0] === 'sim' && !args.includes('--replay') && !args.includes('--seeds')) return [...args, '--seeds', '1'];
  // Nobody is there to be asked.
  return args[0] === 'sign' || args.includes('--cancel') ? [...args, '--yes'] : args;
}

test('the documents quote every command of the table', () => {
  const names = new Set(lines.map((line) => line.split(' ')[1]));
  expect([...names].sort()).toEqual([
    'demo',
    'fuzz',
    'open',
    'reconcile',
    'recover',
    'serve',
    'sign',
    'sim',
    'state',
    'venues',
    'verify',
    'wal',
  ]);
});

test.each(lines)('%s', { timeout: 300_000 }, async (line) => {
  const args = argumentsOf(line);
  const wordsLeft = args.filter((word) => /^[A-Z]{2,}(:[A-Z]{2,})*(\.\.\.)?$/.test(word));
  expect(wordsLeft, 'a placeholder that this test does not know').toEqual([]);
  if (args[0] === 'serve' || args[0] === 'open') {
    const child = start(args, { env: { DISPLAY: undefined, WAYLAND_DISPLAY: undefined } });
    const over = ended(child);
    await lineWith(child, 'first:');
    child.kill('SIGINT');
    expect((await over).status).toBe(0);
    return;
  }
  const ends = args.includes('--stop');
  if (ends) expect((await rearm(['demo', args[1]!, '--seconds', '1'])).status).toBe(0);
  const run = await rearm(args, { env: { REARM_PASSPHRASE: 'demo' } });
  if (args[0] === 'demo' && !ends) await rearm(['demo', dirname(/^store +(\S+)$/m.exec(run.stdout)![1]!), '--stop']);
  // An override is a person's decision; there it says whether there was anything to decide.
  const expected = args.includes('--override') ? [0, 3, 4] : args[0] === 'reconcile' ? [0, 3] : [0];
  expect(expected, run.stderr).toContain(run.status);
  if (run.status !== 4) expect(run.stderr).toBe('');
});
