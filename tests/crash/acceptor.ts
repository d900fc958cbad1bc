/** The process that is killed while it accepts a recovery. */

import { flushCompileCache } from 'node:module';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';

flushCompileCache();
process.stdout.write('opening\n');
await acceptRecovery({ platform: nativePlatform, root: process.argv[2]!, by: 'the test' });
