/** The frame, the screen that is open, and the dialogs that any screen may open. */

import { CSPProvider } from '@base-ui/react/csp-provider';
import { useEffect } from 'react';
import { installRawCopy } from './components/copy.ts';
import { AcceptDialog } from './components/dialogs/AcceptDialog.tsx';
import { CancelDialog } from './components/dialogs/CancelDialog.tsx';
import { ModeDialog } from './components/dialogs/ModeDialog.tsx';
import { ErrorNotice } from './components/Notice.tsx';
import { AlarmsDialog } from './components/shell/AlarmsDialog.tsx';
import { AuditDrawer } from './components/shell/AuditDrawer.tsx';
import { Banner } from './components/shell/Banner.tsx';
import { IdentityDialog } from './components/shell/IdentityDialog.tsx';
import { KeysDialog } from './components/shell/KeysDialog.tsx';
import { Palette } from './components/shell/Palette.tsx';
import { Rail } from './components/shell/Rail.tsx';
import { StatusLine } from './components/shell/StatusLine.tsx';
import { TopBar } from './components/shell/TopBar.tsx';
import { TIME_MODES, timeModeLabel } from './format/time.ts';
import { CommandProvider, useCommands } from './keyboard/commands.tsx';
import { SCREEN_COMPONENTS } from './screens/screens.ts';
import type { ConsoleObject } from './store/console.ts';
import { ConsoleProvider, useActions, useConsole, useConsoleState } from './store/context.tsx';
import { toCarryOut } from './store/selectors/breaks.ts';
import { subjectsOf } from './store/state.ts';

export function App({ console: object }: { console: ConsoleObject }) {
  return (
    <ConsoleProvider value={object}>
      <CSPProvider disableStyleElements>
        <CommandProvider>
          <Frame />
        </CommandProvider>
      </CSPProvider>
    </ConsoleProvider>
  );
}

function useFrameCommands(): void {
  const read = useConsoleState();
  const { openScreen, openDialog, toggleDrawer, prefer, say } = useActions();
  useCommands({
    'screen.fleet': () => openScreen('fleet'),
    'screen.restart': () => openScreen('restart'),
    'screen.reconcile': () => openScreen('reconcile'),
    'screen.approve': () => openScreen('approve'),
    'screen.postmortem': () => openScreen('postmortem'),
    'screen.audit': () => openScreen('audit'),
    palette: () => openDialog('palette'),
    keys: () => openDialog('keys'),
    identity: () => openDialog('identity'),
    alarms: () => openDialog('alarms'),
    cancelOrders: () => openDialog('cancel'),
    accept: () => {
      const { recovery, gate, reconcile } = subjectsOf(read());
      const report = recovery.view?.report ?? null;
      const late = toCarryOut(reconcile.view?.report?.breaks ?? []);
      return report === null || report.outcome === 'empty' || (gate.view?.accepted && late === 0) ? false : openDialog('accept');
    },
    drawer: toggleDrawer,
    theme: () => prefer({ theme: read().preferences.theme === 'dark' ? 'light' : 'dark' }),
    singleKeys: () => prefer({ singleKeys: !read().preferences.singleKeys }),
    time: () => {
      const next = TIME_MODES[(TIME_MODES.indexOf(read().preferences.timeMode) + 1) % TIME_MODES.length]!;
      prefer({ timeMode: next });
      say(`Times are shown: ${timeModeLabel(next)}`);
    },
    back: () => {
      // From a field or an evidence pane back to the rows; a second time closes the audit log.
      const screen = document.querySelector<HTMLElement>('main');
      const home = screen?.querySelector<HTMLElement>('[data-autofocus]') ?? screen;
      if (home && document.activeElement !== home) return home.focus();
      return read().drawerOpen ? toggleDrawer() : false;
    },
  });
}

function Frame() {
  const screen = useConsole((state) => state.screen);
  const storeIndex = useConsole((state) => state.storeIndex);
  const theme = useConsole((state) => state.preferences.theme);
  const drawerOpen = useConsole((state) => state.drawerOpen);
  const failed = useConsole((state) => state.console.error);
  const askedAt = useConsole((state) => state.console.askedAt);
  const noStore = useConsole((state) => state.console.view?.stores.length === 0);
  // Without a store the others would ask for ever.
  const Screen = SCREEN_COMPONENTS[noStore ? 'fleet' : screen];
  useFrameCommands();
  useEffect(() => installRawCopy(document), []);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <div className="shell" data-drawer={drawerOpen || undefined}>
      <TopBar />
      <Banner />
      <Rail />
      <div className="main">
        {failed ? <ErrorNotice error={failed} asked="what stores are open, of the host" askedAt={askedAt} /> : null}
        <Screen key={`${screen}/${storeIndex}`} />
      </div>
      {drawerOpen ? <AuditDrawer /> : null}
      <StatusLine />
      <Palette />
      <KeysDialog />
      <IdentityDialog />
      <AlarmsDialog />
      <CancelDialog />
      <ModeDialog />
      <AcceptDialog />
    </div>
  );
}
