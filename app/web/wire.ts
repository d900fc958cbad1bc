/** What goes over the event stream, as JSON text; read by app/web/bridge.ts in the page. */

import type { EventName } from '../../shared/contract/contract.ts';

export const STREAM_PATH = '/events';
export const API_PREFIX = '/api/';
/** The host says at least this often that it is there. */
export const TICK_MS = 10_000;

export type StreamMessage =
  | { readonly type: 'hello'; readonly sequence: number; readonly session: string }
  | { readonly type: 'event'; readonly sequence: number; readonly name: EventName; readonly payload: unknown }
  | { readonly type: 'tick' };
