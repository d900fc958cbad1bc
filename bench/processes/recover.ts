/** A process that recovers a store and prints the report: `recover ROOT`. */

import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';

const { storage, clock, bootId } = nativePlatform;
const [root = ''] = process.argv.slice(2);
console.log(JSON.stringify(recover({ storage, clock, root, bootId, brief: true }).report));
