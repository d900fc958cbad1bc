/** Every command by name. cmdk filters and moves; the dialog around it is Base UI's. */

import { Dialog as Base } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { useRef } from 'react';
import { useAvailable, useRegistry } from '../../keyboard/commands.tsx';
import { SHORTCUTS, type Shortcut } from '../../keyboard/map.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { SCREEN_TITLE } from '../../store/slices/shell.ts';

export function Palette() {
  const open = useConsole((state) => state.dialog === 'palette');
  const stores = useConsole((state) => state.console.view?.stores);
  const { openDialog, chooseStore } = useActions();
  const registry = useRegistry();
  const available = useAvailable();
  const input = useRef<HTMLInputElement>(null);
  const commands = SHORTCUTS.filter(
    (shortcut: Shortcut) => !shortcut.focusOnly && shortcut.id !== 'palette' && available(shortcut.id as (typeof SHORTCUTS)[number]['id']),
  );

  /** First closed, then run: what the command opens takes the focus. */
  const choose = (run: () => void): void => {
    openDialog(null);
    setTimeout(run, 0);
  };

  return (
    <Base.Root open={open} onOpenChange={(next) => openDialog(next ? 'palette' : null)}>
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Popup className="palette" initialFocus={input}>
          <Base.Title className="visually-hidden">Find a command</Base.Title>
          <Command label="Commands" loop>
            <Command.Input ref={input} placeholder="Find a command" />
            <Command.List>
              <Command.Empty>No command has that name.</Command.Empty>
              <Command.Group heading="Commands">
                {commands.map((shortcut) => (
                  <Command.Item
                    key={shortcut.id}
                    value={`${shortcut.does} ${shortcut.id}`}
                    onSelect={() => choose(() => registry.run(shortcut.id))}
                  >
                    <span>
                      {shortcut.does}{' '}
                      {shortcut.where === 'everywhere' ? null : <span className="text-faint">{SCREEN_TITLE[shortcut.where]}</span>}
                    </span>
                    {shortcut.keys[0] ? <kbd>{shortcut.keys[0]}</kbd> : null}
                  </Command.Item>
                ))}
              </Command.Group>
              {stores && stores.length > 1 ? (
                <Command.Group heading="Stores">
                  {stores.map((store) => (
                    <Command.Item
                      key={store.index}
                      value={`store ${store.name} ${store.path}`}
                      onSelect={() => choose(() => chooseStore(store.index))}
                    >
                      <span>
                        Open store {store.name} <span className="mono text-faint">{store.path}</span>
                      </span>
                    </Command.Item>
                  ))}
                </Command.Group>
              ) : null}
            </Command.List>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
