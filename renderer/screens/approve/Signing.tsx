/** Two people, two roles: who signed, who owes, and signing here or with a signature made elsewhere. */

import { type RefObject, useState } from 'react';
import type { DossierView, GateView } from '../../../shared/contract/gate.ts';
import { Button } from '../../components/Button.tsx';
import { SelectField, TextField } from '../../components/Field.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { Status } from '../../components/Mark.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Elapsed, Stamp } from '../../components/Stamp.tsx';
import { useAction } from '../../components/useAction.ts';
import { personWords } from '../../format/words.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { signaturesOf } from '../../store/selectors/way.ts';

export function Signing({
  gate,
  dossier,
  passphraseField,
}: {
  gate: GateView;
  dossier: DossierView;
  passphraseField: RefObject<HTMLInputElement | null>;
}) {
  const counts = signaturesOf(gate);
  return (
    <Panel
      title="Signatures"
      note={gate.onePersonMode ? 'one-person mode, by configuration' : 'two people, two roles'}
      aside={
        <span className="pr-1 text-sm">
          {counts.have} of {counts.need}
        </span>
      }
    >
      {dossier.signatures.map((signature) => (
        <div key={signature.personId} className="person">
          <span>
            <b className="font-semibold">{signature.name}</b> <span className="text-soft">{signature.role}</span>
          </span>
          <span className="text-soft">
            <Stamp at={signature.signedAt} precision={0} />
          </span>
          <span className="text-xs text-faint">
            signature <ShortHash value={signature.signature} digits={20} />
          </span>
        </div>
      ))}
      {dossier.owes.map((role) => (
        <div key={role} className="person">
          <span>
            <Status tone={dossier.status === 'open' ? 'high' : 'normal'} word={`${role} owes a signature`} />
          </span>
          <span className="text-soft">
            for <Elapsed since={dossier.dossier.proposedAt} />
          </span>
          <span className="text-xs text-soft">
            {gate.people
              .filter((person) => person.role === role)
              .map((person) => person.name)
              .join(' or ') || 'nobody is enrolled in this role'}
          </span>
        </div>
      ))}
      {dossier.status === 'open' && dossier.owes.length > 0 ? (
        <SignForm gate={gate} dossier={dossier} passphraseField={passphraseField} />
      ) : null}
    </Panel>
  );
}

function SignForm({
  gate,
  dossier,
  passphraseField,
}: {
  gate: GateView;
  dossier: DossierView;
  passphraseField: RefObject<HTMLInputElement | null>;
}) {
  const actingAs = useConsole((state) => state.actingAs);
  const { signHere, signElsewhere } = useActions();
  const action = useAction();
  const able = gate.people.filter(
    (person) => dossier.owes.includes(person.role) && !dossier.signatures.some((signature) => signature.personId === person.id),
  );
  const [chosen, setChosen] = useState(actingAs ?? '');
  const [secret, setSecret] = useState('');
  const [elsewhere, setElsewhere] = useState(false);
  const person = able.find((entry) => entry.id === chosen) ?? able[0];
  if (!person) return <p className="p-3 text-soft">Nobody who is enrolled can give the signature that is owed.</p>;
  const send = async (): Promise<void> => {
    const done = await action.run(() =>
      elsewhere ? signElsewhere(person.id, dossier.hash, secret.trim()) : signHere(person.id, dossier.hash, secret),
    );
    if (!done) return;
    setSecret('');
    // The next passphrase is another person's: keys belong to the screen again.
    passphraseField.current?.closest<HTMLElement>('main')?.focus();
  };
  return (
    <form
      className="grid gap-2 p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (secret !== '' && !action.busy) void send();
      }}
    >
      {action.error ? <ErrorNotice error={action.error} asked={`signature of ${person.name}`} /> : null}
      <div className="grid grid-cols-2 gap-2">
        <SelectField
          label="Person"
          value={person.id}
          onChange={setChosen}
          options={able.map((entry) => ({ value: entry.id, label: personWords(entry) }))}
        />
        {elsewhere ? (
          <TextField
            ref={passphraseField}
            label="Signature, base64"
            value={secret}
            maxLength={128}
            onChange={(event) => setSecret(event.target.value)}
          />
        ) : (
          <TextField
            ref={passphraseField}
            label={`Passphrase of ${personWords(person)}`}
            type="password"
            value={secret}
            maxLength={1024}
            onChange={(event) => setSecret(event.target.value)}
          />
        )}
      </div>
      <div className="flex items-center justify-between gap-2">
        <button
          type="button"
          className="text-left text-xs text-soft underline decoration-line-strong underline-offset-2"
          onClick={() => {
            setElsewhere(!elsewhere);
            setSecret('');
          }}
        >
          {elsewhere ? 'Sign here with a passphrase' : 'Made on another machine (rearm sign)'}
        </button>
        <Button type="submit" kind="primary" disabled={secret === '' || action.busy}>
          Sign dossier {dossier.hash.slice(0, 8)}
        </Button>
      </div>
    </form>
  );
}
