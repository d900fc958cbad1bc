/** Answers as the contract has them: when asked, how long it took, what came, and what it was worth. */

import { createHash } from 'node:crypto';
import type { Answer, AnswerStatus } from '../../shared/contract/venues.ts';
import type { Clock } from '../storage/storage.ts';
import type { Failure } from './failure.ts';

export const isWhole = (answer: { readonly status: AnswerStatus }): boolean => answer.status === 'complete' || answer.status === 'empty';

/** ISO 8601 with milliseconds. */
export const isoTime = (wallNs: bigint): string => new Date(Number(wallNs / 1_000_000n)).toISOString();

export const asking = <T>(askedAt: string): Answer<T> => ({ status: 'asking', items: [], reason: '', askedAt, ms: 0, payloadHash: null });

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`).join(',')}}`;
}

export const payloadHash = (items: readonly unknown[]): string => createHash('sha256').update(canonical(items)).digest('hex').slice(0, 12);

/** What came of a question: items, and why they are not all where they are not. */
export interface Outcome<T> {
  readonly items: readonly T[];
  /** Set where the items are not all there are. */
  readonly short?: { readonly status: Exclude<AnswerStatus, 'asking' | 'complete' | 'empty'>; readonly reason: string } | null;
}

/** Asks and times; what is thrown becomes the answer. */
export async function answerOf<T>(
  clock: Clock,
  failure: (error: unknown) => Failure,
  question: () => Promise<Outcome<T>>,
): Promise<Answer<T>> {
  const askedAt = isoTime(clock.wallNs());
  const startNs = clock.monotonicNs();
  const ms = () => Number(clock.monotonicNs() - startNs) / 1e6;
  try {
    const { items, short } = await question();
    const status = short?.status ?? (items.length === 0 ? 'empty' : 'complete');
    return { status, items, reason: short?.reason ?? '', askedAt, ms: ms(), payloadHash: payloadHash(items) };
  } catch (error) {
    return { ...failure(error), items: [], askedAt, ms: ms(), payloadHash: null };
  }
}

const WORST_FIRST: readonly AnswerStatus[] = [
  'asking',
  'silent',
  'failed',
  'notLoaded',
  'truncated',
  'outsideLookback',
  'complete',
  'empty',
];

/** The worse of two statuses; two whole answers are `complete` where either has items. */
export const worse = (a: AnswerStatus, b: AnswerStatus): AnswerStatus => (WORST_FIRST.indexOf(a) <= WORST_FIRST.indexOf(b) ? a : b);

/** The same question put in parts, as one answer: all the items, the worst of the statuses. */
export function merged<T>(parts: readonly Answer<T>[]): Answer<T> {
  const [first] = parts;
  if (!first) throw new RangeError('no part');
  if (parts.length === 1) return first;
  const items = parts.flatMap((part) => part.items);
  return {
    status: parts.map((part) => part.status).reduce(worse),
    items,
    reason: [...new Set(parts.map((part) => part.reason).filter((reason) => reason !== ''))].join('; '),
    askedAt: parts.map((part) => part.askedAt).reduce((a, b) => (a < b ? a : b)),
    ms: Math.max(...parts.map((part) => part.ms)),
    payloadHash: parts.every((part) => part.payloadHash === null) ? null : payloadHash(items),
  };
}
