/** How much of the web host one caller, or all of them, may use. */

export interface WebLimits {
  /** Bytes of a request's body; the largest of the contract (10,000 ids of breaks) is about 700 KB. */
  readonly bodyBytesMax: number;
  /** Requests of one session: this many at once, and as many per second afterwards. */
  readonly sessionBurst: number;
  readonly sessionPerSecond: number;
  /** Requests without a session, of everybody together. */
  readonly strangerBurst: number;
  readonly strangerPerSecond: number;
  /** Open TCP connections. */
  readonly connectionsMax: number;
  /** Open event streams, in all and of one session. */
  readonly streamsMax: number;
  readonly sessionStreamsMax: number;
  /** Bytes that may wait for one slow event stream before it is closed; the page comes back and is told what it missed. */
  readonly streamBufferBytesMax: number;
}

export const WEB_LIMITS: WebLimits = {
  bodyBytesMax: 1024 * 1024,
  sessionBurst: 400,
  sessionPerSecond: 100,
  strangerBurst: 40,
  strangerPerSecond: 5,
  connectionsMax: 128,
  streamsMax: 32,
  sessionStreamsMax: 8,
  streamBufferBytesMax: 64 * 1024 * 1024,
};

/** A bucket that holds `burst` tokens and gains `perSecond` of them every second. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds, monotonic */
  constructor(burst: number, perSecond: number, now: () => number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#tokens = burst;
    this.#at = now();
  }

  take(): boolean {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
