import { EMPTY_METADATA, type Metadata, Status } from "@nodetcd/grpc";
import { type Init, METHODS, ServingStatus } from "@nodetcd/messages";
import type { Clock, Logger, Random } from "@nodetcd/runtime";
import type { CallOptions } from "./call-options.ts";
import { type CallObserver, observerOf } from "./call-observer.ts";
import type { Calls, PreparedStream } from "./calls.ts";
import type { Balancer } from "./balancer.ts";
import type { Endpoint } from "./endpoint.ts";
import { EtcdError, toEtcdError } from "./errors.ts";
import { PROBE_TIMEOUT_MS, RELEASE_AT_CLOSE_MS } from "./limits.ts";
import type { Ordering } from "./ordering.ts";
import { RETRY_CLASS, type UnaryMethod } from "./methods.ts";
import { abortedError, mayRetry, pause, retryWait, type RetryPolicy } from "./retry.ts";
import { Tokens } from "./tokens.ts";

export interface ConnectionSettings {
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly onCall: CallObserver | undefined;
  /** Undefined: answers are given out as they come. */
  readonly ordering?: Ordering | undefined;
  /** Makes an endpoint of a URL; undefined where there are no sockets. */
  readonly connectTo: ((url: string) => Endpoint) | undefined;
  readonly credentials: { readonly name: string; readonly password: string } | undefined;
  /** Instead of one that the credentials bring. */
  readonly token?: string | undefined;
}

/** What `onCall` is told at the end, and what it gave for the way. */
interface Trace {
  attempts: number;
  endpoint: string;
  metadata: ReadonlyMap<string, string> | undefined;
}

/** How one try ended: with a reply, or not. */
type Tried =
  | { readonly reply: Uint8Array; readonly error?: undefined }
  | { readonly reply?: undefined; readonly error: EtcdError; readonly neverTaken: boolean };

