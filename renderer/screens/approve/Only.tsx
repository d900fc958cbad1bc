import { useId, useState } from 'react';
import { Check, TextField } from '../../components/Field.tsx';

/** Everything, or only what is named. `null` is everything: an empty list is never sent by accident. */
export function Only({
  label,
  every,
  names,
  value,
  onChange,
  note,
}: {
  label: string;
  every: string;
  names: readonly string[];
  value: readonly string[] | null;
  onChange: (value: readonly string[] | null) => void;
  note?: (name: string) => string | undefined;
}) {
  const group = useId();
  const [other, setOther] = useState('');
  const toggle = (name: string, on: boolean): void =>
    onChange(on ? [...(value ?? []), name] : (value ?? []).filter((entry) => entry !== name));
  const setNamed = (text: string): void => {
    const before = other.trim();
    setOther(text);
    const kept = (value ?? []).filter((entry) => entry !== before || names.includes(entry));
    const next = text.trim();
    onChange(next === '' || kept.includes(next) ? kept : [...kept, next]);
  };
  return (
    <fieldset>
      <legend className="label mb-1">{label}</legend>
      <Check type="radio" name={group} label={every} checked={value === null} onChange={() => onChange(null)} />
      <Check type="radio" name={group} label="Only these" checked={value !== null} onChange={() => onChange([])} />
      {value === null ? null : (
        <div className="ml-5 max-h-[132px] overflow-auto">
          {names.map((name) => (
            <Check key={name} label={name} hint={note?.(name)} checked={value.includes(name)} onChange={(on) => toggle(name, on)} />
          ))}
          {names.length === 0 ? (
            <TextField label="Name" value={other} onChange={(event) => setNamed(event.target.value)} hint="The host names none." />
          ) : null}
        </div>
      )}
    </fieldset>
  );
}
