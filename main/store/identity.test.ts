/** store.json as somebody else may leave it: read as evidence, refused by name, and never shown as it is. */

import { xxh64 } from '@node-rs/xxhash';
import { describe, expect, it } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { createIdentity, readIdentity, type StoreIdentity } from './identity.ts';

const ROOT = '/store';
const IDENTITY: StoreIdentity = {
  format: 'rearm-store',
  version: 1,
  storeId: 'ab'.repeat(16),
  name: 'desk one – Zürich 東京',
  createdAt: '2026-01-05T08:00:00.000000000Z',
  rowsMax: { fills: 512 },
};

const emptyTree = () => new FileTree(['/', ROOT]);

function made(identity: StoreIdentity): FileTree {
  const tree = emptyTree();
  createIdentity(new SimulatedStorage({ tree }), ROOT, identity);
  return tree;
}

const textOf = (tree: FileTree): string => new TextDecoder().decode(tree.bytes(`${ROOT}/store.json`));

function read(text: string | Uint8Array): StoreIdentity {
  const tree = emptyTree();
  tree.put(`${ROOT}/store.json`, typeof text === 'string' ? new TextEncoder().encode(text) : text);
  return readIdentity(new SimulatedStorage({ tree }), ROOT);
}

/** As whoever writes one has it: with a checksum that is right. */
function sealed(fields: Readonly<Record<string, unknown>>): string {
  const ordered = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...fields, checksum: xxh64(JSON.stringify(ordered)).toString(16).padStart(16, '0') });
}

/** Bidirectional, an escape of the terminal, a control of C1, a character of no width, a line separator, a tag, one of nobody. */
const UNSEEN = ['\u202e', '\u001b', '\u009b', '\u200b', '\u2028', '\u{e0041}', '\u{10fffe}', '\n', '\0', '\ud800'];

describe('the name of a store', () => {
  it('is anything that a screen shows', () => {
    expect(read(textOf(made(IDENTITY)))).toEqual(IDENTITY);
  });

  it.each(UNSEEN.map((character) => [JSON.stringify(character), character]))('with %s is not made', (_, character) => {
    expect(() => made({ ...IDENTITY, name: `desk${character}one` })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.not.stringContaining(character) }),
    );
  });

  it.each(['', 'x'.repeat(65)])('%j is not made, by a code', (name) => {
    expect(() => made({ ...IDENTITY, name })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  it('that somebody else wrote into it is shown escaped, and keeps nobody from the store', () => {
    // A lone surrogate is no text in UTF-8: that file is no store.json at all, below.
    const hostile = UNSEEN.slice(0, -1).join('');
    const { name, ...rest } = read(sealed({ ...IDENTITY, name: `desk${hostile}` }));
    expect(name).toBe('desk\\u202e\\u001b\\u009b\\u200b\\u2028\\udb40\\udc41\\udbff\\udffe\\u000a\\u0000');
    expect(rest).toEqual({ ...IDENTITY, name: undefined });
  });
});

describe('a store.json', () => {
  it('is made once, with bounds for tables that there are, and missed where there is none', () => {
    const storage = new SimulatedStorage({ tree: made(IDENTITY) });
    expect(() => createIdentity(storage, ROOT, IDENTITY)).toThrow(expect.objectContaining({ code: 'STORE_EXISTS' }));
    expect(() => made({ ...IDENTITY, rowsMax: { ordres: 64 } })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
    const none = new SimulatedStorage({ tree: emptyTree() });
    expect(() => readIdentity(none, ROOT)).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }));
  });

  it('whose checksum is right and whose store id is none is refused, and says so', () => {
    expect(() => read(sealed({ ...IDENTITY, storeId: 'none' }))).toThrow(
      expect.objectContaining({ code: 'IDENTITY_LOST', message: expect.stringContaining('storeId') }),
    );
  });

  it.each([
    ['version', '{"checksum":"0000000000000000"}'],
    ['checksum', '{"version":1}'],
  ])('without its %s is refused, and says what it lacks', (name, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'IDENTITY_LOST', message: expect.stringContaining(`at ${name}`) }));
  });

  const whole = sealed(IDENTITY);
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  it.each([
    ['a name twice, the same', whole.replace('{', '{"version":1,')],
    ['a name twice, another one first', whole.replace('{', `{"storeId":"${'cd'.repeat(16)}",`)],
    ['a name twice, escaped', whole.replace('{', '{"st\\u006freId":"",')],
    ['a table twice', whole.replace('{"fills"', '{"fills":9,"fills"')],
    ['a name that nobody knows', sealed({ ...IDENTITY, more: '\u001b[2J' })],
    ['a name that objects have', whole.replace('{', '{"__proto__":{"version":1},')],
    ['another format', sealed({ ...IDENTITY, format: 'erots-mraer' })],
    ['a number that is none', sealed({ ...IDENTITY, rowsMax: { fills: null } })],
    ['more than a store.json has', sealed({ ...IDENTITY, name: 'x'.repeat(70_000) })],
    ['an array in an array in an array', deep(30_000)],
    ['the same behind a version', `{"version":1,"checksum":"","x":${deep(30_000)}}`],
    ['bytes behind it', `${whole}{}`],
    ['nothing', ''],
    ['a word', '"store"'],
    ['a checksum of something else', JSON.stringify({ ...IDENTITY, checksum: '0000000000000000' })],
  ])('with %s is refused by name', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'IDENTITY_LOST', name: 'RearmError' }));
  });

  it('that is no UTF-8 is refused by name', () => {
    const bytes = new TextEncoder().encode(sealed({ ...IDENTITY, name: '\ufffd' }));
    expect(read(bytes).name).toBe('\ufffd');
    // Read as a character for what cannot be read, it would be the same text.
    const at = bytes.indexOf(0xef);
    expect(() => read(Buffer.concat([bytes.subarray(0, at), Uint8Array.of(0xff), bytes.subarray(at + 3)]))).toThrow(
      expect.objectContaining({ code: 'IDENTITY_LOST' }),
    );
  });
});
