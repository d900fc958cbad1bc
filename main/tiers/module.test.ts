/** What this process cannot load or has no memory for is no damage of a file. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { recover } from '../cascade/recover.ts';
import { verify } from '../verify/verify.ts';

const fails = vi.hoisted(() => ({ module: false, memory: false }));
vi.mock('node:module', async (original) => {
  const real = await original<typeof import('node:module')>();
  const createRequire = (from: string | URL) => {
    const load = real.createRequire(from);
    return (name: string): unknown => {
      if (fails.module)
        throw Object.assign(new Error(`${name}: cannot allocate memory in static TLS block`), { code: 'ERR_DLOPEN_FAILED' });
      return load(name);
    };
  };
  return { ...real, default: { ...real, createRequire }, createRequire };
});
vi.mock('node:zlib', async (original) => {
  const { default: real } = await original<{ default: typeof import('node:zlib') }>();
  const zstdDecompressSync: typeof real.zstdDecompressSync = (...given) => {
    if (fails.memory) throw Object.assign(new Error('Allocation error : not enough memory'), { code: 'ZSTD_error_memory_allocation' });
    return real.zstdDecompressSync(...given);
  };
  return { default: { ...real, zstdDecompressSync } };
});
afterEach(() => Object.assign(fails, { module: false, memory: false }));

async function stored(): Promise<Desk> {
  const desk = await Desk.create({ config: { l1Ms: 86_400_000, l2Ms: 5, l3Ms: 20, l4Ms: 20 } });
  const generator = new Generator(3, { invalid: 0 });
  for (let step = 0; step < 100; step += 1) await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()));
  desk.pass(100);
  await desk.engine.close();
  return desk;
}

const of = ({ platform: { storage, clock }, root }: Desk) => ({ storage, clock, root, bootId: BOOT });
const damage = (desk: Desk): string[] =>
  recover(of(desk)).report.findings.flatMap(({ severity, message }) => (severity === 'damage' ? [message] : []));

test('without its module the archive is not available, and nothing else is said of it', async () => {
  const desk = await stored();
  expect(recover(of(desk)).report.tiers.find(({ tier }) => tier === 'L4')).toMatchObject({ status: 'valid' });
  fails.module = true;
  expect(damage(desk)).toEqual([]);
  expect(recover(of(desk)).report.tiers.find(({ tier }) => tier === 'L4')).toMatchObject({ status: 'unavailable' });
  expect(verify(of(desk)).status).toBe('whole');
  fs.rmSync(dirname(desk.root), { recursive: true, force: true });
});

test('a snapshot for which there is no memory is not damaged: the error is told', async () => {
  const desk = await stored();
  fails.memory = true;
  expect(() => recover(of(desk))).toThrow(expect.objectContaining({ code: 'IO_FAILED', message: expect.stringContaining('ENOMEM') }));
  fails.memory = false;
  expect(damage(desk)).toEqual([]);
  fs.rmSync(dirname(desk.root), { recursive: true, force: true });
});
