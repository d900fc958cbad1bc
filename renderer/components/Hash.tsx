/** Hashes: short in tables, in groups of eight where a person compares them; the copy is whole. */

export function ShortHash({ value, digits = 8 }: { value: string | null; digits?: number }) {
  if (value === null) return <span className="text-faint">none</span>;
  return (
    <span className="mono" data-raw={value} title={value}>
      {value.slice(0, digits)}
    </span>
  );
}

export function FullHash({ value }: { value: string }) {
  const groups = value.match(/.{1,8}/g) ?? [];
  return (
    <span className="mono inline-flex flex-wrap gap-x-2" data-raw={value}>
      {groups.map((group, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the groups of one hash keep their places
        <span key={index}>{group}</span>
      ))}
    </span>
  );
}
