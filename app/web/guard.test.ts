import { expect, test } from 'vitest';
import { type RequestFacts, refusalOf } from './guard.ts';

const AUTHORITY = '127.0.0.1:7000';
const ORIGIN = `http://${AUTHORITY}`;
const page: RequestFacts = {
  method: 'GET',
  target: '/',
  hosts: [AUTHORITY],
  origin: undefined,
  site: undefined,
  contentType: undefined,
  upgrade: false,
};
const request: RequestFacts = {
  ...page,
  method: 'POST',
  target: '/api/x',
  origin: ORIGIN,
  site: 'same-origin',
  contentType: 'application/json',
};
const stream: RequestFacts = { ...page, target: '/events', origin: ORIGIN, upgrade: true };

test.each<[string, RequestFacts]>([
  ['a page typed into the address bar', { ...page, site: 'none' }],
  ['a page from a client that sends no fetch metadata', page],
  ['a request', request],
  ['a request with its charset', { ...request, contentType: 'application/json; charset=UTF-8' }],
  ['a stream', stream],
])('%s passes', (_, facts) => {
  expect(refusalOf(facts, AUTHORITY)).toBeNull();
});

test.each<[number, string, RequestFacts]>([
  [421, 'a name that resolves to loopback', { ...page, hosts: ['evil.example:7000'] }],
  [421, 'localhost', { ...page, hosts: ['localhost:7000'] }],
  [421, 'another port', { ...page, hosts: ['127.0.0.1:7001'] }],
  [421, 'no port', { ...page, hosts: ['127.0.0.1'] }],
  [421, 'two hosts', { ...page, hosts: [AUTHORITY, AUTHORITY] }],
  [421, 'no host', { ...page, hosts: [] }],
  [421, 'a stream to another host', { ...stream, hosts: ['evil.example:7000'] }],
  [400, 'an absolute target', { ...page, target: 'http://evil.example/' }],
  [400, 'a target of two slashes', { ...page, target: '//evil.example/' }],
  [400, 'an asterisk', { ...page, target: '*' }],
  [403, 'a page from another site', { ...page, site: 'cross-site' }],
  [403, 'a page from another port', { ...page, site: 'same-site' }],
  [403, 'a stream from another site', { ...stream, site: 'cross-site' }],
  [405, 'a preflight', { ...request, method: 'OPTIONS' }],
  [405, 'another method', { ...request, method: 'DELETE' }],
  [403, 'a request from another origin', { ...request, origin: 'https://evil.example' }],
  [403, 'a request from the same host over https', { ...request, origin: `https://${AUTHORITY}` }],
  [403, 'a request from a sandboxed frame', { ...request, origin: 'null' }],
  [403, 'a request without an origin', { ...request, origin: undefined }],
  [403, 'a stream from another origin', { ...stream, origin: 'http://127.0.0.1:7001' }],
  [403, 'a stream without an origin', { ...stream, origin: undefined }],
  [403, 'a page asked for by another origin', { ...page, origin: 'https://evil.example' }],
  [415, 'a form', { ...request, contentType: 'application/x-www-form-urlencoded' }],
  [415, 'plain text', { ...request, contentType: 'text/plain' }],
  [415, 'JSON with something behind it', { ...request, contentType: 'application/json, text/plain' }],
  [415, 'no type', { ...request, contentType: undefined }],
])('%i: %s', (status, _, facts) => {
  expect(refusalOf(facts, AUTHORITY)?.status).toBe(status);
});
