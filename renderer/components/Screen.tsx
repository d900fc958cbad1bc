/** The frame of a screen: it takes the focus when it is opened, unless something in it asked for it. */

import { type ReactNode, useEffect, useRef } from 'react';
import { useActions } from '../store/context.tsx';

/** Past this the first row of the screen is out of sight. */
const SCROLLED_PX = 60;

export function Screen({ title, children, fixed = false }: { title: string; children: ReactNode; fixed?: boolean }) {
  const ref = useRef<HTMLElement>(null);
  const { setScrolled } = useActions();
  useEffect(() => {
    const element = ref.current;
    if (element && !element.contains(document.activeElement))
      (element.querySelector<HTMLElement>('[data-autofocus]') ?? element).focus({ preventScroll: true });
  }, []);
  return (
    <main
      ref={ref}
      className={fixed ? 'screen fixed-screen' : 'screen'}
      tabIndex={-1}
      aria-label={title}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop > SCROLLED_PX)}
    >
      <h1 className="visually-hidden">{title}</h1>
      {children}
    </main>
  );
}
