/** Alarms, worst first; acknowledged by name and time, kept in this window until the host keeps them. */

import { plural } from '../../format/words.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { acknowledgementKey } from '../../store/selectors/alarms.ts';
import { Button } from '../Button.tsx';
import { Dialog } from '../Dialog.tsx';
import { Status } from '../Mark.tsx';
import { Empty } from '../Notice.tsx';
import { Stamp } from '../Stamp.tsx';
import { useAlarms } from '../useAlarms.ts';

export function AlarmsDialog() {
  const open = useConsole((state) => state.dialog === 'alarms');
  const { openDialog } = useActions();
  return (
    <Dialog open={open} onClose={() => openDialog(null)} title="Alarms" note="Acknowledgements are kept in this window" width="middle">
      {open ? <Alarms /> : null}
    </Dialog>
  );
}

function Alarms() {
  const alarms = useAlarms();
  const storeIndex = useConsole((state) => state.storeIndex);
  const actingAs = useConsole((state) => state.actingAs);
  const { acknowledge, openDialog } = useActions();
  if (alarms.length === 0) return <Empty title="No alarm stands." />;
  const keys = alarms.filter((alarm) => alarm.acknowledged === null).map((alarm) => acknowledgementKey(storeIndex, alarm));
  return (
    <>
      <table className="sheet align-rows">
        <thead>
          <tr>
            <th>Severity</th>
            <th>Alarm</th>
            <th>Since</th>
            <th>Acknowledged</th>
          </tr>
        </thead>
        <tbody>
          {alarms.map((alarm) => (
            <tr key={alarm.id}>
              <td className="tight">
                <Status tone={alarm.severity} word={alarm.severity} />
              </td>
              <td>{alarm.text}</td>
              <td className="tight">{alarm.at ? <Stamp at={alarm.at} precision={0} /> : <span className="text-faint">not said</span>}</td>
              <td className="tight">
                {alarm.acknowledged ? (
                  <>
                    {alarm.acknowledged.by} <Stamp at={alarm.acknowledged.at} precision={0} />
                  </>
                ) : (
                  <Button kind="quiet" disabled={actingAs === null} onClick={() => acknowledge([acknowledgementKey(storeIndex, alarm)])}>
                    Acknowledge alarm
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="mt-3 flex items-center justify-end gap-3">
        {actingAs === null ? (
          <>
            <span className="text-soft">An acknowledgement carries a name.</span>
            <Button onClick={() => openDialog('identity')}>Say who is acting</Button>
          </>
        ) : (
          <Button kind="primary" disabled={keys.length === 0} onClick={() => acknowledge(keys)}>
            Acknowledge {plural(keys.length, 'alarm')}
          </Button>
        )}
      </div>
    </>
  );
}
