/** Buttons. A dangerous one names its verb and object; a key, where there is one, stands on it. */

import type { ButtonHTMLAttributes, Ref } from 'react';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet' | undefined;
  readonly shortcut?: string | undefined;
  readonly wide?: boolean | undefined;
  readonly large?: boolean | undefined;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
}

export function Button({ kind = 'plain', shortcut, wide, large, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${rest.className ?? ''}`}
      data-kind={kind}
      data-wide={wide || undefined}
      data-size={large ? 'large' : undefined}
      aria-keyshortcuts={shortcut}
    >
      {children}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a kbd takes no focus; the key is said by aria-keyshortcuts */}
      {shortcut ? <kbd aria-hidden="true">{shortcut}</kbd> : null}
    </button>
  );
}
