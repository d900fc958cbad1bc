/**
 * Bugs that are planted to prove the tests, made by hand: each one takes a promise away. A text must occur once in its file, so that a bug
 * whose place has changed is told (planted.test.ts), and not silently left out.
 */

export interface Edit {
  readonly from: string;
  readonly to: string;
  /** Where `from` begins; without it, it must be there once. */
  readonly at?: number;
}

export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly Edit[];
}

const bug = (name: string, file: string, from: string, to: string, ...more: readonly Edit[]): PlantedBug => ({
  name,
  file,
  edits: [{ from, to }, ...more],
});

/** @throws Error where the place of an edit is not there, or there more than once */
export function plant({ name, file, edits }: PlantedBug, text: string): string {
  let result = text;
  for (const { from, to, at } of edits) {
    const places = result.split(from).length - 1;
    const place = at ?? result.indexOf(from);
    if (at === undefined ? places !== 1 : !result.startsWith(from, at))
      throw new Error(`${name}: its place in ${file} is there ${places} times`);
    result = `${result.slice(0, place)}${to}${result.slice(place + from.length)}`;
  }
  return result;
}

const FRAME = 'main/wal/frame.ts';
const READER = 'main/wal/log-reader.ts';
const WRITER = 'main/wal/log-writer.ts';
const COPY = 'main/tiers/tier-copy.ts';
const MAPPED = 'main/tiers/mapped.ts';
const RECOVER = 'main/cascade/recover.ts';
const REPLAY = 'main/cascade/replay.ts';
const RECORD = 'main/operations/record.ts';
const RELEASE = 'main/gate/release.ts';
const ED25519 = 'main/gate/ed25519.ts';
const NATIVE = 'main/storage/native.ts';
const BURN = "    burn(storage, layout, { format: 'rearm-burnt-1', nonce, dossierHash, at: context.now(), by, purpose: 'release' });\n";

