/** Every key, and the switch that turns single keys off. */

import { SHORTCUTS, type Shortcut } from '../../keyboard/map.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { SCREEN_TITLE, SCREENS } from '../../store/slices/shell.ts';
import { Dialog } from '../Dialog.tsx';
import { Check } from '../Field.tsx';

function Keys({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) {
  const shown = shortcuts.filter((shortcut) => shortcut.keys.length > 0);
  if (shown.length === 0) return null;
  return (
    <section className="mb-3 break-inside-avoid">
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <dl className="pairs">
        {shown.map((shortcut) => (
          <div key={shortcut.id} className="contents">
            <dt className="min-w-[92px]">
              {shortcut.keys.map((key) => (
                <kbd key={key} className="mr-1">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{shortcut.does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function KeysDialog() {
  const open = useConsole((state) => state.dialog === 'keys');
  const singleKeys = useConsole((state) => state.preferences.singleKeys);
  const { openDialog, prefer } = useActions();
  const all: readonly Shortcut[] = SHORTCUTS;
  return (
    <Dialog open={open} onClose={() => openDialog(null)} title="Keys" width="wide">
      <Check
        label="Single-key shortcuts"
        hint="Off: only keys with Ctrl, arrows, Enter and Esc work. Every command stays in the palette (Ctrl+K)."
        checked={singleKeys}
        onChange={(checked) => prefer({ singleKeys: checked })}
      />
      <div className="mt-3 columns-3 gap-8">
        <Keys title="Everywhere" shortcuts={all.filter((shortcut) => shortcut.where === 'everywhere')} />
        {SCREENS.map((screen) => (
          <Keys key={screen} title={SCREEN_TITLE[screen]} shortcuts={all.filter((shortcut) => shortcut.where === screen)} />
        ))}
      </div>
    </Dialog>
  );
}
