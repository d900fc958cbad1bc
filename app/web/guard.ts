/**
 * What a request must show before anything looks at it, as a table: the first line that does not hold refuses. The web host
 * asks it for every request and every upgrade.
 */

import type { IncomingMessage } from 'node:http';

/** What the guard reads of a request. */
export interface RequestFacts {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** Every Host header that came. */
  readonly hosts: readonly string[];
  readonly origin: string | undefined;
  readonly site: string | undefined;
  readonly contentType: string | undefined;
  readonly upgrade: boolean;
}

export interface Refusal {
  readonly status: 400 | 403 | 405 | 415 | 421;
  readonly message: string;
  readonly remedy: string;
}

interface Rule extends Refusal {
  readonly refuses: (facts: RequestFacts, authority: string) => boolean;
}

const isMutation = (facts: RequestFacts): boolean => facts.method === 'POST' || facts.upgrade;

const RULES: readonly Rule[] = [
  {
    status: 421,
    message: 'The Host header is not the address of this console.',
    remedy: 'Use the address that the console printed; a tunnel must use the same port on both sides.',
    refuses: ({ hosts }, authority) => hosts.length !== 1 || hosts[0] !== authority,
  },
  {
    status: 400,
    message: 'The request target is not a path.',
    remedy: 'Ask for a path that begins with one slash.',
    refuses: ({ target }) => !target.startsWith('/') || target.startsWith('//'),
  },
  {
    status: 403,
    message: 'The request came from another site.',
    remedy: 'Open the address that the console printed.',
    refuses: ({ site }) => site !== undefined && site !== 'same-origin' && site !== 'none',
  },
  {
    status: 405,
    message: 'The method is not served.',
    remedy: 'Pages and files are read with GET, requests are sent with POST.',
    refuses: ({ method }) => method !== 'GET' && method !== 'POST',
  },
  {
    status: 403,
    message: 'The Origin header is not the address of this console.',
    remedy: 'Send the console its own origin.',
    refuses: (facts, authority) => isMutation(facts) && facts.origin !== `http://${authority}`,
  },
  {
    status: 403,
    message: 'The Origin header is not the address of this console.',
    remedy: 'Send the console its own origin, or none.',
    refuses: ({ origin }, authority) => origin !== undefined && origin !== `http://${authority}`,
  },
  {
    status: 415,
    message: 'The body is not JSON.',
    remedy: 'Send Content-Type: application/json.',
    refuses: ({ method, contentType }) => method === 'POST' && !/^application\/json(;\s*charset=utf-8)?$/i.test(contentType ?? ''),
  },
];

/** @param authority `127.0.0.1:PORT`, as it stands in a Host header. */
export const refusalOf = (facts: RequestFacts, authority: string): Refusal | null =>
  RULES.find((rule) => rule.refuses(facts, authority)) ?? null;

export function factsOf(request: IncomingMessage, upgrade: boolean): RequestFacts {
  const raw = request.rawHeaders;
  const hosts = raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === 'host');
  const one = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    hosts,
    origin: one('origin'),
    site: one('sec-fetch-site'),
    contentType: one('content-type'),
    upgrade,
  };
}
