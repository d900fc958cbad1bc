/** Empty and error states: what was asked, of whom, when, and what came back. */

import type { ReactNode } from 'react';
import type { ErrorData } from '../../shared/errors.ts';
import type { Tone } from '../format/words.ts';
import { Mark } from './Mark.tsx';
import { Stamp } from './Stamp.tsx';

export function Notice({
  tone = 'note',
  title,
  children,
  aside,
}: {
  tone?: Tone;
  title: ReactNode;
  children?: ReactNode;
  aside?: ReactNode;
}) {
  return (
    <div className="notice" data-tone={tone}>
      <span className="pt-px">
        <Mark tone={tone} />
      </span>
      <div className="min-w-0">
        <div className="font-semibold">{title}</div>
        {children ? <div className="text-soft">{children}</div> : null}
      </div>
      {aside ? <div className="flex items-center gap-2">{aside}</div> : null}
    </div>
  );
}

/** An error that came back. `asked` says what was asked of whom. */
export function ErrorNotice({
  error,
  asked,
  askedAt,
  aside,
}: {
  error: ErrorData;
  asked?: string;
  askedAt?: number | null;
  aside?: ReactNode;
}) {
  return (
    <div role="alert">
      <Notice tone={error.code === 'INTERNAL' ? 'critical' : 'high'} title={error.message} aside={aside}>
        {error.remedy}{' '}
        <span className="text-faint">
          <span className="mono">{error.code}</span>
          {asked ? <> · asked: {asked}</> : null}
          {askedAt ? (
            <>
              {' '}
              · <Stamp at={new Date(askedAt).toISOString()} />
            </>
          ) : null}
        </span>
      </Notice>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children ? <div>{children}</div> : null}
    </div>
  );
}
