/** Export from a screen, made in the page: CSV of its table, JSON of its facts. */

import { Menu } from '@base-ui/react/menu';
import { Download } from 'lucide-react';
import { exportName, type TableExport, toCsv, toJson } from '../format/table.ts';
import { plural } from '../format/words.ts';
import { useActions, useConsole, useConsoleState } from '../store/context.tsx';

export interface Exports {
  /** In the file's name. */
  readonly subject: string;
  /** null: there is nothing tabular to export. */
  readonly table: () => TableExport | null;
  readonly document: () => unknown;
}

function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function ExportMenu({ subject, table, document: facts }: Exports) {
  const state = useConsoleState();
  const { say } = useActions();
  const storeName = useConsole(
    (current) => current.console.view?.stores.find((view) => view.index === current.storeIndex)?.name ?? 'store',
  );

  const name = (extension: 'csv' | 'json'): string => exportName(storeName, subject, new Date(state().nowMs), extension);
  const csv = (): void => {
    const found = table();
    if (found === null) {
      say(`Nothing to export: ${subject} holds no rows yet`, 'high');
      return;
    }
    download(name('csv'), 'text/csv;charset=utf-8', toCsv(found));
    say(`Exported ${plural(found.rows.length, 'row')} to ${name('csv')}`);
  };
  const json = (): void => {
    download(name('json'), 'application/json', toJson(facts()));
    say(`Exported ${name('json')}`);
  };

  return (
    <Menu.Root>
      <Menu.Trigger className="button" data-kind="quiet">
        <Download size={13} aria-hidden="true" />
        Export
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="bottom" align="end" sideOffset={4} className="z-[60]">
          <Menu.Popup className="popup">
            <Menu.Item className="popup-item" onClick={csv}>
              CSV <span className="text-faint">raw values</span>
            </Menu.Item>
            <Menu.Item className="popup-item" onClick={json}>
              JSON <span className="text-faint">everything shown</span>
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
