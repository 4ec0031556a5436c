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
