/** What went wrong with a question, in the words of the contract: silence is not a refusal, and neither is an empty list. */

import ccxt from 'ccxt';
import type { AnswerStatus } from '../../shared/contract/venues.ts';
import { RearmError } from '../../shared/errors.ts';
import { redact, type Secret } from './secret.ts';

export interface Failure {
  readonly status: Extract<AnswerStatus, 'silent' | 'failed' | 'notLoaded'>;
  readonly reason: string;
}

const REASON_CHARACTERS_MAX = 160;

const isKind = (error: unknown, ...kinds: readonly (abstract new (...args: never[]) => Error)[]): boolean =>
  kinds.some((kind) => error instanceof kind);

/** The venue's own words: what stands in its error body, without address and headers. */
function venueWords(message: string, id: string): string {
  const body = message.startsWith(`${id} `) ? message.slice(id.length + 1) : message;
  try {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    const text = parsed.msg ?? parsed.retMsg ?? parsed.message;
    const code = parsed.code ?? parsed.retCode;
    if (typeof text === 'string') return code === undefined ? text : `${text} (${String(code)})`;
  } catch {
    // Not a JSON body: the message itself.
  }
  return body.replace(/<[^>]*>/g, ' ').replace(/^(GET|POST|PUT|DELETE) https?:\/\/\S+\s*/, '');
}

/** @param timeoutMs of one request, for the words */
export function failureOf(error: unknown, id: string, timeoutMs: number, secrets: readonly Secret[]): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const said = redact(venueWords(message, id), secrets).slice(0, REASON_CHARACTERS_MAX);
  const failed = (reason: string): Failure => ({ status: 'failed', reason });
  if (error instanceof RearmError) return failed(redact(error.message, secrets));
  if (isKind(error, ccxt.RequestTimeout)) return { status: 'silent', reason: `no answer within ${timeoutMs} ms` };
  if (isKind(error, ccxt.BadSymbol)) return { status: 'notLoaded', reason: `the instrument is not known there: ${said}` };
  if (isKind(error, ccxt.PermissionDenied, ccxt.AuthenticationError)) return failed(`the venue refused the key: ${said}`);
  if (isKind(error, ccxt.DDoSProtection, ccxt.RateLimitExceeded)) return failed(`the rate limit is reached: ${said}`);
  if (isKind(error, ccxt.ExchangeNotAvailable)) return failed(`the venue is not available: ${said}`);
  if (isKind(error, ccxt.InvalidNonce)) return failed(`the venue refused the time of the request: ${said}`);
  if (isKind(error, ccxt.NetworkError)) return failed(`no connection: ${said.replace(/^fetch failed: /, '')}`);
  if (isKind(error, ccxt.NotSupported)) return failed(`cannot be asked there: ${said}`);
  return failed(said === '' ? 'the answer is an error without words' : said);
}

/** Nothing was heard and nothing was done: it may be tried again at once. */
export const isReset = (error: unknown): boolean =>
  isKind(error, ccxt.NetworkError) &&
  !isKind(error, ccxt.RequestTimeout, ccxt.DDoSProtection, ccxt.RateLimitExceeded, ccxt.ExchangeNotAvailable, ccxt.InvalidNonce);
export const isClockRefusal = (error: unknown): boolean => isKind(error, ccxt.InvalidNonce);
export const isNotFound = (error: unknown): boolean => isKind(error, ccxt.OrderNotFound);
export const isTimeout = (error: unknown): boolean => isKind(error, ccxt.RequestTimeout);
export const isRefusedKey = (error: unknown): boolean => isKind(error, ccxt.AuthenticationError);
export const needsSymbol = (error: unknown): boolean => isKind(error, ccxt.ArgumentsRequired);
