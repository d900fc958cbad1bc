/** At the moment of death: what was sent and never acknowledged, what was durable, what each session last said. */

import { Amount, Count, OrderPrice } from '../../components/Amount.tsx';
import { Mark, Status } from '../../components/Mark.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { formatCount } from '../../format/amount.ts';
import { lifeWords, plural } from '../../format/words.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { NotHere } from './NotHere.tsx';

const SHOWN = 100;

export function Death() {
  const death = useConsole((state) => state.postmortem.death);
  const { moveCursor } = useActions();
  const report = death.view;
  if (!report) {
    return (
      <Panel title="At the moment of death">
        {death.error ? (
          <NotHere error={death.error} what="What the engine knew at its end cannot be built." asked="the end of the log" />
        ) : (
          <Empty title="Reading the end of the log" />
        )}
      </Panel>
    );
  }
  const behind = report.lastLsn - report.acknowledgedLsn;
  return (
    <Panel title="At the moment of death" className="min-h-0">
      {/* As high as the timeline beside it: hundreds of orders must not push the panes below off the screen. */}
      <ScrollRegion className="min-h-[160px] grow basis-0" label="At the moment of death">
        <dl className="pairs px-3 py-2">
          <dt>last record</dt>
          <dd>
            LSN <Count value={report.lastLsn} />, <Stamp at={report.lastOperationAt} precision={6} zone />
          </dd>
          <dt>durable to</dt>
          <dd>
            LSN <Count value={report.acknowledgedLsn} />
            {behind < 0 ? <span data-tone="critical">, {plural(-behind, 'record')} of it cannot be read</span> : null}
            {behind > 0 ? <span className="text-soft">, {plural(behind, 'record')} after it acknowledged to nobody</span> : null}
          </dd>
          <dt>last venue event</dt>
          <dd>
            <Stamp at={report.lastSignOfLifeAt} precision={6} zone />
            {report.gapMs === null ? null : <span className="text-soft">, {lifeWords(report.gapMs)}</span>}
          </dd>
        </dl>
        <table className="sheet border-t border-line">
          <caption className="px-3 py-1 text-left text-sm font-semibold">
            {report.unacknowledgedOrders.length > 0 ? <Mark tone="high" /> : null} {plural(report.unacknowledgedOrders.length, 'order')}{' '}
            sent, never acknowledged
          </caption>
          <tbody>
            {report.unacknowledgedOrders.slice(0, SHOWN).map((order) => (
              <tr key={order.clientId}>
                <td className="mono">
                  <button
                    type="button"
                    className="underline decoration-line-strong underline-offset-2"
                    title={`Go to LSN ${formatCount(order.lsn)}`}
                    onClick={() => moveCursor(order.lsn)}
                  >
                    {order.clientId}
                  </button>
                </td>
                <td className="tight">{order.venue}</td>
                <td className="tight">
                  {order.side} {order.symbol}
                </td>
                <td className="right">
                  <Amount value={order.quantity} />
                </td>
                <td className="right">
                  <OrderPrice price={order.price} trigger={order.trigger} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {report.unacknowledgedOrders.length > SHOWN ? (
          <p className="px-3 text-soft">and {report.unacknowledgedOrders.length - SHOWN} more, in the export</p>
        ) : null}
        <table className="sheet border-t border-line">
          <thead>
            <tr>
              <th>Session</th>
              <th>State</th>
              <th className="right">Last sequence</th>
              <th>Last event</th>
              <th title="Cancel on disconnect">COD</th>
            </tr>
          </thead>
          <tbody>
            {report.sessions.map((session) => (
              <tr key={session.venue}>
                <td>{session.venue}</td>
                <td className="tight">
                  <Status tone={session.state === 'connected' ? 'normal' : 'note'} word={session.state} />
                </td>
                <td className="right">
                  <Amount value={session.sequenceReceived} />
                </td>
                <td className="tight">
                  <Stamp at={session.lastEventAt} />
                </td>
                <td>{session.cancelOnDisconnect}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}
