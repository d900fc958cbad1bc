import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Audit, readAnchor } from './audit.ts';
import { canonicalBytes, canonicalText, sha256Hex } from './canonical.ts';
import { privateKeyFrom, signHash } from './ed25519.ts';
import { gateLayout } from './layout.ts';
import {
  Crash,
  type Disk,
  emptyDisk,
  errorsAt,
  outcome,
  type Plan,
  ProcessStorage,
  ROOT,
  resealed,
  STORE_ID,
  TestClock,
  testRandom,
} from './simulated.test-support.ts';

const LOG = `${ROOT}/audit/audit.log`;
const HEAD = `${ROOT}/audit/audit.head`;

function auditOn(disk: Disk, plan: Plan = {}, seed = 'audit'): { audit: Audit; storage: ProcessStorage } {
  const storage = new ProcessStorage(disk, plan);
  const audit = new Audit({ storage, layout: gateLayout(ROOT), clock: new TestClock(), random: testRandom(seed), storeId: STORE_ID });
  return { audit, storage };
}

/** A disk with a log of `count` entries, the first of which is its creation. */
function logOf(count: number, seed?: string): Disk {
  const disk = emptyDisk();
  const { audit, storage } = auditOn(disk, {}, seed);
  for (const directory of ['audit', 'quarantine']) storage.makeDirectory(`${ROOT}/${directory}`);
  storage.syncDirectory(ROOT);
  audit.ensure();
  for (let i = 2; i <= count; i += 1) audit.append('ada', 'test.noted', { number: i, text: `entry ${i}` });
  return disk;
}

const verifyOn = (disk: Disk, options: Parameters<Audit['verify']>[0] = {}) => auditOn(disk).audit.verify(options);
const startOf = (disk: Disk, sequence: number): number => {
  const lines = disk.text(LOG).split('\n');
  return Buffer.byteLength(
    lines
      .slice(0, sequence - 1)
      .map((line) => `${line}\n`)
      .join(''),
  );
};

