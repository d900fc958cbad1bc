/**
 * Checks that nothing can show to be gone, by their key in planted-source.ts, each with the reason: another check stands before it or behind
 * it, or it states what the code around it makes true. They are listed by `npm run planted -- --list`, and not planted.
 */

export const EQUIVALENT: Readonly<Record<string, string>> = {
  "main/storage/native.ts: process.platform !== 'linux'":
    'the engine writes on Linux only, and so do its tests; elsewhere the call into libc fails by itself',
  'main/storage/native.ts: this.#mapped === null || this.#mapped === 0xffff_ffff_ffff_ffffn':
    'the system maps a file that it opened, as long as there are addresses: 47 bits of them',
  'main/engine/writer.ts: this.#shadow.root !== root':
    'an invariant of the engine: what it replays of its own records differs only where apply or redo is wrong',
};
