/** Who is acting: an enrolled person, or a free name before anyone is enrolled. Kept in memory only. */

import { type RefObject, useRef, useState } from 'react';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { Button } from '../Button.tsx';
import { Dialog } from '../Dialog.tsx';
import { Check, TextField } from '../Field.tsx';

export function IdentityDialog() {
  const open = useConsole((state) => state.dialog === 'identity');
  const { openDialog } = useActions();
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog open={open} onClose={() => openDialog(null)} title="Who is acting?" note="Forgotten when this page closes" safeFocus={first}>
      {open ? <Chooser first={first} onDone={() => openDialog(null)} /> : null}
    </Dialog>
  );
}

function Chooser({ first, onDone }: { first: RefObject<HTMLInputElement | null>; onDone: () => void }) {
  const actingAs = useConsole((state) => state.actingAs);
  const people = useSubject('gate').view?.people ?? [];
  const { actAs } = useActions();
  const enrolled = people.length > 0;
  const [chosen, setChosen] = useState(actingAs ?? people[0]?.id ?? '');
  const done = (): void => {
    actAs(chosen.trim() === '' ? null : chosen.trim());
    onDone();
  };
  return (
    <form
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      {enrolled ? (
        <fieldset className="grid">
          <legend className="visually-hidden">Enrolled people</legend>
          {people.map((person) => (
            <Check
              key={person.id}
              ref={chosen === person.id ? first : undefined}
              type="radio"
              name="person"
              label={person.name}
              hint={`${person.id} · ${person.role}`}
              checked={chosen === person.id}
              onChange={() => setChosen(person.id)}
            />
          ))}
        </fieldset>
      ) : (
        <TextField
          ref={first}
          label="Name"
          hint="Nobody is enrolled yet: the name is taken as given, and recorded with what is done."
          value={chosen}
          onChange={(event) => setChosen(event.target.value)}
          maxLength={128}
          required
        />
      )}
      <p className="text-sm text-soft">
        Everything done from here is recorded under this name. A signature still needs the person's own passphrase.
      </p>
      <div className="flex justify-end gap-2">
        {actingAs !== null ? (
          <Button
            onClick={() => {
              actAs(null);
              onDone();
            }}
          >
            Act as nobody
          </Button>
        ) : null}
        <Button type="submit" kind="primary" disabled={chosen.trim() === ''}>
          Act as {people.find((person) => person.id === chosen)?.name ?? (chosen.trim() || 'this person')}
        </Button>
      </div>
    </form>
  );
}
