/** A secret that cannot be printed by accident: not by a template, not by JSON, not by a debugger's inspection. */

import { inspect } from 'node:util';

const SHOWN = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: for the client library, and nobody else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** Replaces every secret, the query of every address (signatures stand there), and what a terminal would act upon. */
export function redact(text: string, secrets: readonly Secret[]): string {
  let clean = text.replace(/\?[^\s'"<>]*/g, '?…');
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length > 3) clean = clean.replaceAll(value, SHOWN);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here.
  return clean.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
}
