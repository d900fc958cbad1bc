/**
 * Bugs that are planted to prove the tests: each one takes a promise away. A text must occur once in its file, so that a bug whose place
 * has changed is told, and not silently left out.
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Which occurrence of `from`, where there are several. */
  readonly occurrence?: number;
}

const bug = (name: string, file: string, from: string, to: string): PlantedBug => ({ name, file, from, to });

/** A call of a sync, with everything in its brackets. */
const SYNC = /[\w.#!]+\.(?:sync|syncDirectory)\((?:[^()]|\([^()]*\))*\)/g;

/** Every sync and directory sync of the engine and the gate, one at a time. */
export function syncs(root: string): PlantedBug[] {
  return globSync('main/**/*.ts', { cwd: root })
    .filter((file) => !/\.test(-support)?\.ts$|^main\/storage\/(native|storage)\.ts$/.test(file))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const seen = new Map<string, number>();
      return [...text.matchAll(SYNC)].flatMap((match) => {
        const occurrence = seen.get(match[0]) ?? 0;
        seen.set(match[0], occurrence + 1);
        const line = text.slice(0, match.index).split('\n').length;
        const whole = text.split('\n')[line - 1]!.trim();
        // Where it is spoken of, and not called.
        if (whole.startsWith('*') || whole.startsWith('//')) return [];
        return [{ name: `no sync: ${file}:${line}: ${match[0]}`, file, from: match[0], to: 'void 0', occurrence }];
      });
    });
}

const FRAME = 'main/wal/frame.ts';
const READER = 'main/wal/log-reader.ts';
const WRITER = 'main/wal/log-writer.ts';
const COPY = 'main/tiers/tier-copy.ts';
const MAPPED = 'main/tiers/mapped.ts';
const RECOVER = 'main/cascade/recover.ts';

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
  bug('a page’s hash is not verified', COPY, "if (hashPage(pages, at) !== header.hash) return 'its bytes do not match its hash';", ''),
  bug('a page may be another page', COPY, 'if (header.number !== page) return', 'if (false) return'),
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
    'if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))',
    'if (false)',
  ),
  bug('L2: ahead of the log', 'main/engine/writer.ts', '    this.flush();\n    this.#takeChanged();', '    this.#takeChanged();'),
  bug(
    'L3: a chunk’s checksum is not verified',
    'main/tiers/snapshot-reader.ts',
    'if (xxh64(part) !== view.getBigUint64(at + 24, true))',
    'if (false)',
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
  bug(
    'roots are not compared',
    'main/cascade/replay.ts',
    'if (header.operation === ROOT_MARK && lsn > baseLsn',
    'if (false && lsn > baseLsn',
  ),
  bug('replay leaves the first operation out', 'main/cascade/replay.ts', '        if (lsn > from) {', '        if (lsn > from + 1) {'),
  bug(
    'replay takes what a page has already',
    'main/operations/record.ts',
    'if (image.pageLsn(page) <= lsn) {',
    'if (image.pageLsn(page) < lsn) {',
  ),
  bug('an acceptance does not halt', 'main/engine/accept.ts', "if (engine.row('risk')?.halted !== true) {", 'if (false) {'),
  bug('an acceptance uses an epoch’s number again', 'main/engine/accept.ts', 'highestEpoch(storage, layout, parent) + 1', 'parent + 1'),
  bug('the lock is not looked at again', WRITER, 'if (!this.#options.lock.holds()) {', 'if (false) {'),
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
  bug(
    'a token is burnt after the mode is set',
    'main/gate/release.ts',
    "    burn(storage, layout, { format: 'rearm-burnt-1', nonce, dossierHash, at: context.now(), by, purpose: 'release' });\n",
    '',
  ),
  bug('a release without its line', 'main/gate/release.ts', "    audit.append(by, 'token.burnt', { nonce, dossierHash, scope });\n", ''),
  bug('a used token is good', 'main/gate/release.ts', 'burnt: isBurnt(storage, layout, token.nonce),', 'burnt: false,'),
  bug('the storage does not sync', 'main/storage/native.ts', 'fs.fdatasyncSync(this.#fd)', 'void 0'),
  bug('the storage does not sync directories', 'main/storage/native.ts', 'fs.fsyncSync(fd)', 'void 0'),
];
