/**
 * Checks that nothing can show to be gone, by their key in planted-source.ts, each with the reason: another check stands before it or behind
 * it, or it states what the code around it makes true. They are listed by `npm run planted -- --list`, and not planted.
 */

export const EQUIVALENT: Readonly<Record<string, string>> = {};
