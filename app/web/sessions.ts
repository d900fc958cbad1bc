/**
 * Who may use the console: one-time links and the sessions that they open. A link holds 256 random bits and is spent by its
 * first use; the session that it opens lives in a cookie of its own 256 bits. Only hashes are kept, and they are compared in
 * constant time.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Session {
  /** `S1`, `S2`, ...: for the log and the screen, never a secret. */
  readonly id: string;
  readonly openedAt: number;
  lastUsedAt: number;
}

/** A session that was not used for this long is over. */
const IDLE_MS_MAX = 12 * 60 * 60 * 1000;
/** Beyond it the one that was used least recently goes. */
const SESSIONS_MAX = 16;
/** Links that nobody has used yet; beyond it the oldest goes. */
const LINKS_MAX = 16;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

const newSecret = (): string => randomBytes(32).toString('base64url');
const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** The entry whose secret has this digest. Every entry is compared, each in constant time. */
function find<T extends { readonly digest: Buffer }>(entries: readonly T[], secret: string): T | undefined {
  const wanted = digest(secret);
  let found: T | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.digest, wanted)) found = entry;
  return found;
}

export class Sessions {
  readonly #now: () => number;
  readonly #onEnd: (session: Session) => void;
  readonly #cookie: string;
  #links: { readonly digest: Buffer }[] = [];
  #open: { readonly digest: Buffer; readonly session: Session }[] = [];
  #count = 0;

  /** @param cookie the cookie's name; ports share a browser's cookies, so it holds the port. */
  constructor(cookie: string, now: () => number, onEnd: (session: Session) => void) {
    this.#cookie = cookie;
    this.#now = now;
    this.#onEnd = onEnd;
  }

  /** The token of a new link. It is nowhere else. */
  mint(): string {
    const token = newSecret();
    this.#links.push({ digest: digest(token) });
    if (this.#links.length > LINKS_MAX) this.#links.shift();
    return token;
  }

  /**
   * Spends a link and opens a session; null where the token opens nothing. The session that the browser had before ends.
   * @returns the value of the Set-Cookie header
   */
  enter(token: string, cookieHeader: string | undefined): string | null {
    const link = SECRET.test(token) ? find(this.#links, token) : undefined;
    if (!link) return null;
    this.#links = this.#links.filter((other) => other !== link);
    const before = this.of(cookieHeader);
    if (before) this.#end(before);
    const oldest = [...this.#open].sort((a, b) => a.session.lastUsedAt - b.session.lastUsedAt)[0];
    if (oldest && this.#open.length >= SESSIONS_MAX) this.#end(oldest.session);
    this.#count += 1;
    const secret = newSecret();
    const now = this.#now();
    this.#open.push({ digest: digest(secret), session: { id: `S${this.#count}`, openedAt: now, lastUsedAt: now } });
    return `${this.#cookie}=${secret}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** The session of a request's Cookie header. */
  of(cookieHeader: string | undefined): Session | null {
    const now = this.#now();
    for (const { session } of this.#open) if (now - session.lastUsedAt > IDLE_MS_MAX) this.#end(session);
    for (const part of (cookieHeader ?? '').split(';')) {
      const at = part.indexOf('=');
      const secret = part.slice(at + 1).trim();
      if (at < 0 || part.slice(0, at).trim() !== this.#cookie || !SECRET.test(secret)) continue;
      const found = find(this.#open, secret);
      if (!found) continue;
      found.session.lastUsedAt = now;
      return found.session;
    }
    return null;
  }

  list(): readonly Session[] {
    return this.#open.map((entry) => entry.session);
  }

  #end(session: Session): void {
    this.#open = this.#open.filter((entry) => entry.session !== session);
    this.#onEnd(session);
  }
}
