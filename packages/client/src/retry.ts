import { onAbort, Status, type StatusCode } from "@nodetcd/grpc";
import type { Clock, Random } from "@nodetcd/runtime";
import { EtcdError } from "./errors.ts";
import type { RetryClass } from "./methods.ts";
import { MAX_ATTEMPTS, RETRY_WAIT_MAX_MS, RETRY_WAIT_MS } from "./limits.ts";

/** How failed calls are tried again. The rules of what may be tried again are fixed: `mayRetry`. */
export interface RetryOptions {
  /** Tries of one call, the first included; 1 never retries. Default 100. */
  maxAttempts?: number;
  /** Milliseconds to wait once every endpoint had its turn; doubles up to `maxWaitMs`. Default 25. */
  waitMs?: number;
  /** Milliseconds. Default 1,000. */
  maxWaitMs?: number;
}

export type RetryPolicy = Required<RetryOptions>;

export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  return {
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    waitMs: options.waitMs ?? RETRY_WAIT_MS,
    maxWaitMs: options.maxWaitMs ?? RETRY_WAIT_MAX_MS,
  };
}

/**
 * The rules of etcd's own client: a call that is repeatable is tried again whenever the server is
 * unavailable, or has given up by itself (a member without a leader answers with the code of a deadline
 * that nobody set); any other only when no server can have begun it, so that it never happens twice.
 * A learner serves nearly nothing and says so; another endpoint may.
 */
export function mayRetry(
  error: EtcdError,
  kind: RetryClass,
  { neverTaken, endpoints }: { readonly neverTaken: boolean; readonly endpoints: number },
): boolean {
  if (error.code === "CLIENT_CLOSED") return false;
  if (error.code === "NOT_SUPPORTED_FOR_LEARNER") return endpoints > 1;
  if (kind === "repeatable" && GAVE_UP.includes(error.status)) return true;
  return neverTaken && error.status === Status.UNAVAILABLE;
}

const GAVE_UP: readonly StatusCode[] = [
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.CANCELLED,
];

/** Milliseconds before the try with this number (1 is the second), jittered by 10 %. */
export function retryWait(
  policy: RetryPolicy,
  attempt: number,
  endpoints: number,
  random: Random,
): number {
  if (attempt % endpoints !== 0) return 0;
  const round = Math.min(30, attempt / endpoints - 1);
  const wait = Math.min(policy.maxWaitMs, policy.waitMs * 2 ** round);
  return wait * (0.9 + random.below(201) / 1_000);
}

/** The error of a call whose signal was aborted. */
export function abortedError(signal: AbortSignal): EtcdError {
  return new EtcdError("CANCELLED", "The call was cancelled by its signal", {
    status: Status.CANCELLED,
    cause: signal.reason,
  });
}

/** Waits; fails with `CANCELLED` as soon as the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortedError(signal));
    const timer = clock.setTimer(delayMs, () => {
      forget?.();
      resolve();
    });
    const forget =
      signal &&
      onAbort(signal, () => {
        timer.cancel();
        reject(abortedError(signal));
      });
  });
}
