/** Who does what: components register handlers under the ids of the map, and one listener hands presses to them. */

import { createContext, type ReactNode, useContext, useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useConsole } from '../store/context.tsx';
import { type CommandId, commandsFor } from './map.ts';

/** Returns false where it did not apply, so that the press goes on. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers say nothing, and that means that they applied
export type Handler = () => void | boolean;

class CommandRegistry {
  #handlers = new Map<CommandId, Handler[]>();
  #listeners = new Set<() => void>();
  #version = 0;

  register(id: CommandId, handler: Handler): () => void {
    this.#handlers.set(id, [...(this.#handlers.get(id) ?? []), handler]);
    this.#changed();
    return () => {
      this.#handlers.set(
        id,
        (this.#handlers.get(id) ?? []).filter((other) => other !== handler),
      );
      this.#changed();
    };
  }

  /** Runs the handler that was registered last; false where there is none or it did not apply. */
  run(id: CommandId): boolean {
    const handler = this.#handlers.get(id)?.at(-1);
    return handler !== undefined && handler() !== false;
  }

  has = (id: CommandId): boolean => (this.#handlers.get(id)?.length ?? 0) > 0;
  version = (): number => this.#version;
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

const Context = createContext<CommandRegistry | null>(null);

export function useRegistry(): CommandRegistry {
  const registry = useContext(Context);
  if (registry === null) throw new Error('commands are used outside CommandProvider');
  return registry;
}

/** Which commands can be run right now; re-renders when that changes. */
export function useAvailable(): (id: CommandId) => boolean {
  const registry = useRegistry();
  useSyncExternalStore(registry.subscribe, registry.version);
  return registry.has;
}

/** Registers handlers while the component stands. The handlers may change at every render. */
export function useCommands(handlers: Partial<Record<CommandId, Handler>>): void {
  const registry = useRegistry();
  const latest = useRef(handlers);
  useLayoutEffect(() => {
    latest.current = handlers;
  });
  const ids = Object.keys(handlers).sort().join(' ');
  useEffect(() => {
    const ends = ids
      .split(' ')
      .filter((id) => id !== '')
      .map((id) => registry.register(id as CommandId, () => latest.current[id as CommandId]?.()));
    return () => {
      for (const end of ends) end();
    };
  }, [ids, registry]);
}

const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]';
/** Inside these the keys belong to what is open. */
const MODAL = '[role=dialog], [role=alertdialog], [role=menu], [role=listbox]';

export function CommandProvider({ children }: { children: ReactNode }) {
  const registry = useMemo(() => new CommandRegistry(), []);
  const screen = useConsole((state) => state.screen);
  const singleKeys = useConsole((state) => state.preferences.singleKeys);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const commands = commandsFor(event, screen, singleKeys);
      const target = event.target instanceof Element ? event.target : null;
      const palette = commands.includes('palette');
      if (!palette && target?.closest(MODAL)) return;
      if (!palette && target?.closest(TYPING)) {
        // A field gives the keyboard back on Esc.
        if (event.key === 'Escape' && target instanceof HTMLElement) registry.run('back');
        return;
      }
      // Enter and Space on a control are the control's.
      if ((event.key === 'Enter' || event.key === ' ') && target?.closest('button, a, input, summary')) return;
      for (const id of commands) {
        if (registry.run(id)) {
          event.preventDefault();
          return;
        }
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [registry, screen, singleKeys]);

  return <Context value={registry}>{children}</Context>;
}
