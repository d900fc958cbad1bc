/** Records one process: what it does to its storage, what it submits, what it acknowledges. */

import type { Submission } from '../main/engine/engine.ts';
import { RearmError } from '../shared/errors.ts';
import type { Intent } from '../shared/model/operations.ts';
import type { Event } from './event.ts';
import type { FileTree } from './file-tree.ts';
import type { Operation, ReferenceModel } from './model/reference.ts';
import { type CallKind, type Fault, ProcessEnded, SimulatedStorage } from './storage.ts';
import { lineOf, type Recording, siteOf } from './workload.ts';

/** What an engine submits by itself, whenever it is due. */
const OWN: ReadonlySet<string> = new Set(['root.mark', 'prune', 'epoch.close']);

/** Some fields of an operation's intent, its type among them. */
export type Due = Readonly<Record<string, unknown>> & { readonly type: string };

export interface RecorderOptions {
  readonly tree: FileTree;
  readonly fault?: Fault | undefined;
  /** What the engine must submit first, in this order, before anybody asks it for anything. */
  readonly opening: readonly Due[];
}

export class Recorder {
  readonly events: Event[] = [];
  readonly storage: SimulatedStorage;
  readonly #callKinds: CallKind[] = [];
  readonly #callSites: string[] = [];
  readonly #opening: Due[];
  #followed = 0;
  #unasked: Operation | null = null;
  /** What the process asks its engine for now. */
  asked: Intent | null = null;

  constructor({ tree, fault, opening }: RecorderOptions) {
    this.#opening = [...opening];
    let call = '';
    this.storage = new SimulatedStorage({
      tree,
      fault,
      called: ({ number, kind, path }) => {
        this.#callKinds[number] = kind;
        this.#callSites[number] = siteOf(kind, path);
        call = `${kind} ${path}`;
      },
      effect: (effect) => this.events.push({ kind: 'effect', effect, call }),
    });
  }

  /** The engine's observer. What nobody asked for is an operation that was never submitted, whatever the engine says. */
  readonly observer = (submission: Submission): void => {
    const operation = lineOf(submission);
    const { type, intent } = operation;
    const due = this.#opening[0];
    if (due && Object.entries(due).every(([name, value]) => intent[name] === value)) this.#opening.shift();
    else if (due || (submission.intent !== this.asked && !OWN.has(type))) this.#unasked ??= operation;
    this.events.push({ kind: 'submitted', operation });
  };

  acknowledged(lsn: number): void {
    this.events.push({ kind: 'acknowledged', lsn });
  }

  /** Brings the model to what was submitted. */
  follow(model: ReferenceModel): void {
    for (; this.#followed < this.events.length; this.#followed += 1) {
      const event = this.events[this.#followed]!;
      if (event.kind === 'submitted' && event.operation.lsn === model.lsn + 1) model.apply(event.operation);
    }
  }

  /** Runs the process to its end. @returns what ended it before that; null where nothing did */
  async ended(process: () => Promise<void>): Promise<RearmError | null> {
    let ended: RearmError | null = null;
    try {
      await process();
    } catch (error) {
      if (error instanceof ProcessEnded) throw error;
      ended = error instanceof RearmError ? error : new RearmError('INTERNAL', (error as Error).stack ?? String(error), {}, error);
    }
    if (!this.#unasked) return ended;
    const { lsn, intent } = this.#unasked;
    return new RearmError('INTERNAL', `the engine submitted what nobody asked for, LSN ${lsn}: ${JSON.stringify(intent)}`, {});
  }

  get calls(): Pick<Recording, 'calls' | 'callKinds' | 'callSites'> {
    return { calls: this.storage.calls, callKinds: this.#callKinds, callSites: this.#callSites };
  }
}