/** Calls with deadline, choice of endpoint, retries and token; shared by all parts of a client. */
export class Connection implements Calls {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly #settings: ConnectionSettings;
  readonly #tokens: Tokens;
  readonly watches: Set<() => void> = new Set();
  readonly #ends = new Set<() => void>();
  readonly #releases = new Set<() => Promise<void>>();
  #closed = false;
  /** Resolves when it was closed and the connections have ended. */
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.clock = settings.clock;
    this.random = settings.random;
    this.logger = settings.logger;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#tokens = new Tokens(this.#authenticator(settings));
    settings.balancer.probe = (endpoint) => void this.#probe(endpoint);
  }

  get root(): Calls {
    return this;
  }

  /** Takes these endpoints instead: client URLs of members. */
  replaceEndpoints(urls: readonly string[]): void {
    const { balancer, connectTo } = this.#settings;
    if (connectTo === undefined) return;
    const endpoints = urls.map((url) => connectTo(url));
    balancer.replace(
      endpoints.map(({ address }) => address),
      (address) => endpoints.find((one) => one.address === address)!,
    );
  }

  /** Gives the token that was brought along, and asks for others where there are credentials. */
  #authenticator({
    credentials,
    token,
  }: ConnectionSettings): ((timeoutMs: number) => Promise<string>) | undefined {
    if (credentials === undefined) return token === undefined ? undefined : async () => token;
    let given = token;
    return async (timeoutMs) => {
      const first = given;
      given = undefined;
      if (first !== undefined) return first;
      return (await this.call(METHODS.Auth.Authenticate, credentials, { timeoutMs })).token;
    };
  }

  get endpoints(): string[] {
    return this.#settings.balancer.addresses;
  }

  /**
   * One unary call. `request` is borrowed until the first await; the reply is owned. `last`: it may be made
   * while the client is being closed.
   */
  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options: CallOptions = {},
    last?: "last",
  ): Promise<Response> {
    const onCall = observerOf(this.#settings.onCall, this.clock);
    const trace: Trace = { attempts: 0, endpoint: "", metadata: undefined };
    if (onCall === undefined) return await this.#run(method, request, options, last, trace);
    const metadata = new Map<string, string>();
    const onEnd = onCall({ method: method.path, metadata });
    trace.metadata = metadata;
    try {
      const response = await this.#run(method, request, options, last, trace);
      onEnd?.({ error: undefined, attempts: trace.attempts, endpoint: trace.endpoint });
      return response;
    } catch (cause) {
      const error = toEtcdError(cause);
      onEnd?.({ error, attempts: trace.attempts, endpoint: trace.endpoint });
      throw error;
    }
  }

  async #run<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options: CallOptions,
    last: "last" | undefined,
    trace: Trace,
  ): Promise<Response> {
    const bytes = method.request.encode(request);
    const { clock, retry, balancer, ordering } = this.#settings;
    const deadline = clock.monotonic() + (options.timeoutMs ?? this.#settings.timeoutMs);
    let reauthenticated = false;
    for (let attempt = 1; ; attempt++) {
      const endpoint = this.#choose(options, last);
      trace.attempts = attempt;
      trace.endpoint = endpoint.address;
      const tried = await this.#try(endpoint, method, bytes, { ...options, deadline, trace });
      if (tried.reply !== undefined) {
        const response = method.response.decode(tried.reply);
        const count = options.endpoint === undefined ? balancer.size : 1;
        if (ordering?.accepts(method.path, response, attempt, count) ?? true) return response;
        await pause(clock, retryWait(retry, attempt, count, this.random), options.signal);
        continue;
      }
      const { error, neverTaken } = tried;
      if (options.signal?.aborted === true) throw abortedError(options.signal);
      if (!reauthenticated && this.#tokens.renew(error)) {
        reauthenticated = true;
        continue;
      }
      const endpoints = options.endpoint === undefined ? balancer.size : 1;
      const wait = retryWait(retry, attempt, endpoints, this.random);
      const outOfTime = clock.monotonic() + wait >= deadline;
      const may = mayRetry(error, RETRY_CLASS[method.path], { neverTaken, endpoints });
      if (attempt >= retry.maxAttempts || outOfTime || !may) throw error;
      this.logger.debug("call failed, trying again", {
        method: method.path,
        endpoint: endpoint.address,
        attempt,
        error: error.message,
      });
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
    const token = await this.#tokens.metadata(this.#settings.timeoutMs);
    this.#checkOpen();
    const metadata = new Map([...token, ...(options.metadata ?? EMPTY_METADATA)]);
    return {
      open: () => endpoint.transport.stream(path, { metadata }),
      failed: () => this.#settings.balancer.failed(endpoint),
    };
  }

  /** Forgets a token that is no good any more. True: it is worth another try. */
  forgetToken(error: EtcdError): boolean {
    return this.#tokens.renew(error);
  }

  /** Registers what must be ended when the client is closed; returns how to take it back. */
  onClose(end: () => void): () => void {
    if (this.closed) queueMicrotask(end);
    else this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Registers what is given up, by `last` calls, before connections end; returns how to take it back. */
  beforeClose(release: () => Promise<void>): () => void {
    this.#releases.add(release);
    return () => void this.#releases.delete(release);
  }

  /** True from when `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** See `Client.close`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
    void this.#release();
  }

  async #release(): Promise<void> {
    if (this.#releases.size > 0) {
      const all = Promise.allSettled([...this.#releases].map((release) => release()));
      await new Promise<void>((resolve) => {
        const timer = this.clock.setTimer(RELEASE_AT_CLOSE_MS, resolve);
        void all.then(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    this.#settings.balancer.close();
    this.#resolveEnded();
  }

  #checkOpen(last?: "last"): void {
    if (!this.closed || last !== undefined) return;
    throw new EtcdError("CLIENT_CLOSED", "The client is closed", { status: Status.CANCELLED });
  }

  #choose(options: { endpoint?: string }, last?: "last"): Endpoint {
    this.#checkOpen(last);
    const { balancer } = this.#settings;
    return options.endpoint === undefined ? balancer.pick() : balancer.named(options.endpoint);
  }

  async #try<Request, Response>(
    endpoint: Endpoint,
    method: UnaryMethod<Request, Response>,
    bytes: Uint8Array,
    {
      signal,
      deadline,
      trace,
    }: { signal?: AbortSignal; readonly deadline: number; readonly trace: Trace },
  ): Promise<Tried> {
    const { balancer } = this.#settings;
    const left = (): number => Math.max(1, deadline - this.clock.monotonic());
    try {
      const asksToken = method.path === METHODS.Auth.Authenticate.path;
      const metadata = asksToken ? this.#tokens.none : await this.#tokens.metadata(left());
      const reply = await endpoint.transport.unary(method.path, bytes, {
        metadata:
          trace.metadata === undefined ? metadata : new Map([...metadata, ...trace.metadata]),
        ...(deadline === Number.POSITIVE_INFINITY ? {} : { timeoutMs: left() }),
        ...(signal === undefined ? {} : { signal }),
      });
      balancer.reached(endpoint);
      return { reply };
    } catch (cause) {
      if (this.#closed) {
        const message = "The client was closed while the call was under way";
        return { error: new EtcdError("CLIENT_CLOSED", message, { cause }), neverTaken: false };
      }
      const error = toEtcdError(cause);
      // Without an answer for all of its time: a server that is stopped, or a network that swallows.
      const silent = error.code === "DEADLINE_EXCEEDED" && this.clock.monotonic() >= deadline;
      if (error.status === Status.UNAVAILABLE || silent) balancer.failed(endpoint);
      return { error, neverTaken: wasNeverTaken(error) };
    }
  }

  /** Whatever it answers, it is there; unless it says that it does not serve. */
  async #probe(endpoint: Endpoint): Promise<void> {
    const { balancer } = this.#settings;
    const { path, request, response } = METHODS.Health.Check;
    try {
      const bytes = request.encode({ service: "" });
      const options = { timeoutMs: PROBE_TIMEOUT_MS };
      const { status } = response.decode(await endpoint.transport.unary(path, bytes, options));
      if (status === ServingStatus.NOT_SERVING) balancer.failed(endpoint);
      else balancer.reached(endpoint);
    } catch (cause) {
      const { status } = toEtcdError(cause);
      const gone = status === Status.UNAVAILABLE || status === Status.DEADLINE_EXCEEDED;
      if (gone) balancer.failed(endpoint);
      else balancer.reached(endpoint);
    }
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
