import {
  type ChannelKeepalive,
  LocalTransport,
  type Services,
  type Transport,
} from "@nodetcd/grpc";
import { type Logger, type Runtime, silentLogger, type TlsClientOptions } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { Balancer } from "./balancer.ts";
import {
  type Check,
  checkOptions,
  isBoolean,
  isDuration,
  isFunction,
  isLogger,
  isObject,
  isPositive,
  isText,
  isTextOrTexts,
  type OptionChecks,
} from "./check.ts";
import type { CallObserver } from "./call-observer.ts";
import { Connection } from "./connection.ts";
import { connectEndpoint, type Endpoint, newEndpoint } from "./endpoint.ts";
import {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_TIMEOUT_MS,
  KEEPALIVE_INTERVAL_MS,
  KEEPALIVE_TIMEOUT_MS,
} from "./limits.ts";
import { Ordering } from "./ordering.ts";
import { retryPolicy, type RetryOptions } from "./retry.ts";

export interface KeepaliveOptions {
  /** Milliseconds of silence before a PING. Below 5,000 etcd cuts the client off. Default 5,500. */
  intervalMs?: number;
  /** Milliseconds without an answer until the connection is given up. Default 3,500. */
  timeoutMs?: number;
  /** Ask also while no call or watch is open. Servers may refuse that. Default false. */
  withoutCalls?: boolean;
}

export interface ClientOptions {
  /** Clock, randomness and network. Default: those of Node. */
  runtime?: Pick<Runtime, "clock" | "random" | "network">;
  /**
   * Members to talk to, as `http://host:port`, `host:port` or `unix:///path`, with TLS as `https://` or `unixs://`. Calls take
   * turns; an endpoint that cannot be reached is asked last for three seconds. Default `127.0.0.1:2379`.
   */
  endpoints?: string | readonly string[];
  /** A member in this process, called without a socket instead of `endpoints`. */
  services?: Services;
  /** Another way to a server instead of `endpoints`. Closed with the client. */
  transport?: Transport;
  /** Milliseconds for a unary call with all its retries. Default 10,000. */
  timeoutMs?: number;
  /** Milliseconds to wait for a TCP connection. Default 2,000. */
  connectTimeoutMs?: number;
  /**
   * When silent connections are asked by PING whether they live: a server that is frozen or cut off is left
   * within the two times. False: never. Default: as in `KeepaliveOptions`.
   */
  keepalive?: KeepaliveOptions | false;
  /**
   * TLS: roots, own certificate and key, name of the server. Endpoints without `http://` or `https://` have it when this is
   * there. A function is called for each connection, to bring certificates that were replaced. Default: the system's
   * roots, no certificate.
   */
  tls?: TlsClientOptions | (() => TlsClientOptions);
  /** User name and password where authentication is on. Default none. */
  credentials?: { name: string; password: string };
  /**
   * A token from elsewhere, such as a signed one (JWT). With `credentials` beside it another is asked for when it is no
   * good any more. Default none.
   */
  token?: string;
  retry?: RetryOptions;
  /**
   * Read again elsewhere what comes from a member that lags behind what this client has seen already: only `serializable` reads and
   * those of several endpoints can. Default false.
   */
  ordering?: boolean;
  /** Sees every unary call, for traces and metrics. Default: nobody. */
  onCall?: CallObserver;
  /** Gets warnings: broken streams, lost leases. Default: nobody. */
  logger?: Logger;
}

type Credentials = NonNullable<ClientOptions["credentials"]>;

const CREDENTIALS: OptionChecks<Credentials> = { name: isText, password: isText };
const RETRY: OptionChecks<RetryOptions> = {
  maxAttempts: isPositive,
  waitMs: isDuration,
  maxWaitMs: isDuration,
};
const KEEPALIVE: OptionChecks<KeepaliveOptions> = {
  intervalMs: isDuration,
  timeoutMs: isDuration,
  withoutCalls: isBoolean,
};

const isPem: Check = (value, name) => {
  if (!(value instanceof Uint8Array)) isText(value, name);
};
const TLS: OptionChecks<TlsClientOptions> = {
  ca: isPem,
  cert: isPem,
  key: isPem,
  serverName: isText,
  skipVerify: isBoolean,
  alpn: isTextOrTexts,
  minVersion: isText,
  maxVersion: isText,
  cipherSuites: isTextOrTexts,
};

/** An object with these options. */
function are<Options>(checks: OptionChecks<Options>): Check {
  return (value, name) => checkOptions(value as Options, checks, name);
}

const CLIENT_OPTIONS: OptionChecks<ClientOptions> = {
  runtime: isObject,
  endpoints: isTextOrTexts,
  services: isObject,
  transport: isObject,
  timeoutMs: isDuration,
  connectTimeoutMs: isDuration,
  keepalive: (value, name) => {
    if (value !== false) are(KEEPALIVE)(value, name);
  },
  tls: (value, name) => {
    if (typeof value !== "function") are(TLS)(value, name);
  },
  credentials: are(CREDENTIALS),
  token: isText,
  retry: are(RETRY),
  ordering: isBoolean,
  onCall: isFunction,
  logger: isLogger,
};

function keepaliveOf(options: KeepaliveOptions | false = {}): ChannelKeepalive | undefined {
  if (options === false) return undefined;
  return {
    intervalMs: options.intervalMs ?? KEEPALIVE_INTERVAL_MS,
    timeoutMs: options.timeoutMs ?? KEEPALIVE_TIMEOUT_MS,
    withoutCalls: options.withoutCalls ?? false,
  };
}

function servers(options: ClientOptions): Endpoint[] {
  const { runtime = nodeRuntime, services, endpoints = "127.0.0.1:2379" } = options;
  const { clock, network } = runtime;
  const transport =
    options.transport ?? (services === undefined ? undefined : new LocalTransport(services, clock));
  if (transport !== undefined) return [newEndpoint("local", transport)];
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, tls } = options;
  const keepalive = keepaliveOf(options.keepalive);
  return [endpoints]
    .flat()
    .map((text) => connectEndpoint(text, { network, clock, connectTimeoutMs, keepalive, tls }));
}

/** What all parts of a client share. Nothing is connected yet. Raises `BAD_ARGUMENT`. */
export function connect(options: ClientOptions): Connection {
  checkOptions(options, CLIENT_OPTIONS);
  const { clock, random } = options.runtime ?? nodeRuntime;
  return new Connection({
    balancer: new Balancer(servers(options), clock),
    onCall: options.onCall,
    ordering: options.ordering === true ? new Ordering() : undefined,
    connectTo:
      options.services === undefined && options.transport === undefined
        ? (url) => servers({ ...options, endpoints: url })[0]!
        : undefined,
    clock,
    random,
    logger: options.logger ?? silentLogger,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retry: retryPolicy(options.retry),
    credentials: options.credentials,
    token: options.token,
  });
}
