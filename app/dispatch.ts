/** One request through the contract: the name is known, the payload is checked, the answer is a value or an error as data. */

import { type Handlers, REQUESTS, type Reply, type RequestName } from '../shared/contract/contract.ts';
import { type ErrorData, errorData, RearmError } from '../shared/errors.ts';

export const REQUEST_NAMES = Object.keys(REQUESTS) as readonly RequestName[];

export const isRequestName = (name: string): name is RequestName => Object.hasOwn(REQUESTS, name);

/** Findings of a payload that are told; the rest is counted only. */
const ISSUES_TOLD = 5;

/**
 * Checks `payload` and asks the handler of `name`. Never throws. A defect's stack goes to `log`, never to the caller.
 */
export async function dispatch<R extends RequestName>(
  handlers: Handlers,
  name: R,
  payload: unknown,
  log: (line: string) => void,
): Promise<Reply<R>> {
  const checked = REQUESTS[name].safeParse(payload);
  if (!checked.success) {
    const issues = checked.error.issues.slice(0, ISSUES_TOLD).map((issue) => `${issue.path.join('.') || 'payload'}: ${issue.message}`);
    return { ok: false, error: new RearmError('PAYLOAD_INVALID', `${name}: ${issues.join('; ')}`, { request: name, issues }).toData() };
  }
  try {
    const handler = handlers[name] as (payload: unknown) => ReturnType<Handlers[R]>;
    return { ok: true, value: (await handler(checked.data)) as Awaited<ReturnType<Handlers[R]>> } as Reply<R>;
  } catch (thrown) {
    if (!(thrown instanceof RearmError)) log(`${name}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
    return { ok: false, error: withoutStack(errorData(thrown)) };
  }
}

function withoutStack(error: ErrorData): ErrorData {
  const { stack: _, ...context } = error.context;
  return { ...error, context };
}
