/** The garbage collector, where nothing is timed. */

import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

/** Collects all of it now, so that none of what was made beforehand is collected while something is measured. */
export const collectGarbage = (): void => collect();
