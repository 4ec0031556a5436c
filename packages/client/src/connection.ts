import { type ClientStream, EMPTY_METADATA, type Metadata, Status } from "@nodetcd/grpc";
import { type Init, METHODS } from "@nodetcd/messages";
import type { Clock, Logger, Random } from "@nodetcd/runtime";
import type { Balancer, Endpoint } from "./balancer.ts";
import { EtcdError, toEtcdError } from "./errors.ts";
import { RETRY_CLASS, type UnaryMethod } from "./methods.ts";
import { abortedError, mayRetry, pause, retryWait, type RetryPolicy } from "./retry.ts";

/** What can be said about any single call. */
export interface CallOptions {
  /**
   * Milliseconds for the call with all its retries; `Infinity` for no deadline. Default: the client's
   * `timeoutMs`.
   */
  timeoutMs?: number;
  /** Aborting it ends the call with `CANCELLED`. A write may have happened nevertheless. */
  signal?: AbortSignal;
  /** Ask this one endpoint, not the next in turn; must be one of the client's. */
  endpoint?: string;
}

export interface PreparedStream {
  open(): ClientStream;
  /** Lets the endpoint rest: it could not be reached. */
  failed(): void;
}

export interface ConnectionSettings {
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly credentials: { readonly name: string; readonly password: string } | undefined;
}

/** The texts after which a fresh token helps (etcd.md: section Retry). */
const STALE_TOKEN = ["INVALID_AUTH_TOKEN", "AUTH_OLD_REVISION", "USER_NAME_EMPTY"];

/** Calls with deadline, choice of endpoint, retries and token; shared by all parts of a client. */
export class Connection {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly #settings: ConnectionSettings;
  readonly #closing = new Set<() => void>();
  #token: Promise<Metadata> | undefined;
  #closed = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.clock = settings.clock;
    this.random = settings.random;
    this.logger = settings.logger;
  }

  get endpoints(): string[] {
    return this.#settings.balancer.addresses;
  }

  /** One unary call. `request` is borrowed until the first await; the reply is owned. */
  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options: CallOptions = {},
  ): Promise<Response> {
    const bytes = method.request.encode(request);
    const { clock, retry, balancer } = this.#settings;
    const deadline = clock.monotonic() + (options.timeoutMs ?? this.#settings.timeoutMs);
    let reauthenticated = false;
    for (let attempt = 1; ; attempt++) {
      const endpoint = this.#choose(options);
      const { error, neverTaken, reply } = await this.#try(
        endpoint,
        method,
        bytes,
        options,
        deadline,
      );
      if (reply !== undefined) return method.response.decode(reply);
      if (options.signal?.aborted === true) throw abortedError(options.signal);
      if (this.#hasStaleToken(error) && !reauthenticated) {
        reauthenticated = true;
        this.#token = undefined;
        continue;
      }
      const wait = retryWait(
        retry,
        attempt,
        options.endpoint === undefined ? balancer.size : 1,
        this.random,
      );
      const outOfTime = clock.monotonic() + wait >= deadline;
      if (
        attempt >= retry.maxAttempts ||
        outOfTime ||
        !mayRetry(error, RETRY_CLASS[method.path], neverTaken)
      ) {
        throw error;
      }
      if (wait > 0) await pause(clock, wait, options.signal);
    }
  }

  /**
   * Prepares a stream, which is not retried; its user knows how to go on after a break. Handlers must
   * be set in the turn that calls `open`.
   */
  async stream(
    path: string,
    options: { metadata?: Metadata; endpoint?: string } = {},
  ): Promise<PreparedStream> {
    const endpoint = this.#choose(options);
    const token = await this.#metadata(endpoint, this.#settings.timeoutMs);
    this.#checkOpen();
    const metadata = new Map([...token, ...(options.metadata ?? EMPTY_METADATA)]);
    return {
      open: () => endpoint.transport.stream(path, { metadata }),
      failed: () => this.#settings.balancer.failed(endpoint),
    };
  }

  /** Forgets the token, so that the next call or stream asks for a fresh one. */
  forgetToken(error: EtcdError): boolean {
    if (!this.#hasStaleToken(error)) return false;
    this.#token = undefined;
    return true;
  }

  /** Registers what must be ended when the client is closed; returns how to take it back. */
  onClose(end: () => void): () => void {
    this.#checkOpen();
    this.#closing.add(end);
    return () => void this.#closing.delete(end);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#closing) end();
    this.#closing.clear();
    this.#settings.balancer.close();
  }

  #checkOpen(): void {
    if (!this.#closed) return;
    throw new EtcdError("CLIENT_CLOSED", "The client is closed", { status: Status.CANCELLED });
  }

  #choose(options: { endpoint?: string }): Endpoint {
    this.#checkOpen();
    const { balancer } = this.#settings;
    return options.endpoint === undefined ? balancer.pick() : balancer.named(options.endpoint);
  }

  async #try<Request, Response>(
    endpoint: Endpoint,
    method: UnaryMethod<Request, Response>,
    bytes: Uint8Array,
    options: CallOptions,
    deadline: number,
  ): Promise<
    | { reply: Uint8Array; error?: undefined; neverTaken?: undefined }
    | { reply?: undefined; error: EtcdError; neverTaken: boolean }
  > {
    try {
      const metadata =
        method.path === METHODS.Auth.Authenticate.path
          ? EMPTY_METADATA
          : await this.#metadata(endpoint, deadline - this.clock.monotonic());
      const reply = await endpoint.transport.unary(method.path, bytes, {
        metadata,
        ...(deadline === Number.POSITIVE_INFINITY
          ? {}
          : { timeoutMs: Math.max(1, deadline - this.clock.monotonic()) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      return { reply };
    } catch (cause) {
      if (this.#closed) {
        const message = "The client was closed while the call was under way";
        const closed = new EtcdError("CLIENT_CLOSED", message, { cause });
        return { error: closed, neverTaken: false };
      }
      const error = toEtcdError(cause);
      if (error.status === Status.UNAVAILABLE) this.#settings.balancer.failed(endpoint);
      return { error, neverTaken: wasNeverTaken(error) };
    }
  }

  #hasStaleToken(error: EtcdError): boolean {
    return this.#settings.credentials !== undefined && STALE_TOKEN.includes(error.code);
  }

  #metadata(endpoint: Endpoint, timeoutMs: number): Promise<Metadata> | Metadata {
    const { credentials } = this.#settings;
    if (credentials === undefined) return EMPTY_METADATA;
    this.#token ??= this.call(METHODS.Auth.Authenticate, credentials, {
      timeoutMs,
      endpoint: endpoint.address,
    }).then(
      ({ token }) => new Map([["token", token]]),
      (error: unknown) => {
        this.#token = undefined;
        throw error;
      },
    );
    return this.#token;
  }
}

/** How a `Channel` says that no server took the call up: the first in the words of grpc-go. */
const NEVER_TAKEN = [
  'connection error: desc = "transport: Error while dialing',
  // Streams behind the last one of a GOAWAY, and refused ones (RFC 9113 section 8.7).
  "the server sent GOAWAY with code ",
  "the server refused the stream",
];

/** True when no server has begun to process the call. */
function wasNeverTaken({ code, message }: EtcdError): boolean {
  return code === "UNAVAILABLE" && NEVER_TAKEN.some((text) => message.startsWith(text));
}
