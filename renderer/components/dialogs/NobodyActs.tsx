import { useState } from 'react';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { Button } from '../Button.tsx';
import { TextField } from '../Field.tsx';

/** Stands in a dialog while nobody said who is acting, and takes the answer right there. */
export function NobodyActs() {
  const actingAs = useConsole((state) => state.actingAs);
  const people = useSubject('gate').view?.people ?? [];
  const { actAs } = useActions();
  const [name, setName] = useState('');
  if (actingAs !== null) return null;
  return (
    <fieldset className="notice" data-tone="high">
      <span />
      <div>
        <legend className="font-semibold">Who is acting? This is recorded with the action.</legend>
        {people.length > 0 ? (
          <div className="mt-1.5 flex flex-wrap gap-2">
            {people.map((person) => (
              <Button key={person.id} onClick={() => actAs(person.id)}>
                {person.name} <span className="text-soft">{person.role}</span>
              </Button>
            ))}
          </div>
        ) : (
          <div className="mt-1.5 flex items-end gap-2">
            <TextField label="Name" value={name} maxLength={128} onChange={(event) => setName(event.target.value)} />
            <Button disabled={name.trim() === ''} onClick={() => actAs(name.trim())}>
              Act under this name
            </Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}
