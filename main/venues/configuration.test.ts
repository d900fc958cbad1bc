import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../storage/native.ts';
import { VenueConnection } from './client.ts';
import { loadVenues, parseVenues } from './configuration.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rearm-configuration-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const key = (name: string) => ({ apiKey: `${name}-key`, secret: `${name}-secret` });
const venue = (changes: object = {}) => ({
  name: 'BYBIT',
  dialect: 'bybit',
  origin: 'http://127.0.0.1:9',
  account: 'MM1',
  symbols: ['BTC/USDT:USDT'],
  cancelOnDisconnect: 'no',
  keys: { read: key('read'), cancel: key('cancel') },
  emergency: { phone: '+44' },
  ...changes,
});

describe('the file', () => {
  const write = (content: unknown, mode = 0o600): string => {
    const path = join(directory, 'venues.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(path, mode);
    return path;
  };

  test('is read whole, and may be nobody else’s to read', async () => {
    expect(await loadVenues(write({ venues: [venue()] }))).toMatchObject({ venues: [{ name: 'BYBIT', timeoutMs: 4_000 }], warnings: [] });
    const { warnings } = await loadVenues(write({ venues: [venue()] }, 0o644));
    expect(warnings).toMatchObject([{ code: 'CONFIGURATION_READABLE_BY_OTHERS' }]);
    expect(warnings[0]!.message).toContain('0644');
  });

  test('that is missing, a link, too large or no JSON is refused by name, without quoting a key', async () => {
    await expect(loadVenues(join(directory, 'none.json'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const path = write({ venues: [venue()] });
    symlinkSync(path, join(directory, 'link.json'));
    await expect(loadVenues(join(directory, 'link.json'))).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    await expect(loadVenues(join(path, 'inside.json'))).rejects.toMatchObject({ code: 'IO_FAILED', context: { system: 'ENOTDIR' } });
    await expect(loadVenues(directory)).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    await expect(loadVenues(write(`{"secret": "read-secret" oops`))).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.not.stringContaining('read-secret'),
    });
    await expect(loadVenues(write(' '.repeat(1 << 21)))).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});

describe('what it says', () => {
  test('a dialect is any exchange of the client library; another one is refused clearly', async () => {
    for (const dialect of ['kraken', 'okx', 'deribit', 'hyperliquid'])
      expect((await parseVenues({ venues: [venue({ dialect })] })).venues[0]!.dialect).toBe(dialect);
    await expect(parseVenues({ venues: [venue({ dialect: 'bitmart2' })] })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('no dialect is called bitmart2'),
    });
    await expect(parseVenues({ venues: [venue({ dialect: 'constructor' })] })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  test('keys come from the environment too; one that is not set is named', async () => {
    const keys = { read: { apiKey: { env: 'BYBIT_KEY' }, secret: { env: 'BYBIT_SECRET' } } };
    const { venues } = await parseVenues({ venues: [venue({ keys })] }, { BYBIT_KEY: 'from-environment', BYBIT_SECRET: 'quiet' });
    expect(venues[0]!.keys.read!.apiKey.reveal()).toBe('from-environment');
    expect(JSON.stringify(venues)).not.toMatch(/from-environment|quiet/);
    await expect(parseVenues({ venues: [venue({ keys })] }, { BYBIT_KEY: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('BYBIT_SECRET is not set'),
    });
  });

  test.each([
    ['an unknown field', venue({ color: 'red' })],
    ['a name that is a path', venue({ name: '../x' })],
    ['an origin with a path', venue({ origin: 'http://127.0.0.1:9/api' })],
    ['an origin of another scheme', venue({ origin: 'file:///etc' })],
    ['a key without a secret', venue({ keys: { read: { apiKey: 'x' } } })],
  ])('%s is refused', async (_name, entry) => {
    await expect(parseVenues({ venues: [entry] })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  test('two venues of one name are refused', async () => {
    await expect(parseVenues({ venues: [venue(), venue()] })).rejects.toMatchObject({
      message: expect.stringContaining('two venues are called BYBIT'),
    });
  });

  test('what is missing or unsafe is a named warning', async () => {
    const { warnings } = await parseVenues({
      venues: [venue({ keys: { read: key('read') } }), venue({ name: 'A', keys: {} }), venue({ name: 'B', origin: 'http://10.0.0.1:80' })],
    });
    expect(warnings.map(({ code }) => code)).toEqual(['CANCEL_KEY_MISSING', 'KEY_MISSING', 'ORIGIN_NOT_ENCRYPTED']);
  });
});

describe('a client', () => {
  test('speaks to the origin alone, whatever the exchange', async () => {
    const strings = (node: unknown): string[] =>
      typeof node === 'string' ? [node] : typeof node === 'object' && node !== null ? Object.values(node).flatMap(strings) : [];
    for (const dialect of ['binanceusdm', 'bybit', 'okx', 'kraken', 'deribit', 'bitget', 'gate', 'hyperliquid', 'coinbase']) {
      const { venues } = await parseVenues({ venues: [venue({ dialect })] });
      const { urls } = new VenueConnection(venues[0]!, systemClock).client('read');
      const addresses = strings(urls.api);
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of addresses)
        expect([dialect, address]).toEqual([dialect, expect.stringMatching(/^http:\/\/127\.0\.0\.1:9(\/|$)|^\{hostname\}|^[^:]*$/)]);
    }
  });

  test('takes a stronger key where its own is missing, never a weaker one', async () => {
    const { venues } = await parseVenues({
      venues: [venue({ keys: { trade: key('trade') } }), venue({ name: 'R', keys: { read: key('read') } })],
    });
    const [trading, reading] = venues.map((entry) => new VenueConnection(entry, systemClock));
    expect((trading!.client('read') as unknown as { apiKey: string }).apiKey).toBe('trade-key');
    expect(trading!.canCancel).toBe(true);
    expect(reading!.canCancel).toBe(false);
    expect(() => reading!.client('cancel')).toThrowError(/no key that may cancel/);
  });
});
