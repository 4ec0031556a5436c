import type { Metadata } from "./metadata.ts";
import type { StatusCode } from "./status.ts";

export interface CallOptions {
  /** Names in lower case; values of `-bin` names already in base64. */
  metadata?: Metadata;
  /** Milliseconds until the call ends with DEADLINE_EXCEEDED; the server is told. Default: never. */
  timeoutMs?: number;
  /** Aborting it ends the call with CANCELLED. */
  signal?: AbortSignal;
}

/** How a call ended; OK is one of the codes. */
export interface CallStatus {
  readonly code: StatusCode;
  readonly message: string;
  readonly trailers: Metadata;
}

/** The client's end of a call. Handlers are set by the caller in the turn that made the stream. */
export interface ClientStream {
  /** Queues borrowed bytes that must not change any more. False: wait for `onDrain`. */
  send(message: Uint8Array): boolean;
  /** No more messages from this side. */
  halfClose(): void;
  /** Ends the call with CANCELLED, on both sides. */
  cancel(): void;
  /** Takes a borrowed message that never changes and may be kept. */
  onMessage: (message: Uint8Array) => void;
  onDrain: () => void;
  /** Called exactly once, last. */
  onEnd: (status: CallStatus) => void;
  /** Stops `onMessage` and `onEnd`; the server is held back once the window is used up. */
  pause(): void;
  resume(): void;
}

/** A way to reach services: over a socket (`Channel`) or in the same process (`LocalTransport`). */
export interface Transport {
  /** The reply, borrowed but never changed; fails with `RpcError`. `request` must not change. */
  unary(path: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  stream(path: string, options?: CallOptions): ClientStream;
  /** Ends all calls with UNAVAILABLE. Later ones fail. */
  close(): void;
}
