/** Any two LSNs compared: what differs between the states there. */

import { useMemo } from 'react';
import { Loose } from '../../components/Amount.tsx';
import { Empty } from '../../components/Notice.tsx';
import { formatCount } from '../../format/amount.ts';
import { humanise, plural } from '../../format/words.ts';
import { useConsole } from '../../store/context.tsx';
import { compareStates } from '../../store/selectors/states.ts';
import { NotHere } from './NotHere.tsx';
import { useStateAt } from './useStateAt.ts';

const SHOWN = 500;

export function Difference() {
  const cursor = useConsole((state) => state.postmortem.cursor);
  const other = useConsole((state) => state.postmortem.comparedWith);
  const here = useStateAt(cursor);
  const there = useStateAt(other);
  const [early, late] = other !== null && cursor !== null && other > cursor ? [here, there] : [there, here];
  const differences = useMemo(
    () => (early?.state === 'here' && late?.state === 'here' ? compareStates(early.value, late.value) : null),
    [early, late],
  );
  if (other === null || cursor === null)
    return <Empty title="Nothing is compared yet.">Press C at one LSN, then move the cursor to another.</Empty>;
  const failed = [here, there].find((state) => state?.state === 'failed');
  if (failed?.state === 'failed')
    return <NotHere error={failed.error} what="The states cannot be compared." asked="the states at both LSNs" />;
  if (differences === null) return <Empty title={`Building the states at LSN ${formatCount(other)} and ${formatCount(cursor)}`} />;
  const [from, to] = other > cursor ? [cursor, other] : [other, cursor];
  return (
    <table className="sheet">
      <caption className="px-3 py-1.5 text-left text-soft">
        {plural(differences.length, 'difference')} from LSN {formatCount(from)} to {formatCount(to)}
        {differences.length > SHOWN ? `; the first ${SHOWN}` : ''}
      </caption>
      <thead>
        <tr>
          <th>Row</th>
          <th>Column</th>
          <th className="right">At {formatCount(from)}</th>
          <th className="right">At {formatCount(to)}</th>
        </tr>
      </thead>
      <tbody>
        {differences.slice(0, SHOWN).map((entry) => (
          <tr key={`${entry.table}/${entry.key}/${entry.column}`}>
            <td>
              {humanise(entry.table)} <span className="mono text-soft">{entry.key}</span>
            </td>
            <td>{humanise(entry.column)}</td>
            <td className="right">{entry.before === null ? <span className="text-faint">no row</span> : <Loose value={entry.before} />}</td>
            <td className="right font-medium">
              {entry.after === null ? <span className="text-faint">no row</span> : <Loose value={entry.after} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
