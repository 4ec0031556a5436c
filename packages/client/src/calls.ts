import type { ClientStream, Metadata } from "@nodetcd/grpc";
import type { Init } from "@nodetcd/messages";
import type { Clock, Logger, Random } from "@nodetcd/runtime";
import type { CallOptions } from "./call-options.ts";
import type { EtcdError } from "./errors.ts";
import type { UnaryMethod } from "./methods.ts";

export interface PreparedStream {
  open(): ClientStream;
  /** Lets the endpoint rest: it could not be reached. */
  failed(): void;
}

/** What all parts of a client are made of: calls to the servers, or to a part of their keys. */
export interface Calls {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly endpoints: string[];
  /** True from when `close` was called. */
  readonly closed: boolean;
  /** Resolves when it was closed and the connections have ended. */
  readonly ended: Promise<void>;
  /** The calls with all keys, outside of any namespace. */
  readonly root: Calls;
  /**
   * One unary call. `request` is borrowed until the first await; the reply is owned. `last`: it may be made
   * while the client is being closed.
   */
  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options?: CallOptions,
    last?: "last",
  ): Promise<Response>;
  /**
   * Prepares a stream, which is not retried; its user knows how to go on after a break. Handlers must
   * be set in the turn that calls `open`.
   */
  stream(
    path: string,
    options?: { metadata?: Metadata; endpoint?: string },
  ): Promise<PreparedStream>;
  /** Forgets a token that is no good any more. True: it is worth another try. */
  forgetToken(error: EtcdError): boolean;
  /** Registers what must be ended when the client is closed; returns how to take it back. */
  onClose(end: () => void): () => void;
  /** Registers what is given up, by `last` calls, before connections end; returns how to take it back. */
  beforeClose(release: () => Promise<void>): () => void;
  /** What ends each watch that is open, without an error. */
  readonly watches: Set<() => void>;
  /** Takes these endpoints instead: client URLs of members. */
  replaceEndpoints(urls: readonly string[]): void;
  /** See `Client.close`. */
  close(): void;
}
