/** Answers of the web host: JSON for requests, a plain page for a person without a session. */

import type { ServerResponse } from 'node:http';
import type { ErrorCode, ErrorData } from '../../shared/errors.ts';
import { SECURITY_HEADERS } from '../headers.ts';

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) return;
  response.writeHead(status, { ...SECURITY_HEADERS, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

export const sendJson = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void =>
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body), headers);

export const refusalData = (code: ErrorCode, message: string, remedy: string): { readonly ok: false; readonly error: ErrorData } => ({
  ok: false,
  error: { code, message, remedy, context: {} },
});

/** A refusal closes the connection, so that what is left of a body is not read. */
export const refuse = (response: ServerResponse, status: number, message: string, remedy: string, code: ErrorCode = 'USAGE'): void =>
  sendJson(response, status, refusalData(code, message, remedy), { Connection: 'close' });

/** What a browser without a session sees. */
export function sendDoor(response: ServerResponse): void {
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rearm</title></head><body><h1>Rearm</h1>
<p>This browser has no session here. Open one of the one-time links that the console printed in its terminal;
press Enter there for a new one.</p></body></html>`;
  send(response, 401, 'text/html; charset=utf-8', page);
}

/** The answer to an upgrade that is refused, as the raw head of a response. */
export const refusedUpgrade = (status: number): string =>
  `HTTP/1.1 ${status} ${STATUS_WORDS[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
