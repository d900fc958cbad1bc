/** The console's own scheme, `app://rearm/`: the built files and nothing else, with the same headers as in the web host. */

import { protocol, type Session } from 'electron';
import { SECURITY_HEADERS } from '../headers.ts';
import { readStatic } from '../static.ts';
import { APP_HOST, SCHEME, START_URL } from './origin.ts';

/** Before the app is ready: a standard, secure origin of its own. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

export function serveScheme(session: Session, renderer: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    const file = request.method === 'GET' && url.host === APP_HOST ? await readStatic(renderer, url.pathname) : null;
    if (!file) return new Response('', { status: 404, headers: SECURITY_HEADERS });
    return new Response(new Uint8Array(file.bytes), { headers: { ...SECURITY_HEADERS, 'Content-Type': file.type } });
  });
}

/** No other address is ever fetched, whatever a page asks for. */
export function denyForeign(session: Session, developerTools: boolean): void {
  session.webRequest.onBeforeRequest((details, answer) => {
    const own = details.url.startsWith(START_URL) || (developerTools && details.url.startsWith('devtools://'));
    answer({ cancel: !own });
  });
}
