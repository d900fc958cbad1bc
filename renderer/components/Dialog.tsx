/**
 * Dialogs. The focus goes to the safe control: `safeFocus` points at it, and without one it is the button that closes. Focus
 * trap, Esc and restoring the focus are Base UI's.
 */

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useRef } from 'react';

export function Dialog({
  open,
  onClose,
  title,
  note,
  width,
  children,
  foot,
  safeFocus,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  note?: ReactNode;
  width?: 'middle' | 'wide';
  children: ReactNode;
  foot?: ReactNode;
  safeFocus?: RefObject<HTMLElement | null>;
}) {
  const close = useRef<HTMLButtonElement>(null);
  // Where the focus stood when it opened: it goes back there, or to the screen where that is gone.
  const before = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  if (open && !wasOpen.current) before.current = document.activeElement;
  wasOpen.current = open;
  const back = (): boolean => {
    const { current } = before;
    const home =
      current instanceof HTMLElement && current.isConnected && current !== document.body
        ? current
        : document.querySelector<HTMLElement>('main');
    // Base UI would take the first control inside a screen instead of the screen.
    queueMicrotask(() => home?.focus());
    return false;
  };
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Popup className="dialog" data-width={width} initialFocus={safeFocus ?? close} finalFocus={back}>
          <div className="dialog-head">
            <Base.Title>{title}</Base.Title>
            {note ? <span className="ml-auto text-sm text-soft">{note}</span> : null}
            <Base.Close ref={close} className="button" data-kind="quiet">
              <X size={14} aria-hidden="true" />
              <span className="visually-hidden">Close</span>
              <kbd>Esc</kbd>
            </Base.Close>
          </div>
          <div className="dialog-body">{children}</div>
          {foot ? <div className="dialog-foot">{foot}</div> : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
