/** The venue simulator as the process that it is, and its control port: what a test does to the venues. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Book } from '../oracle.ts';

export type Row = Readonly<Record<string, unknown>>;

const PROGRAM = fileURLToPath(new URL('../../../app/demo/simulator/main.ts', import.meta.url));

export interface SimulatorSettings {
  readonly seed: number;
  /** Ticks come from {@link Simulator.step} alone. */
  readonly stepped?: boolean;
  readonly tickMs?: number;
  /** Time of tick 0, stepped mode. */
  readonly epochMs?: number;
}

export class Simulator {
  readonly directory: string;
  readonly configPath: string;
  readonly #child: ChildProcess;
  readonly #origin: string;
  readonly #token: string;

  private constructor(directory: string, configPath: string, child: ChildProcess, origin: string, token: string) {
    this.directory = directory;
    this.configPath = configPath;
    this.#child = child;
    this.#origin = origin;
    this.#token = token;
  }

  static async start({ seed, stepped = true, tickMs = 100, epochMs }: SimulatorSettings): Promise<Simulator> {
    const directory = mkdtempSync(join(tmpdir(), 'rearm-venues-'));
    const configPath = join(directory, 'venues.json');
    const argv = [PROGRAM, '--seed', String(seed), '--tick-ms', String(tickMs), '--config-out', configPath, '--with-parent'];
    if (stepped) argv.push('--stepped');
    if (epochMs !== undefined) argv.push('--epoch-ms', String(epochMs));
    const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout! }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the simulator ended with ${code} before it was ready`)));
      child.once('error', reject);
    });
    const { control } = JSON.parse(line) as { control: { origin: string; token: string } };
    return new Simulator(directory, configPath, child, control.origin, control.token);
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#child.exitCode !== null) resolve();
      else this.#child.once('exit', () => resolve());
    });
    this.#child.stdin?.end();
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #request(method: string, path: string, body?: object): Promise<Row> {
    const response = await fetch(`${this.#origin}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Row;
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** A request to the control port; one that is refused throws. */
  tell(path: string, body: object): Promise<Row> {
    return this.#request('POST', path, body);
  }

  async book(): Promise<Book> {
    return (await this.#request('GET', '/book')) as unknown as Book;
  }

  async step(ticks: number): Promise<void> {
    await this.tell('/step', { ticks });
  }
}
