/** What the page loads before the console: the bridge, where the console looks for it. */

import { webBridge } from './bridge.ts';

Object.defineProperty(window, 'rearm', { value: Object.freeze(webBridge()), enumerable: true });
