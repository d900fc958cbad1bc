import { expect, test } from 'vitest';
import { TokenBucket } from './limits.ts';
import { type Session, Sessions } from './sessions.ts';

function desk() {
  let now = 0;
  const ended: string[] = [];
  const sessions = new Sessions(
    'rearm-1',
    () => now,
    (session: Session) => ended.push(session.id),
  );
  return {
    sessions,
    ended,
    at: (ms: number) => {
      now = ms;
    },
  };
}
const pair = (setCookie: string | null): string => String(setCookie).split(';')[0]!;

test('a link opens one session, once; its cookie is not the token', () => {
  const { sessions } = desk();
  const token = sessions.mint();
  expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  const cookie = sessions.enter(token, undefined);
  expect(cookie).toMatch(/^rearm-1=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  expect(cookie).not.toContain(token);
  expect(sessions.of(pair(cookie))?.id).toBe('S1');
  expect(sessions.enter(token, undefined)).toBeNull();
});

test('two links are two sessions, and a token or a cookie that is not one opens nothing', () => {
  const { sessions } = desk();
  const first = sessions.enter(sessions.mint(), undefined);
  const second = sessions.enter(sessions.mint(), undefined);
  expect([sessions.of(pair(first))?.id, sessions.of(pair(second))?.id]).toEqual(['S1', 'S2']);
  sessions.mint();
  for (const token of ['', 'x'.repeat(43), pair(first).slice(8), '\0']) expect(sessions.enter(token, undefined)).toBeNull();
  for (const cookie of [
    undefined,
    '',
    'rearm-1',
    'rearm-1=',
    `rearm-2=${pair(first).slice(8)}`,
    `rearm-1=${'x'.repeat(43)}`,
    `x${pair(first)}`,
  ]) {
    expect(sessions.of(cookie)).toBeNull();
  }
  expect(sessions.of(`other=1; ${pair(second)} ; more=2`)?.id).toBe('S2');
});

test('a browser that enters again gives its former session up', () => {
  const { sessions, ended } = desk();
  const first = sessions.enter(sessions.mint(), undefined);
  const second = sessions.enter(sessions.mint(), pair(first));
  expect(ended).toEqual(['S1']);
  expect(sessions.of(pair(first))).toBeNull();
  expect(sessions.of(pair(second))?.id).toBe('S2');
});

test('a session that is not used for twelve hours is over; one that is used goes on', () => {
  const { sessions, ended, at } = desk();
  const hour = 3_600_000;
  const used = pair(sessions.enter(sessions.mint(), undefined));
  const unused = pair(sessions.enter(sessions.mint(), undefined));
  at(11 * hour);
  expect(sessions.of(used)?.id).toBe('S1');
  at(13 * hour);
  expect(sessions.of(unused)).toBeNull();
  expect(sessions.of(used)?.id).toBe('S1');
  expect(ended).toEqual(['S2']);
});

test('there are never more than sixteen sessions and sixteen unused links', () => {
  const { sessions, ended, at } = desk();
  const oldest = sessions.mint();
  for (let count = 0; count < 16; count += 1) sessions.mint();
  expect(sessions.enter(oldest, undefined)).toBeNull();
  for (let count = 0; count < 17; count += 1) {
    at(count);
    sessions.enter(sessions.mint(), undefined);
  }
  expect(sessions.list()).toHaveLength(16);
  expect(ended).toEqual(['S1']);
});

test('a bucket gives its burst at once, then what time brings', () => {
  let now = 0;
  const bucket = new TokenBucket(3, 2, () => now);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  now = 499;
  expect(bucket.take()).toBe(false);
  now = 501;
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  now = 1e9;
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
});
