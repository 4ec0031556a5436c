import { type Clock, sleep } from "@nodetcd/runtime";
import { AuthError } from "./errors.ts";
import {
  LOGIN_FAILURES_FORGOTTEN_MS,
  LOGIN_FAILURES_FREE_ADDRESS,
  LOGIN_FAILURES_FREE_USER,
  LOGIN_FAILURES_KEPT_MAX,
  LOGIN_FIRST_DELAY_MS,
  LOGIN_WAIT_MAX_MS,
  LOGINS_DELAYED_MAX,
} from "./limits.ts";

interface Failures {
  count: number;
  /** When the last one was. */
  lastMs: number;
  /** When the next attempt may begin; of addresses alone. */
  nextMs: number;
}

/** Who failed lately, in a table of bounded size: the one that failed longest ago is forgotten first. */
class FailureTable {
  readonly #entries = new Map<string, Failures>();

  /** As it is now: half as many for each `LOGIN_FAILURES_FORGOTTEN_MS` without another. */
  get(name: string, nowMs: number): Failures | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const halvings = Math.floor((nowMs - entry.lastMs) / LOGIN_FAILURES_FORGOTTEN_MS);
    if (halvings === 0) return entry;
    entry.count = Math.floor(entry.count / 2 ** halvings);
    entry.lastMs += halvings * LOGIN_FAILURES_FORGOTTEN_MS;
    if (entry.count > 0) return entry;
    this.#entries.delete(name);
    return undefined;
  }

  add(name: string, nowMs: number): void {
    const entry = this.get(name, nowMs) ?? { count: 0, lastMs: nowMs, nextMs: 0 };
    entry.count++;
    entry.lastMs = nowMs;
    this.#entries.delete(name);
    if (this.#entries.size >= LOGIN_FAILURES_KEPT_MAX) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    this.#entries.set(name, entry);
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }
}

/**
 * Slows the guessing of passwords. After some failures each attempt for that user waits, twice as long with each
 * further failure, up to `maxDelayMs`; attempts of an address that failed begin one after the other, so far apart.
 * Nobody is locked out: the right password works, after the wait. Whether a user exists makes no difference.
 */
export class FailedLogins {
  /** Logins that failed, and logins that had to wait. */
  failed = 0;
  delayed = 0;
  readonly #clock: Clock;
  readonly #maxDelayMs: number;
  readonly #users = new FailureTable();
  readonly #addresses = new FailureTable();
  #waiting = 0;

  /** `maxDelayMs` 0: failures are counted, and nobody waits. */
  constructor(clock: Clock, maxDelayMs: number) {
    this.#clock = clock;
    this.#maxDelayMs = maxDelayMs;
  }

  /** Resolves when the attempt may begin. `address` "" is nowhere. Raises `TOO_MANY_LOGINS`. */
  async wait(user: string, address: string): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const ofUser = this.#delay(this.#users.get(user, nowMs), LOGIN_FAILURES_FREE_USER);
    const source = this.#addresses.get(address, nowMs);
    const apart = this.#delay(source, LOGIN_FAILURES_FREE_ADDRESS);
    const beginMs = apart === 0 ? nowMs : Math.max(nowMs, source?.nextMs ?? 0) + apart;
    const delayMs = Math.max(ofUser, beginMs - nowMs);
    if (delayMs === 0) return;
    if (delayMs > LOGIN_WAIT_MAX_MS + this.#maxDelayMs || this.#waiting >= LOGINS_DELAYED_MAX) {
      throw new AuthError("TOO_MANY_LOGINS");
    }
    if (source !== undefined) source.nextMs = beginMs;
    this.delayed++;
    this.#waiting++;
    await sleep(this.#clock, delayMs);
    this.#waiting--;
  }

  #delay(failures: Failures | undefined, free: number): number {
    const beyond = (failures?.count ?? 0) - free;
    if (beyond <= 0) return 0;
    return Math.min(this.#maxDelayMs, LOGIN_FIRST_DELAY_MS * 2 ** Math.min(beyond - 1, 30));
  }

  /** A login failed. */
  add(user: string, address: string): void {
    const nowMs = this.#clock.monotonic();
    this.failed++;
    this.#users.add(user, nowMs);
    if (address !== "") this.#addresses.add(address, nowMs);
  }

  /** A login went well. Its address is forgiven by time alone: it may have a password of its own. */
  forgive(user: string): void {
    this.#users.delete(user);
  }
}
