/** Enrolling people with a key of their own. The main process refuses it while trading is halted, and says so. */

import { useState } from 'react';
import { ROLES, type Role } from '../../../shared/contract/gate.ts';
import { Button } from '../../components/Button.tsx';
import { SelectField, TextField } from '../../components/Field.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { useAction } from '../../components/useAction.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';

const PASSPHRASE_MIN = 8;

export function People() {
  const people = useSubject('gate').view?.people ?? [];
  const [open, setOpen] = useState(false);
  const none = people.length === 0;
  return (
    <Panel
      title="Enrolled people"
      note={none ? 'nobody yet' : `${people.length}`}
      aside={
        none ? undefined : (
          <Button kind="quiet" onClick={() => setOpen(!open)}>
            {open ? 'Close' : 'Enrol a person'}
          </Button>
        )
      }
    >
      {people.map((person) => (
        <div key={person.id} className="person">
          <span>
            {person.name} <span className="text-soft">{person.role}</span>
          </span>
          <span className="text-xs text-faint">
            key <ShortHash value={person.publicKey} />
          </span>
        </div>
      ))}
      {none || open ? <EnrolForm onDone={() => setOpen(false)} /> : null}
    </Panel>
  );
}

function EnrolForm({ onDone }: { onDone: () => void }) {
  const { enrol, actAs } = useActions();
  const actingAs = useConsole((state) => state.actingAs);
  const people = useSubject('gate').view?.people ?? [];
  const action = useAction();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(people.some((person) => person.role === 'trader') ? 'risk' : 'trader');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const mismatch = again !== '' && again !== passphrase;
  const ready = id.trim() !== '' && name.trim() !== '' && passphrase.length >= PASSPHRASE_MIN && passphrase === again;
  const send = async (): Promise<void> => {
    if (!(await action.run(() => enrol(id.trim(), name.trim(), role, passphrase)))) return;
    if (actingAs === null) actAs(id.trim());
    setId('');
    setName('');
    setPassphrase('');
    setAgain('');
    setRole(role === 'trader' ? 'risk' : 'trader');
    onDone();
  };
  return (
    <form
      className="grid gap-2 p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !action.busy) void send();
      }}
    >
      {action.error ? <ErrorNotice error={action.error} asked={`enrolment of ${name}`} /> : null}
      <div className="grid grid-cols-2 gap-2">
        <TextField label="Id" value={id} maxLength={128} onChange={(event) => setId(event.target.value)} />
        <TextField label="Name" value={name} maxLength={128} onChange={(event) => setName(event.target.value)} />
        <SelectField
          label="Role"
          value={role}
          onChange={(value) => setRole(value as Role)}
          options={ROLES.map((option) => ({ value: option, label: option === 'risk' ? 'risk (independent)' : option }))}
        />
        <span />
        <TextField
          label="Passphrase"
          type="password"
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
          hint={`at least ${PASSPHRASE_MIN} characters`}
        />
        <TextField
          label="Passphrase again"
          type="password"
          value={again}
          aria-invalid={mismatch}
          onChange={(event) => setAgain(event.target.value)}
          hint={mismatch ? 'differs' : undefined}
        />
      </div>
      <div className="flex justify-end">
        <Button type="submit" kind="primary" disabled={!ready || action.busy}>
          Enrol {name.trim() || 'person'} as {role}
        </Button>
      </div>
    </form>
  );
}
