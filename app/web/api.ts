/** POST /api/NAME: the requests of the contract, as JSON. What the handler answers, an error as data too, has status 200. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { dispatch, isRequestName } from '../dispatch.ts';
import type { Caller, Services } from '../services.ts';
import { refuse, sendJson } from './respond.ts';

/** The body's bytes, or null where there are more than `bytesMax`; what is left is not read. */
function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > bytesMax) {
        request.pause();
        resolve(null);
      } else parts.push(part);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the connection closed before the body ended')));
  });
}

export async function answerRequest(
  services: Services,
  caller: Caller,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  bodyBytesMax: number,
  log: (line: string) => void,
): Promise<void> {
  if (!isRequestName(name))
    return refuse(response, 404, 'The contract has no such request.', 'See shared/contract for the names.', 'NOT_FOUND');
  const body = await readBody(request, bodyBytesMax);
  if (!body) return refuse(response, 413, `The body is larger than ${bodyBytesMax} bytes.`, 'Send fewer items at once.', 'PAYLOAD_INVALID');
  let payload: unknown;
  try {
    payload = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return refuse(response, 400, 'The body is not valid JSON.', 'Send one JSON document in UTF-8.', 'PAYLOAD_INVALID');
  }
  const handlers = services.handlersFor?.(caller) ?? services.handlers;
  const reply = await dispatch(handlers, name, payload, log);
  sendJson(response, !reply.ok && reply.error.code === 'PAYLOAD_INVALID' ? 400 : 200, reply);
}
