/** Text for people: nothing that a screen would not show, or would show in another order than it is stored. */

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

export const isVisible = (text: string): boolean => text.search(INVISIBLE) < 0;

/** With an escape, as in JSON, in the place of each such character. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
