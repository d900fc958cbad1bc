import type { ReactNode, Ref } from 'react';

/** A part that scrolls by itself: named, and reachable by keyboard. */
export function ScrollRegion({
  label,
  className = '',
  children,
  ref,
}: {
  label: string;
  className?: string;
  children: ReactNode;
  ref?: Ref<HTMLElement>;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={ref} className={`overflow-auto ${className}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
