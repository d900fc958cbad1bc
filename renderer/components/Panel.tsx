import type { ReactNode } from 'react';

/** A titled part of a screen. */
export function Panel({
  title,
  note,
  aside,
  children,
  className = '',
  headingLevel = 2,
}: {
  title: ReactNode;
  note?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  headingLevel?: 2 | 3;
}) {
  const Heading = headingLevel === 2 ? 'h2' : 'h3';
  return (
    <section className={`panel ${className}`}>
      <div className="panel-head">
        <Heading>{title}</Heading>
        {note ? <span className="truncate text-xs text-faint">{note}</span> : null}
        {aside ? <div className="aside">{aside}</div> : null}
      </div>
      {children}
    </section>
  );
}
