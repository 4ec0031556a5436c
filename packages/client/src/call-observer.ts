import { channel } from "node:diagnostics_channel";
import type { Clock } from "@nodetcd/runtime";
import type { EtcdError } from "./errors.ts";

/** A unary call that begins. */
export interface BegunCall {
  /** `/etcdserverpb.KV/Put`. */
  readonly method: string;
  /** Sent with the call: put `traceparent` here. Names in lower case. */
  readonly metadata: Map<string, string>;
}

/** How a unary call ended, with all its tries. */
export interface EndedCall {
  /** Undefined: well. */
  readonly error: EtcdError | undefined;
  /** Tries, the first included. */
  readonly attempts: number;
  /** Which endpoint was asked last; empty when none was. */
  readonly endpoint: string;
}

/**
 * Sees every unary call of a client, for traces, metrics or a diagnostics channel. What it answers is called once, at
 * the end. It must not throw.
 */
export type CallObserver = (call: BegunCall) => ((end: EndedCall) => void) | undefined;

/** What is published on the diagnostics channel `CALL_CHANNEL` when a unary call of any client has ended. */
export interface PublishedCall extends EndedCall {
  readonly method: string;
  /** From the call to its answer, with all its tries. */
  readonly durationMs: number;
}

/** `node:diagnostics_channel`: `subscribe(CALL_CHANNEL, (call) => ...)`. */
export const CALL_CHANNEL = "nodetcd.client.call";

const calls = channel(CALL_CHANNEL);

/** Who sees the next call: the client's own observer, and the channel while somebody has subscribed. */
export function observerOf(own: CallObserver | undefined, clock: Clock): CallObserver | undefined {
  if (!calls.hasSubscribers) return own;
  return (call) => {
    const begun = clock.monotonic();
    const onEnd = own?.(call);
    return (end) => {
      onEnd?.(end);
      const durationMs = clock.monotonic() - begun;
      calls.publish({ method: call.method, ...end, durationMs } satisfies PublishedCall);
    };
  };
}
