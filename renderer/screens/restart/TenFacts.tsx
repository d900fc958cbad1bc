/** The first five seconds, in the order in which a supervisor needs them: down the left column, then down the right one. */

import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { useSubject } from '../../store/context.tsx';
import { EngineLife, Exposure, LiveOrders, Profit, Unacknowledged } from './RiskFacts.tsx';
import { Margin, Mismatches, Next, Recovered, Venues } from './StateFacts.tsx';

export function TenFacts() {
  const subject = useSubject('facts');
  if (subject.view === null) {
    return (
      <div className="panel">
        {subject.error ? (
          <ErrorNotice error={subject.error} asked="the ten facts, of the host" askedAt={subject.askedAt} />
        ) : (
          <Empty title="Asking for the ten facts">The venues and the store are being asked; each figure appears as it is known.</Empty>
        )}
      </div>
    );
  }
  const facts = subject.view;
  return (
    <div className="min-w-0">
      {subject.error ? (
        <ErrorNotice error={subject.error} asked="the ten facts again; those below are older" askedAt={subject.askedAt} />
      ) : null}
      <div className="facts">
        <LiveOrders facts={facts} />
        <EngineLife facts={facts} />
        <Exposure facts={facts} />
        <Profit facts={facts} />
        <Unacknowledged facts={facts} />
        <Venues facts={facts} />
        <Mismatches facts={facts} />
        <Margin facts={facts} />
        <Recovered facts={facts} />
        <Next facts={facts} />
      </div>
    </div>
  );
}
