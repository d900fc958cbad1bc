/** The screens, by number, each with what it owes. */

import type { ReactNode } from 'react';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { blockingOf } from '../../store/selectors/breaks.ts';
import { SCREEN_DIGIT, SCREEN_TITLE, SCREENS, type ScreenName } from '../../store/slices/shell.ts';
import { Mark } from '../Mark.tsx';

function useTails(): Partial<Record<ScreenName, ReactNode>> {
  const recovery = useSubject('recovery').view;
  const report = useSubject('reconcile').view?.report;
  const gate = useSubject('gate').view;
  const audit = useSubject('audit').view;
  const left = report ? blockingOf(report.breaks).left : 0;
  const owes = gate?.dossier?.status === 'open' ? gate.dossier.owes.length : 0;
  return {
    restart: recovery?.running ? (
      <span className="text-soft">running</span>
    ) : recovery?.report?.outcome === 'refused' ? (
      <Mark tone="critical" />
    ) : null,
    reconcile: left > 0 ? <span data-tone="high">{left > 999 ? '999+' : left}</span> : null,
    approve:
      owes > 0 ? (
        <span data-tone="high" title="signatures owed">
          {owes}
        </span>
      ) : null,
    audit: audit && !audit.verified ? <Mark tone="critical" /> : null,
  };
}

export function Rail() {
  const screen = useConsole((state) => state.screen);
  const drawerOpen = useConsole((state) => state.drawerOpen);
  const { openScreen, toggleDrawer } = useActions();
  const tails = useTails();
  return (
    <nav className="rail" aria-label="Screens">
      {SCREENS.map((name) => (
        <button
          key={name}
          type="button"
          aria-current={screen === name ? 'page' : undefined}
          aria-keyshortcuts={SCREEN_DIGIT[name]}
          onClick={() => openScreen(name)}
        >
          <span className="digit" aria-hidden="true">
            {SCREEN_DIGIT[name]}
          </span>
          <span>{SCREEN_TITLE[name]}</span>
          <span className="tail">{tails[name]}</span>
        </button>
      ))}
      <button type="button" className="mt-auto" aria-expanded={drawerOpen} aria-keyshortcuts="L" onClick={toggleDrawer}>
        <span className="digit" aria-hidden="true">
          L
        </span>
        <span>Audit log</span>
        <span className="tail" />
      </button>
    </nav>
  );
}