export const HAND_MADE: readonly PlantedBug[] = [
  bug('a frame’s checksum is not verified', FRAME, 'if (xxh64(bytes.subarray(start + 8, start + need)) !== checksum)', 'if (false)'),
  bug('a frame may lie anywhere', FRAME, ' || header.offset !== fileOffset)', ')'),
  bug('a frame may be of another epoch', FRAME, 'header.epoch !== identity.epoch || ', ''),
  bug('a frame may be another store’s', FRAME, 'if (bytes[start + 16 + i] !== identity.storeId[i])', 'if (false)'),
  bug(
    'the chain of frames is not followed',
    READER,
    "if (header.previousHash !== headHash || header.firstLsn !== lastLsn + 1) return 'broken';",
    '',
  ),
  bug('what lies behind a fork is read', READER, "if (header.firstLsn + header.count - 1 > segment.lastLsnAllowed) return 'stop';", ''),
  bug('every end is a torn tail', READER, 'if (resumesAt !== null) {', 'if (false) {'),
  bug('the log tells of no durable LSN', READER, 'if (header.durableLsn > durableSeen) durableSeen = header.durableLsn;', ''),
  bug('a page’s hash is not verified', COPY, "if (view.getBigUint64(at, true) !== hash) return 'its bytes do not match its hash';", ''),
  bug('a page may be another page', COPY, 'if (number !== page) return', 'if (false) return'),
  bug('a stale page is taken', COPY, 'const current = pageView.getBigUint64(page * PAGE_BYTES, true) === hash;', 'const current = true;'),
  bug('headers need not sum to the root', COPY, 'if (BigInt.asUintN(64, stored) === root) return result;', 'return result;'),
  bug('L1: one slot only', MAPPED, 'this.#slot = slot === 0 ? 1 : 0;', ''),
  bug('L1: no watermark', MAPPED, 'this.#mapping.copyIn(acknowledgedAt(this.#copy), this.#acknowledgement, 0, 16);', ''),
  bug(
    'L1: the watermark’s complement is not looked at',
    'main/tiers/mapped-reader.ts',
    'if (value !== BigInt.asUintN(64, ~view.getBigUint64(at + 8, true)) || value',
    'if (value',
  ),
  bug(
    'L1: a slot’s header is not verified',
    'main/tiers/mapped-reader.ts',
    'if (xxh64(header.subarray(8)) !== view.getBigUint64(at, true))',
    'if (false)',
  ),
  bug('L2: one slot only', 'main/engine/writer.ts', 'const slot = this.#l2Slot;', 'const slot = 0 as 0 | 1;'),
  bug(
    'L2: a slot’s header is not verified',
    'main/tiers/slot-reader.ts',
    'if (have < bytes.length || xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))',
    'if (have < bytes.length)',
  ),
  bug('L2: ahead of the log', 'main/engine/writer.ts', '    this.flush();\n    if (!this.#sink', '    if (!this.#sink'),
  bug(
    'L3: a chunk’s checksum is not verified',
    'main/tiers/snapshot-reader.ts',
    ' || xxh64(part) !== view.getBigUint64(at + 24, true))',
    ')',
  ),
  bug(
    'L3: the directory’s checksum is not verified',
    'main/tiers/snapshot-reader.ts',
    'if (xxh64(head.subarray(8)) !== new DataView(head.buffer).getBigUint64(0, true))',
    'if (false)',
  ),
  bug('an urgent frame is not synced', 'main/engine/writer.ts', 'if (frame.urgent) this.#sync();', ''),
  bug(
    'acknowledged before it is synced',
    WRITER,
    '    this.#orRewrite(0, () => {\n      this.#file!.sync();\n      this.#proven();\n    });',
    '    this.#proven();\n    this.#orRewrite(0, () => this.#file!.sync());',
  ),
  bug(
    'a sync that failed is taken for done',
    WRITER,
    '      if (!(failure instanceof RearmError)) throw this.#fail(failure);\n',
    '      this.#proven();\n      return;\n',
  ),
  bug(
    'written anew, the header first',
    WRITER,
    '    this.writtenLsn = this.durableLsn;\n    this.headHash = this.#durableHash;\n',
    '    this.writtenLsn = this.durableLsn;\n    this.headHash = this.#durableHash;\n    this.#writeHeader();\n',
  ),
  bug('a segment is left without a sync', WRITER, '      this.sync();\n      this.#orRewrite(bytes', '      this.#orRewrite(bytes'),
  bug('the log is freed up to the newest snapshot', 'main/wal/floor.ts', 'next.firstLsn > floor.lsn + 1 || ', ''),
  bug('the log is freed within the window', 'main/wal/floor.ts', ' || next.createdNs > floor.createdBeforeNs', ''),
  bug(
    'a copy ahead of the log is believed',
    'main/cascade/decide.ts',
    "    when: { log: ['ended'] },\n    use: 'reject',",
    "    when: { log: ['ended'] },\n    use: 'candidate',",
  ),
  bug(
    'a copy of another branch is believed',
    'main/cascade/decide.ts',
    "    when: { lineage: ['off'] },\n    use: 'reject',",
    "    when: { lineage: ['off'] },\n    use: 'candidate',",
  ),
  bug(
    'a copy of another history is believed',
    'main/cascade/decide.ts',
    "    when: { chain: ['differs'] },\n    use: 'reject',",
    "    when: { chain: ['differs'] },\n    use: 'candidate',",
  ),
  bug('a log that is gone is not missed', RECOVER, '  if (!acknowledgedKnown) {', '  if (false) {'),
  bug('roots are not compared', REPLAY, 'if (bytes[at + 4] === ROOT_MARK && lsn > baseLsn', 'if (false && lsn > baseLsn'),
  bug('replay leaves the first operation out', REPLAY, 'if (lsn > from) {', 'if (lsn > from + 1) {'),
  bug('replay takes what a page has already', RECORD, 'if (same || high < lsnHigh || (high === lsnHigh && low < lsnLow)) {', 'if (true) {'),
  bug(
    'replay gives a page the first change of a record only',
    RECORD,
    'if (same || high < lsnHigh || (high === lsnHigh && low < lsnLow)) {',
    'if (high < lsnHigh || (high === lsnHigh && low < lsnLow)) {',
  ),
  bug('an acceptance does not halt', 'main/engine/accept.ts', "if (engine.row('risk')?.halted !== true) {", 'if (false) {'),
  bug(
    'an acceptance uses an epoch’s number again',
    'main/engine/accept.ts',
    'nextEpoch(storage, layout, identity.storeId, parent)',
    'parent + 1',
  ),
  bug('the lock is not looked at again', WRITER, 'if (!this.#holdsLock()) {', 'if (false) {'),
  bug(
    'an epoch’s checksum is not verified',
    'main/store/lineage.ts',
    'if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))',
    'if (false)',
  ),
  bug(
    'a rename before its sync',
    'main/storage/publish.ts',
    '    file.sync();\n  } finally {\n    file.close();\n  }\n  storage.rename(temporary, path);',
    '    storage.rename(temporary, path);\n    file.sync();\n  } finally {\n    file.close();\n  }',
  ),
  bug('a token is not burnt', RELEASE, BURN, ''),
  bug('a token is burnt after the mode is set', RELEASE, BURN, '', {
    from: '      nonce,\n      epoch: head.epoch,\n    });\n',
    to: `      nonce,\n      epoch: head.epoch,\n    });\n${BURN}`,
  }),
  bug('a release without its line', RELEASE, "    audit.append(by, 'token.burnt', { nonce, dossierHash, scope });\n", ''),
  bug('a used token is good', RELEASE, 'burnt: isBurnt(storage, layout, token.nonce) || known.spent.has(token.nonce),', 'burnt: false,'),
  bug('a used token whose mark is gone is good', RELEASE, ' || known.spent.has(token.nonce)', ''),
  bug('the storage takes no lock', NATIVE, "if (libc().fcntl(fd, F_OFD_SETLK, 'void*', flockStruct(F_WRLCK)) !== 0) {", 'if (false) {'),
  bug('a lock is one of the process, not of the open file', NATIVE, 'const F_OFD_SETLK = 37;', 'const F_OFD_SETLK = 6;'),
  bug('a key of other bytes is an Ed25519 key', ED25519, "if (raw.length !== 32 || raw.toString('base64') !== text) return false;", ''),
  bug(
    'a signature may be spelled in two ways',
    ED25519,
    "if (bytes.length !== 64 || bytes.toString('base64') !== signature) return false;",
    '',
  ),
];