describe('the audit log', () => {
  it('is a chain that an independent reader can verify from its bytes', () => {
    const disk = logOf(3);
    const { publicKey } = JSON.parse(disk.text(`${ROOT}/audit/audit.pub`)) as { publicKey: string };
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKey, 'base64')]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const lines = disk.text(LOG).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe('');
    let previous = sha256Hex(`rearm-audit-1 ${STORE_ID}`);
    for (const [index, line] of lines.slice(0, 3).entries()) {
      const { hash, signature, ...body } = JSON.parse(line) as Record<string, unknown> & { hash: string; signature: string };
      expect(Object.keys(body)).toEqual(['action', 'actor', 'at', 'details', 'previousHash', 'sequence']);
      expect(body.sequence).toBe(index + 1);
      expect(body.previousHash).toBe(previous);
      expect(sha256Hex(canonicalText(body))).toBe(hash);
      expect(verify(null, Buffer.from(`rearm-audit-1 ${hash}`), key, Buffer.from(signature, 'base64'))).toBe(true);
      previous = hash;
    }
    expect(JSON.parse(disk.text(HEAD))).toMatchObject({ format: 'rearm-audit-head-1', head: previous, sequence: 3, storeId: STORE_ID });
    expect(verifyOn(disk)).toMatchObject({ verified: true, firstBad: null, count: 3, head: previous, tornBytes: 0 });
  });

  it('returns the last entries and verifies all', () => {
    const disk = logOf(5);
    expect(verifyOn(disk, { last: 2 }).entries.map((entry) => entry.details.number)).toEqual([4, 5]);
    expect(verifyOn(disk, { last: 2 }).count).toBe(5);
  });

  it('names the entry in which a byte was changed, for every byte of the file', () => {
    const disk = logOf(4);
    const good = disk.bytes(LOG).slice();
    const starts = [1, 2, 3, 4].map((sequence) => startOf(disk, sequence));
    const wrong: number[] = [];
    for (let position = 0; position < good.length; position += 1) {
      const bad = good.slice();
      bad[position] = bad[position]! ^ (1 << (position % 8));
      disk.put(LOG, bad);
      const { verified, firstBad } = verifyOn(disk, { last: 1 });
      const inside = starts.filter((start) => start <= position).length;
      if (verified || firstBad !== inside) wrong.push(position);
    }
    expect(wrong).toEqual([]);
  });

  it('notices every truncation at or before the acknowledged head', () => {
    const disk = logOf(3);
    const good = disk.bytes(LOG).slice();
    const starts = [1, 2, 3].map((sequence) => startOf(disk, sequence));
    for (let length = 0; length < good.length; length += 1) {
      disk.put(LOG, good.slice(0, length));
      const { verified, firstBad } = verifyOn(disk, { last: 1 });
      const whole = starts.filter((start) => start <= length).length - 1;
      if (verified || firstBad !== whole + 1)
        expect({ length, verified, firstBad }).toEqual({ length, verified: false, firstBad: whole + 1 });
    }
    disk.delete(LOG);
    expect(verifyOn(disk)).toMatchObject({ verified: false, firstBad: 1 });
  });

  it('notices entries that were removed, repeated, exchanged or made with another key', () => {
    const disk = logOf(5);
    const lines = disk.text(LOG).trimEnd().split('\n');
    const other = logOf(5, 'another key').text(LOG).trimEnd().split('\n');
    const cases: [string[], number][] = [
      [[lines[0]!, lines[1]!, lines[3]!, lines[4]!], 3],
      [[lines[0]!, lines[1]!, lines[1]!, lines[2]!, lines[3]!, lines[4]!], 3],
      [[lines[0]!, lines[2]!, lines[1]!, lines[3]!, lines[4]!], 2],
      [[...lines.slice(0, 4), other[4]!], 5],
      [other, 1],
      [['', ...lines], 1],
    ];
    for (const [bad, firstBad] of cases) {
      disk.put(LOG, `${bad.join('\n')}\n`);
      expect(verifyOn(disk)).toMatchObject({ verified: false, firstBad });
    }
  });

  it('notices an entry out of another branch of its own history', () => {
    const disk = logOf(2);
    const branch = disk.copy();
    for (const number of [3, 4]) auditOn(disk).audit.append('ada', 'test.noted', { number });
    auditOn(branch).audit.append('ada', 'test.noted', { number: 'another 3' });
    const [main, other] = [disk, branch].map((one) => one.text(LOG).trimEnd().split('\n'));
    disk.put(LOG, `${[main![0], main![1], other![2], main![3]].join('\n')}\n`);
    expect(verifyOn(disk)).toMatchObject({ verified: false, firstBad: 4 });
  });

  it('is foreign in another store', () => {
    const storage = new ProcessStorage(logOf(2));
    const deps = { storage, layout: gateLayout(ROOT), clock: new TestClock(), random: testRandom(), storeId: 'b2'.repeat(16) };
    expect(new Audit(deps).verify()).toMatchObject({ verified: false, firstBad: 1 });
    expect(outcome(() => new Audit(deps).append('ada', 'test.noted', {}))).toBe('STORE_FOREIGN');
  });

  it('notices an entry that the key signed under a number that is not its own', () => {
    const disk = logOf(3);
    const { privateKey } = JSON.parse(disk.text(`${ROOT}/audit/audit.key`)) as { privateKey: string };
    const lines = disk.text(LOG).trimEnd().split('\n');
    const { hash: _, signature: __, ...body } = JSON.parse(lines[2]!) as Record<string, unknown>;
    const hash = sha256Hex(canonicalText({ ...body, sequence: 9 }));
    const signature = signHash(privateKeyFrom(Buffer.from(privateKey, 'base64'))!, 'rearm-audit-1', hash);
    disk.put(LOG, `${lines[0]}\n${lines[1]}\n${canonicalText({ ...body, sequence: 9, hash, signature })}\n`);
    expect(verifyOn(disk)).toMatchObject({ verified: false, firstBad: 3, reason: 'it is numbered 9' });
  });

  it('does not take the public key of another store', () => {
    const disk = logOf(3);
    const path = `${ROOT}/audit/audit.pub`;
    disk.put(path, resealed(disk.text(path).replace(STORE_ID, 'b2'.repeat(16))));
    expect(verifyOn(disk)).toMatchObject({ verified: false, reason: expect.stringContaining('STORE_FOREIGN') });
    expect(outcome(() => auditOn(disk).audit.append('ada', 'test.noted', {}))).toBe('STORE_FOREIGN');
  });

  it.each([['audit.log'], ['audit.head']])(
    'gets no new key where its own is gone and %s is left: nobody could verify what that key signed',
    (left) => {
      const disk = logOf(3);
      for (const path of disk.tree.files()) if (!path.endsWith(left)) disk.tree.delete(path);
      const before = disk.fingerprint();
      const refused = expect.objectContaining({ code: 'AUDIT_BROKEN', context: { firstBad: 1, reason: 'keyMissing' } });
      expect(() => auditOn(disk).audit.ensure()).toThrow(refused);
      expect(disk.fingerprint()).toBe(before);
    },
  );

  it('is not continued where its end is damaged', () => {
    const disk = logOf(3);
    const good = disk.text(LOG);
    for (const bad of [good.replace('entry 3', 'entry 4'), good.slice(0, -1), `${good.trimEnd()}x\n`, '']) {
      disk.put(LOG, bad);
      expect(outcome(() => auditOn(disk).audit.append('ada', 'test.noted', {}))).toMatch(/^AUDIT_BROKEN/);
      expect(disk.text(LOG)).toBe(bad);
    }
    disk.put(LOG, good);
    disk.delete(HEAD);
    expect(verifyOn(disk)).toMatchObject({ verified: false, firstBad: 4 });
  });

  it('keeps a torn last line as evidence and goes on after the last whole entry', () => {
    const disk = logOf(3);
    const whole = disk.bytes(LOG).slice();
    const torn = new TextEncoder().encode('{"action":"test.noted","actor":"a');
    disk.put(LOG, Buffer.concat([whole, torn]));
    expect(verifyOn(disk)).toMatchObject({ verified: true, count: 3, tornBytes: torn.length });
    expect(auditOn(disk).audit.append('ada', 'test.noted', { after: true }).sequence).toBe(4);
    expect(verifyOn(disk)).toMatchObject({ verified: true, count: 4, tornBytes: 0 });
    expect(disk.bytes(LOG).slice(0, whole.length)).toEqual(whole);
    const kept = disk.files().filter((path) => path.startsWith(`${ROOT}/quarantine/`));
    expect(kept).toEqual([`${ROOT}/quarantine/audit.log-${whole.length}-${sha256Hex(torn).slice(0, 16)}.torn`]);
    expect(disk.bytes(kept[0]!)).toEqual(torn);
  });

  it('keeps a whole entry that was not acknowledged', () => {
    const disk = logOf(3);
    const head = disk.text(HEAD);
    auditOn(disk).audit.append('ada', 'test.noted', { number: 4 });
    disk.put(HEAD, head);
    expect(verifyOn(disk)).toMatchObject({ verified: true, count: 4 });
    expect(auditOn(disk).audit.append('ada', 'test.noted', {}).sequence).toBe(5);
  });

  it('refuses details without a canonical form, and too many of them, and goes on', () => {
    const disk = logOf(1);
    const { audit } = auditOn(disk);
    expect(outcome(() => audit.append('ada', 'test.noted', { price: 0.1 }))).toMatch(/^PAYLOAD_INVALID/);
    expect(outcome(() => audit.append('ada', 'Test', {}))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => audit.append('a\u202eda', 'test.noted', {}))).toBe('PAYLOAD_INVALID');
    expect(outcome(() => audit.append('ada', 'test.noted', { text: 'x'.repeat(70_000) }))).toBe('TEXT_TOO_LONG');
    expect(audit.append('ada', 'test.noted', {}).sequence).toBe(2);
    expect(verifyOn(disk).verified).toBe(true);
  });
});

