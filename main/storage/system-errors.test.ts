import { expect, test } from 'vitest';
import { ERROR_CODES, RearmError } from '../../shared/errors.ts';
import { systemFailure } from './system-errors.ts';

const failed = (system: string): RearmError => systemFailure(system, 'write', '/store/wal/1.wal');

test.each([
  ['EROFS', 'PERMISSION_DENIED', /mount/, /owner/],
  ['EMFILE', 'IO_FAILED', /ulimit -n/, /Look at the disk/],
  ['ENFILE', 'IO_FAILED', /file-max/, /Look at the disk/],
  ['ENOMEM', 'IO_FAILED', /memory/, /Look at the disk/],
  ['EFBIG', 'DISK_FULL', /ulimit -f/, /^Free space/],
  ['EDQUOT', 'DISK_FULL', /quota/, /^Free space/],
  ['ENOLCK', 'IO_FAILED', /locks/, /Look at the disk/],
] as const)('%s advises what mends it, on either side of a boundary', (system, code, mends, misleads) => {
  const data = failed(system).toData();
  for (const { code: told, remedy } of [data, RearmError.fromData(data)]) {
    expect(told).toBe(code);
    expect(remedy).toMatch(mends);
    expect(remedy).not.toMatch(misleads);
  }
});

test('any other word of the system, and what is none, has the advice of its code', () => {
  for (const system of ['EIO', 'ENOSPC', 'EACCES', 'ENOENT', 'UNKNOWN']) {
    const { code, remedy } = failed(system);
    expect(remedy, system).toBe(ERROR_CODES[code].remedy);
  }
  for (const system of [7, 'constructor']) expect(new RearmError('IO_FAILED', '', { system }).remedy).toBe(ERROR_CODES.IO_FAILED.remedy);
});
