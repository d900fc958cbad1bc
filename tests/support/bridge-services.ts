/** Services that ask a Bridge: so that an invented desk of the console's own tests can stand behind a real host. */

import { REQUEST_NAMES } from '../../app/dispatch.ts';
import type { Services } from '../../app/services.ts';
import type { Bridge, Handlers } from '../../shared/contract/contract.ts';
import { RearmError } from '../../shared/errors.ts';

export function bridgeServices(bridge: Bridge): Services {
  const handlers = Object.fromEntries(
    REQUEST_NAMES.map((name) => [
      name,
      async (payload: never) => {
        const reply = await bridge.request(name, payload);
        if (!reply.ok) throw RearmError.fromData(reply.error);
        return reply.value;
      },
    ]),
  ) as unknown as Handlers;
  return { handlers, on: (name, listener) => bridge.subscribe(name, listener), close: async () => {} };
}
