/** Restart: the risk in the first viewport with the actions beside it, then what was recovered and why it can be trusted. */

import { useMemo } from 'react';
import { ExportMenu } from '../../components/Export.tsx';
import { Screen } from '../../components/Screen.tsx';
import { useCommands } from '../../keyboard/commands.tsx';
import { useActions, useConsoleState, useSubject } from '../../store/context.tsx';
import { waterfallOf } from '../../store/selectors/waterfall.ts';
import { subjectsOf } from '../../store/state.ts';
import { tierTable } from './exports.ts';
import { Findings } from './Findings.tsx';
import { PageMapPanel } from './PageMapPanel.tsx';
import { Path } from './Path.tsx';
import { RiskActions } from './RiskActions.tsx';
import { Sentence } from './Sentence.tsx';
import { TenFacts } from './TenFacts.tsx';
import { Tiers } from './Tiers.tsx';
import { WaterfallPanel } from './WaterfallChart.tsx';

export function RestartScreen() {
  const read = useConsoleState();
  const view = useSubject('recovery').view;
  const { openDialog, queryVenues, runRecovery, cancelRecovery } = useActions();
  // While a recovery runs, what the one before found would mislead.
  const report = view?.running ? null : (view?.report ?? null);
  const steps = report?.steps ?? view?.progress?.steps ?? null;
  const waterfall = useMemo(() => {
    if (steps === null || steps.length === 0) return null;
    const last = steps.reduce((end, step) => Math.max(end, step.startMs + step.ms), 0);
    return waterfallOf(steps, report?.rtoMs ?? last, report?.rtoBudgetMs ?? 0);
  }, [steps, report]);

  useCommands({
    'restart.mode': () => openDialog('mode'),
    'restart.venues': () => void queryVenues(),
    'restart.run': () => void (view?.running ? cancelRecovery() : runRecovery()),
  });

  return (
    <Screen title="Restart">
      <div className="first-seconds">
        <TenFacts />
        <RiskActions />
      </div>
      <Sentence
        tools={
          <ExportMenu
            subject="restart"
            table={() => (report ? tierTable(report) : null)}
            document={() => {
              const { facts, venues, recovery } = subjectsOf(read());
              return { facts: facts.view, venues: venues.view, recovery: recovery.view };
            }}
          />
        }
      />
      <Tiers />
      {waterfall || (report && report.tiers.length > 0) ? (
        <div className={`grid flex-none items-start gap-2 ${report ? 'grid-cols-2' : ''}`}>
          {report && report.tiers.length > 0 ? <Path report={report} /> : null}
          {waterfall ? <WaterfallPanel waterfall={waterfall} running={view?.running ?? false} /> : null}
        </div>
      ) : null}
      {report ? (
        <div className="grid flex-none grid-cols-2 items-start gap-2">
          <PageMapPanel map={report.pageMap} />
          <Findings report={report} />
        </div>
      ) : null}
    </Screen>
  );
}
