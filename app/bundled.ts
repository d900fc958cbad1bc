/** Imported by every entry that may be bundled: in a bundle the engine's threads stand beside it as .js files. */

import { useBundledEntries } from '../main/engine/threads.ts';

if (!import.meta.url.endsWith('.ts')) useBundledEntries(new URL('./', import.meta.url));
