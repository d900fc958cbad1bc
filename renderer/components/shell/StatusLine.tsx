/** The last thing that the console did, and the keys of the screen. */

import { SHORTCUTS, type Shortcut } from '../../keyboard/map.ts';
import { useConsole } from '../../store/context.tsx';
import { Stamp } from '../Stamp.tsx';

export function StatusLine() {
  const said = useConsole((state) => state.said);
  const screen = useConsole((state) => state.screen);
  const singleKeys = useConsole((state) => state.preferences.singleKeys);
  const view = useConsole((state) => state.console.view);
  const hints = SHORTCUTS.filter((shortcut: Shortcut) => shortcut.where === screen && shortcut.hint);
  return (
    <footer className="foot">
      <output aria-live="polite" className="truncate" data-tone={said?.tone === 'high' ? 'high' : undefined}>
        {said ? (
          <>
            <Stamp at={new Date(said.at).toISOString()} precision={0} /> {said.text}
          </>
        ) : (
          `Rearm ${view?.version ?? ''} · ${view?.host ?? 'no'} host`
        )}
      </output>
      <span className="hints">
        {singleKeys ? (
          hints.map((shortcut) => (
            <span key={shortcut.id}>
              <kbd>{shortcut.keys[0]}</kbd> {shortcut.does}
            </span>
          ))
        ) : (
          <span>Single-key shortcuts are off</span>
        )}
        <span>
          <kbd>Ctrl+K</kbd> Find
        </span>
        <span>
          <kbd>?</kbd> Keys
        </span>
      </span>
    </footer>
  );
}
