/**
 * A gate that is whole, on a disk or in a process that does not let it be read: every call of its views fails, once and from there on, and
 * nothing is called broken, withdrawn or not there. Its actions: crash.test.ts.
 */

import { describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { LONG } from '../../tests/support/profile.ts';
import { systemFailure } from '../storage/system-errors.ts';
import {
  ACCEPTED,
  another,
  CALM,
  type Desk,
  ERRORS,
  errorsAt,
  proposeDraft,
  releaseBy,
  signBoth,
  staffed,
} from './simulated.test-support.ts';

const WORLD = { accepted: ACCEPTED, now: CALM };

/** Released, and the token used: a file of every kind is there. */
function traded(): { desk: Desk; hash: string } {
  const { desk, hash } = released();
  desk.gate.verifyAndBurn(desk.gate.findToken(ACCEPTED), ACCEPTED);
  desk.gate.reportEngine('trading', 'from LSN 1');
  return { desk, hash };
}

function released(): { desk: Desk; hash: string } {
  const desk = staffed();
  const hash = proposeDraft(desk);
  signBoth(desk, hash);
  releaseBy(desk, hash);
  return { desk, hash };
}

const ANCHOR = traded().desk.gate.anchor();

/** What of a view is told where it could not be read, in words that claim nothing else. */
const UNREAD = /could not \w+ \S+: E[A-Z]+/;

const VIEWS: readonly (readonly [string, () => { desk: Desk; hash: string }, (desk: Desk, hash: string) => unknown])[] = [
  ['the audit log', traded, ({ gate }) => gate.auditView(10)],
  ['the audit log against an anchor', traded, ({ gate }) => gate.verifyAudit(ANCHOR)],
  ['an anchor', traded, ({ gate }) => gate.anchor().head],
  ['the mode', traded, ({ gate }) => gate.mode(ACCEPTED).mode],
  ['a token, looked for', released, ({ gate }) => gate.findToken(ACCEPTED)?.nonce],
  ['a token, verified', released, ({ gate }) => gate.verifyToken(gate.findToken(ACCEPTED), ACCEPTED)],
  ['a dossier', released, ({ gate }, hash) => gate.dossier(hash)],
];

/** The same look with every call failing; `judge` says what is wrong with what came of it. */
function underEveryFault(before: Desk, look: (desk: Desk) => unknown, judge: (seen: unknown, failed: RearmError) => string | null): void {
  const count = another(before);
  look(count);
  const { calls } = count.storage;
  expect(calls).toBeGreaterThan(0);
  const wrong: string[] = [];
  const disk = before.disk.fingerprint();
  for (let failAt = 1; failAt <= calls; failAt += 1)
    for (const error of LONG ? ERRORS : errorsAt(failAt))
      for (const sticky of [false, true]) {
        const failed = systemFailure(error, '', '');
        let words: string | null;
        try {
          words = judge(look(another(before, { failAt, sticky, error })), failed);
        } catch (thrown) {
          if (!(thrown instanceof RearmError)) throw thrown;
          // By name, and never by what a look at a damaged gate would say.
          const own = thrown.context.system === error && [failed.code, 'IO_FAILED'].includes(thrown.code);
          words = own ? null : `threw ${thrown.code}: ${thrown.message}`;
        }
        if (words !== null) wrong.push(`call ${failAt}, ${error}${sticky ? ', from there on' : ''}: ${words.slice(0, 160)}`);
      }
  expect(wrong).toEqual([]);
  expect(before.disk.fingerprint()).toBe(disk);
}

it.each(VIEWS)('%s is as it is, or the error is told', (name, before, look) => {
  const { desk, hash } = before();
  const whole = JSON.stringify(look(another(desk), hash));
  underEveryFault(
    desk,
    (process) => look(process, hash),
    (seen) => {
      const said = JSON.stringify(seen);
      // Every doubt about the mode is HALTED.
      return said === whole || (name === 'the mode' && said === '"HALTED"') ? null : said;
    },
  );
});

describe('the view of the screens', () => {
  it('says what could not be read, and shows the rest as it is', () => {
    const { desk } = traded();
    const whole = another(desk).gate.view(WORLD);
    underEveryFault(
      desk,
      ({ gate }) => gate.view(WORLD),
      (seen) => {
        const view = seen as typeof whole;
        if (JSON.stringify(view) === JSON.stringify(whole)) return null;
        return UNREAD.test(view.reason) ? null : JSON.stringify(view);
      },
    );
  });

  it('of a mode that could not be read says so, and not that a release is missing', () => {
    const { desk } = traded();
    underEveryFault(
      desk,
      ({ gate }) => gate.mode(ACCEPTED),
      (seen) => {
        const { mode, case: row, reason, recorded } = seen as ReturnType<typeof desk.gate.mode>;
        if (mode === 'ACTIVE' && row === 'valid') return null;
        return row === 'unread' && recorded === null && UNREAD.test(reason) ? null : `${mode}, ${row}: ${reason}`;
      },
    );
  });
});
