import { MonotonicMap } from "@nodetcd/bytes";
import type { Clock, Timer } from "@nodetcd/runtime";
import { RequestError, type RequestErrorCode } from "../errors.ts";
import { PROPOSALS_MAX, PROPOSAL_BYTES_MAX } from "../limits.ts";
import { Stopwatch } from "../measure/stopwatch.ts";

/** Who is told how a proposed request went: exactly one of the two is called, once. */
export interface Waiter {
  /** The encoded reply, memory that never changes. */
  succeed(reply: Uint8Array): void;
  fail(error: RequestError): void;
  /** Written by `InFlight`: the time at which it is given up, on the monotonic clock. */
  deadline: number;
  /** Written by `InFlight`: what it counts for in the bound on bytes. */
  bytes: number;
}

/** How often requests are looked at that have waited for too long, in milliseconds. */
const SWEEP_INTERVAL_MS = 500;

/**
 * Requests that were proposed and not answered yet, by the suffix of their id. Bounded by number
 * and bytes; one that is not applied in time is answered `request timed out` (and may yet be
 * applied, as always in etcd), with the cause where there is one to be named.
 */
export class InFlight {
  readonly #waiters = new MonotonicMap<Waiter>();
  readonly #clock: Clock;
  readonly #watch: Stopwatch;
  readonly #timeoutMs: number;
  readonly #causeOf: (start: number) => RequestErrorCode;
  readonly #sweep: Timer;
  #bytes = 0;
  /** Requests that were given up or refused. */
  failed = 0;

  /** `causeOf`: why one that was proposed at `start`, on the monotonic clock, was not applied in time. */
  constructor(
    clock: Clock,
    timeoutMs: number,
    causeOf: (start: number) => RequestErrorCode = () => "TIMEOUT",
  ) {
    this.#causeOf = causeOf;
    this.#clock = clock;
    this.#watch = new Stopwatch(clock);
    this.#timeoutMs = timeoutMs;
    this.#sweep = clock.setRepeating(SWEEP_INTERVAL_MS, () => this.#giveUp());
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Raises `TOO_MANY_REQUESTS` when no more are taken. */
  assertRoom(): void {
    if (this.#waiters.size < PROPOSALS_MAX && this.#bytes < PROPOSAL_BYTES_MAX) return;
    this.failed++;
    throw new RequestError("TOO_MANY_REQUESTS");
  }

  add(suffix: number, bytes: number, waiter: Waiter): void {
    waiter.deadline = this.#watch.recent() + this.#timeoutMs;
    waiter.bytes = bytes;
    this.#bytes += bytes;
    this.#waiters.add(suffix, waiter);
  }

  isWaiting(suffix: number): boolean {
    return this.#waiters.get(suffix) !== undefined;
  }

  /** The waiter of a request, which the caller must now answer; undefined when nobody waits. */
  take(suffix: number): Waiter | undefined {
    const waiter = this.#waiters.delete(suffix);
    if (waiter !== undefined) this.#bytes -= waiter.bytes;
    return waiter;
  }

  /** Waiters are kept in the order of their deadlines, so only overdue ones are visited. */
  #giveUp(): void {
    const now = this.#clock.monotonic();
    for (;;) {
      const suffix = this.#waiters.firstKey();
      if (suffix === undefined || this.#waiters.get(suffix)!.deadline > now) return;
      this.failed++;
      const waiter = this.take(suffix)!;
      waiter.fail(new RequestError(this.#causeOf(waiter.deadline - this.#timeoutMs)));
    }
  }

  /** Answers everybody who still waits with `error`, and stops. */
  close(error: RequestError): void {
    this.#sweep.cancel();
    const waiting = this.#waiters.values();
    this.#waiters.clear();
    this.#bytes = 0;
    for (const waiter of waiting) waiter.fail(error);
  }
}
