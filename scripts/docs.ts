/** `npm run docs`: writes the documents that are generated from the source. tests/docs.test.ts fails when one is not current. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../bench/machine.ts';
import type { Row } from '../bench/row.ts';
import { tableOf } from '../bench/table.ts';
import { ERROR_CODES, type ErrorFamily, SYSTEM_REMEDIES } from '../shared/errors.ts';
import { formatsDocument } from './formats.ts';
import { resultsTable } from './reliability-results.ts';
import { ROOT } from './run.ts';

const FAMILIES: Readonly<Record<ErrorFamily, { readonly status: number; readonly means: string }>> = {
  usage: { status: 1, means: 'The caller can mend the call; nothing was recorded.' },
  unreadable: { status: 2, means: 'This store, or this file, cannot be read as it is.' },
  refused: { status: 4, means: 'The engine or the gate says no; a person must decide.' },
  unavailable: { status: 2, means: 'Something outside does not answer or is not there.' },
  internal: { status: 2, means: 'A broken invariant; a defect of Rearm.' },
};

/** docs/ERRORS.md: every code with its family and what to do. */
export function errorsDocument(): string {
  const sections = (Object.keys(FAMILIES) as ErrorFamily[]).map((family) => {
    const rows = Object.entries(ERROR_CODES)
      .filter(([, entry]) => entry.family === family)
      .map(([code, entry]) => `| \`${code}\` | ${entry.remedy} |`);
    const { status, means } = FAMILIES[family];
    return `## ${family}\n\n${means} Exit status of the terminal: ${status}.\n\n| code | what to do |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors

An error has a stable code. In the terminal it is one line on standard error: code, what was tried, what to do next. Across every
other boundary it is data: \`{code, message, remedy, context}\`. Exit status 3 is no error: recovered with damage, or breaks found.

Generated from shared/errors.ts by \`npm run docs\`; a test compares the two.

${sections.join('\n')}
## What the system said

Where the system refused a call, its word ends the message (\`could not sync FILE: EIO\`) and is \`system\` in the context. For these it
decides what to do, whatever the code is.

| word | what to do |
|---|---|
${Object.entries(SYSTEM_REMEDIES)
  .map(([word, remedy]) => `| ${word} | ${remedy} |`)
  .join('\n')}
`;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** Libraries that are bundled into the page; they and what they need are shipped although package.json lists them for development. */
export const BUNDLED: readonly string[] = [
  '@base-ui/react',
  '@fontsource-variable/inter',
  '@fontsource-variable/jetbrains-mono',
  '@tanstack/react-table',
  '@tanstack/react-virtual',
  'cmdk',
  'lucide-react',
  'react',
  'react-dom',
  'recharts',
  'uplot',
  'zustand',
];

/** docs/LICENSES.md: what is shipped, with its licence, from the lock file. */
export function licencesDocument(): string {
  const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
  const packages = (read('package-lock.json') as { packages: Record<string, LockEntry> }).packages;
  const shipped = new Map<string, string>();
  const visit = (name: string, from: string): void => {
    // Node's own search: the nearest node_modules upwards.
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
      const entry = packages[path];
      if (entry) {
        const key = `${name} ${entry.version ?? ''}`;
        if (shipped.has(key)) return;
        shipped.set(key, `| ${name} | ${entry.version ?? ''} | ${entry.license ?? 'see the package'} |`);
        for (const next of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) visit(next, path);
        return;
      }
      if (at === '') return;
    }
  };
  const { dependencies } = read('package.json') as { dependencies: Record<string, string> };
  for (const name of [...Object.keys(dependencies), 'electron', ...BUNDLED]) visit(name, '');
  return `# Licences of what is shipped

Packages that are installed with Rearm, bundled into its page or packaged with it, and what those need, for every platform. Electron
brings the licences of Chromium and Node with its runtime (LICENSES.chromium.html).

Generated from package-lock.json by \`npm run docs\`; a test compares the two.

| package | version | licence |
|---|---|---|
${[...shipped.entries()]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([, row]) => row)
  .join('\n')}
`;
}

/** The place of figures in a document: between two marks, the first of which names the command that they come from. */
const FIGURES = /(<!-- figures: [^\n]* -->\n)[\s\S]*(<!-- end of figures -->)/;

/** A document whose own text stays, with its figures anew. */
function withFigures(file: string, figures: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8');
  if (!FIGURES.test(text)) throw new Error(`${file} has no place for its figures`);
  return text.replace(FIGURES, (_, before: string, after: string) => `${before}${figures}${after}`);
}

/** docs/PERFORMANCE.md: the rows of the last full run of the bench. */
function performanceFigures(): string {
  const file = join(ROOT, 'docs/figures/performance.json');
  if (!existsSync(file)) return 'Not run yet.\n';
  const { machine, commit, rows } = JSON.parse(readFileSync(file, 'utf8')) as { machine: Machine; commit: string; rows: Row[] };
  const { cpu, cores, system, node, fileSystem } = machine;
  return `Commit ${commit}, on ${cpu}, ${cores} cores, ${system}, Node ${node}, ${fileSystem}.\n\n${tableOf(rows)}\n`;
}

export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'docs/ERRORS.md': errorsDocument,
  'docs/FORMATS.md': formatsDocument,
  'docs/LICENSES.md': licencesDocument,
  'docs/PERFORMANCE.md': () => withFigures('docs/PERFORMANCE.md', performanceFigures()),
  'docs/RELIABILITY.md': () => withFigures('docs/RELIABILITY.md', resultsTable()),
};

if (import.meta.main) for (const [file, write] of Object.entries(DOCUMENTS)) writeFileSync(join(ROOT, file), write());
