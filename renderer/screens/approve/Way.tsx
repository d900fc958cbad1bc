/** The way from the crash to trading: what is done, what is next, who owes it. */

import { Check, X } from 'lucide-react';
import { useConsole } from '../../store/context.tsx';
import { type WayState, wayOf } from '../../store/selectors/way.ts';
import { subjectsOf } from '../../store/state.ts';

const WORD: Readonly<Record<WayState, string>> = { done: 'done', next: 'next', later: 'later', failed: 'failed' };

function Sign({ state, number }: { state: WayState; number: number }) {
  if (state === 'done') return <Check size={14} aria-hidden="true" />;
  if (state === 'failed') return <X size={14} aria-hidden="true" />;
  return (
    <span className="mono text-center" aria-hidden="true">
      {number}
    </span>
  );
}

export function Way() {
  const subjects = useConsole((state) => subjectsOf(state));
  return (
    <ol className="way" aria-label="The way to trading">
      {wayOf(subjects).map((step, index) => (
        <li key={step.id} data-state={step.state}>
          <Sign state={step.state} number={index + 1} />
          <span>
            {step.title}
            <span className="visually-hidden">, {WORD[step.state]}</span>
          </span>
          <span title={step.detail}>{step.detail}</span>
        </li>
      ))}
    </ol>
  );
}
