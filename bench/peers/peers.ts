/**
 * Other engines that store the same operations with the same durability, each as its documentation recommends. What is stored is the
 * bytes of our records under their LSN: the peers are spared our apply.
 */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

const HERE = fileURLToPath(new URL('.', import.meta.url));

export interface Peer {
  readonly name: string;
  /** Stores the operations from `lsn` on in one transaction; durable when it returns, or when it resolves. */
  store(lsn: number, records: readonly Uint8Array[]): void | Promise<void>;
  /** Gives every record, in the order of the LSNs; valid until the next one. */
  read(visit: (record: Uint8Array) => void): void | Promise<void>;
  close(): void | Promise<void>;
}

type Open = (directory: string) => Promise<Peer> | Peer;

/** WAL and FULL: as durable as ours, and the fastest of its modes that is. */
const sqlite: Open = (directory) => {
  const database = new Database(join(directory, 'operations.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS operations (lsn INTEGER PRIMARY KEY, record BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO operations VALUES (?, ?)');
  const all = database.transaction((lsn: number, records: readonly Uint8Array[]) => {
    for (let i = 0; i < records.length; i += 1) insert.run(lsn + i, records[i]);
  });
  return {
    name: 'better-sqlite3',
    store: (lsn, records) => (records.length === 1 ? void insert.run(lsn, records[0]) : all(lsn, records)),
    read: (visit) => {
      for (const record of database.prepare('SELECT record FROM operations ORDER BY lsn').pluck().iterate()) visit(record as Uint8Array);
    },
    close: () => void database.close(),
  };
};

interface LmdbStore {
  put(key: number, value: Uint8Array): void;
  transactionSync(work: () => void): void;
  getRange(options: object): Iterable<{ readonly value: Uint8Array }>;
  close(): Promise<void>;
}

/** Without overlapping syncs, which return before the disk has it. */
const lmdb: Open = (directory) => {
  const { open } = required('lmdb') as { open(options: object): LmdbStore };
  const store = open({ path: join(directory, 'lmdb'), encoding: 'binary', overlappingSync: false });
  return {
    name: 'lmdb',
    store: (lsn, records) =>
      store.transactionSync(() => {
        for (let i = 0; i < records.length; i += 1) store.put(lsn + i, records[i]!);
      }),
    read: (visit) => {
      for (const { value } of store.getRange({})) visit(value);
    },
    close: () => store.close(),
  };
};

interface LevelStore {
  open(): Promise<void>;
  put(key: Uint8Array, value: Uint8Array, options: { sync: boolean }): Promise<void>;
  batch(operations: readonly object[], options: { sync: boolean }): Promise<void>;
  values(options: object): { nextv(count: number): Promise<readonly Uint8Array[]>; close(): Promise<void> };
  close(): Promise<void>;
}

const level: Open = async (directory) => {
  const { ClassicLevel } = required('classic-level') as { ClassicLevel: new (path: string, options: object) => LevelStore };
  const store = new ClassicLevel(join(directory, 'level'), { keyEncoding: 'view', valueEncoding: 'view' });
  await store.open();
  const keyOf = (lsn: number): Uint8Array => {
    const key = Buffer.alloc(8);
    key.writeBigUInt64BE(BigInt(lsn));
    return key;
  };
  return {
    name: 'classic-level',
    store: (lsn, records) =>
      store.batch(
        records.map((value, i) => ({ type: 'put', key: keyOf(lsn + i), value })),
        { sync: true },
      ),
    read: async (visit) => {
      const values = store.values({ highWaterMarkBytes: 1 << 20 });
      for (let some = await values.nextv(4_096); some.length > 0; some = await values.nextv(4_096)) for (const value of some) visit(value);
      await values.close();
    },
    close: () => store.close(),
  };
};

export const required = (name: string): unknown => createRequire(join(HERE, 'package.json'))(name);

/** Installs what is not there yet. Without a lock file: the registry may lack variants for other platforms. */
export function installPeers(): void {
  const { dependencies } = JSON.parse(fs.readFileSync(join(HERE, 'package.json'), 'utf8')) as { dependencies: object };
  if (Object.keys(dependencies).every((name) => fs.existsSync(join(HERE, 'node_modules', name)))) return;
  console.error('installing the peers into bench/peers/');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'], { cwd: HERE, stdio: 'inherit' });
}

const PEERS: Readonly<Record<string, Open>> = { 'better-sqlite3': sqlite, lmdb, 'classic-level': level };
export const PEER_NAMES = Object.keys(PEERS);

/** Folder of a peer's files in the directory. */
export const peerDirectory = (directory: string, name: string): string => join(directory, `peer-${name}`);

/** Opens one peer, with what it stored before in the directory. */
export async function openPeer(name: string, directory: string): Promise<Peer> {
  const own = peerDirectory(directory, name);
  fs.mkdirSync(own, { recursive: true });
  return PEERS[name]!(own);
}

/** @param directory of the files; one folder per peer is made in it */
export async function openPeers(directory: string): Promise<Peer[]> {
  installPeers();
  const peers: Peer[] = [];
  for (const name of PEER_NAMES) peers.push(await openPeer(name, directory));
  return peers;
}