describe('an anchor', () => {
  it('shows that the log was rolled back behind it, head and all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (anchored, rolledBack) => {
        const anchor = readAnchor(canonicalBytes(auditOn(logOf(anchored)).audit.anchor()));
        const { verified, anchor: verdict } = verifyOn(logOf(rolledBack), { anchor });
        expect(verified).toBe(true);
        expect(verdict).toBe(rolledBack >= anchored ? 'holds' : 'truncated');
      }),
      { numRuns: 40 },
    );
  });

  it('shows another history, and another store', () => {
    const anchor = auditOn(logOf(3)).audit.anchor();
    expect(verifyOn(logOf(3), { anchor }).anchor).toBe('holds');
    expect(verifyOn(logOf(3, 'another key'), { anchor }).anchor).toBe('differs');
    expect(verifyOn(logOf(3), { anchor: { ...anchor, storeId: 'b2'.repeat(16) } }).anchor).toBe('foreign');
  });

  it('is not made of a log that is broken', () => {
    const disk = logOf(2);
    disk.put(LOG, disk.text(LOG).replace('entry 2', 'entry 3'));
    expect(outcome(() => auditOn(disk).audit.anchor())).toMatch(/^AUDIT_BROKEN/);
  });
});

describe('appending through a crash', () => {
  const base = logOf(2);
  const whole = (() => {
    const { audit, storage } = auditOn(base.copy());
    audit.append('ada', 'test.noted', { number: 3 });
    return storage.calls;
  })();

  it('leaves a log that verifies, with all that was acknowledged, before every call and whatever is lost', () => {
    expect(whole).toBeGreaterThan(15);
    for (let crashAt = 1; crashAt <= whole; crashAt += 1) {
      const disk = base.copy();
      const { audit } = auditOn(disk, { crashAt });
      expect(() => audit.append('ada', 'test.noted', { number: 3 })).toThrow(Crash);
      for (const { what, disk: found } of disk.losses(crashAt)) {
        const { verified, count } = verifyOn(found);
        expect({ crashAt, what, verified, kept: count >= 2 && count <= 3 }).toEqual({ crashAt, what, verified: true, kept: true });
        const next = auditOn(found).audit.append('ada', 'test.noted', { next: true });
        expect(next.sequence).toBe(count + 1);
        expect(verifyOn(found.afterCut())).toMatchObject({ verified: true, count: count + 1 });
      }
    }
  });

  it('keeps what it acknowledged through a power loss', () => {
    const disk = base.copy();
    auditOn(disk).audit.append('ada', 'test.noted', { number: 3 });
    for (const { what, disk: found } of disk.losses())
      expect({ what, ...verifyOn(found) }).toMatchObject({ what, verified: true, count: 3 });
  });

  it('goes on after a call that failed, without trusting what a failed sync left in memory', () => {
    for (let failAt = 1; failAt <= whole; failAt += 1)
      for (const error of errorsAt(failAt)) {
        const disk = base.copy();
        outcome(() => auditOn(disk, { failAt, error }).audit.append('ada', 'test.noted', { number: 3 }));
        const { sequence } = auditOn(disk).audit.append('ada', 'test.noted', { next: true });
        for (const { what, disk: found } of disk.losses(failAt))
          expect({ failAt, error, what, ...verifyOn(found, { last: 0 }) }).toMatchObject({
            failAt,
            error,
            what,
            verified: true,
            count: sequence,
          });
      }
  });

  it('loses nothing and invents nothing when a call fails, once or for good', () => {
    for (let failAt = 1; failAt <= whole; failAt += 1)
      for (const error of errorsAt(failAt))
        for (const sticky of [false, true]) {
          const disk = base.copy();
          const result = outcome(() => auditOn(disk, { failAt, sticky, error }).audit.append('ada', 'test.noted', { number: 3 }));
          for (const { what, disk: found } of disk.losses(failAt)) {
            const { verified, count } = verifyOn(found);
            expect({ failAt, sticky, error, what, verified }).toEqual({ failAt, sticky, error, what, verified: true });
            expect(count).toBeGreaterThanOrEqual(result === 'done' ? 3 : 2);
            expect(auditOn(found).audit.append('ada', 'test.noted', { next: true }).sequence).toBe(count + 1);
            expect(verifyOn(found).verified).toBe(true);
          }
        }
  });
});
