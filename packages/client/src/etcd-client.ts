import { LocalTransport, type Services, type Transport } from "@nodetcd/grpc";
import type { Init } from "@nodetcd/messages";
import { type Logger, type Runtime, silentLogger } from "@nodetcd/runtime";
import { Auth } from "./auth.ts";
import { Balancer, connectEndpoint, type Endpoint } from "./balancer.ts";
import type { BytesLike } from "./bytes-like.ts";
import { Cluster } from "./cluster.ts";
import { type CallOptions, Connection } from "./connection.ts";
import { Election } from "./election.ts";
import { Kv } from "./kv.ts";
import { Leases } from "./lease.ts";
import { DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_TIMEOUT_MS } from "./limits.ts";
import { type Lock, lock, type LockOptions } from "./lock.ts";
import { Maintenance } from "./maintenance.ts";
import type { UnaryMethod } from "./methods.ts";
import type { Parts } from "./ownership.ts";
import { retryPolicy, type RetryOptions } from "./retry.ts";
import type { TxnBuilder } from "./txn.ts";
import { watch, type WatchOptions } from "./watch.ts";
import type { Watcher } from "./watcher.ts";

export interface ClientOptions {
  /** Clock, randomness and network; `nodeRuntime` of `@nodetcd/runtime/node` in a program. */
  runtime: Pick<Runtime, "clock" | "random" | "network">;
  /**
   * Members to talk to, as `http://host:port`, `host:port` or `unix:///path`. Calls take turns; an endpoint that
   * cannot be reached is asked last for three seconds. Default `127.0.0.1:2379`.
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
  /** User name and password where authentication is on. Default none. */
  credentials?: { name: string; password: string };
  retry?: RetryOptions;
  /** Gets warnings: broken streams, lost leases. Default: nobody. */
  logger?: Logger;
}

/**
 * A client of etcd v3. It connects when first used, survives restarts of the servers, and holds no
 * resources after `close`. The calls of `kv` are here by themselves, too.
 */
export class Client implements Disposable {
  readonly kv: Kv;
  readonly leases: Leases;
  readonly maintenance: Maintenance;
  readonly cluster: Cluster;
  readonly auth: Auth;
  readonly #connection: Connection;
  readonly #parts: Parts;

  constructor(options: ClientOptions) {
    const connection = connect(options);
    this.#connection = connection;
    this.kv = new Kv(connection);
    this.leases = new Leases(connection);
    this.maintenance = new Maintenance(connection);
    this.cluster = new Cluster(connection);
    this.auth = new Auth(connection);
    this.#parts = { connection, kv: this.kv, leases: this.leases };
  }

  /** `host:port` or `unix://path` of the servers, as `endpoint` in the options of calls takes them. */
  get endpoints(): string[] {
    return this.#connection.endpoints;
  }

  /** The key with its value, or `undefined` when there is none. */
  get(...request: Parameters<Kv["get"]>): ReturnType<Kv["get"]> {
    return this.kv.get(...request);
  }

  /** Many keys in one reply; see `Kv.range`. */
  range(...request: Parameters<Kv["range"]>): ReturnType<Kv["range"]> {
    return this.kv.range(...request);
  }

  /** All keys of a selection, page by page at one revision; see `Kv.entries`. */
  entries(...request: Parameters<Kv["entries"]>): ReturnType<Kv["entries"]> {
    return this.kv.entries(...request);
  }

  /** Stores a value; see `Kv.put`. */
  put(...request: Parameters<Kv["put"]>): ReturnType<Kv["put"]> {
    return this.kv.put(...request);
  }

  /** Deletes a key or a selection of keys. */
  delete(...request: Parameters<Kv["delete"]>): ReturnType<Kv["delete"]> {
    return this.kv.delete(...request);
  }

  /** Begins a transaction; see `TxnBuilder`. */
  txn(...request: Parameters<Kv["txn"]>): TxnBuilder {
    return this.kv.txn(...request);
  }

  /** Forgets history before a revision; see `Kv.compact`. */
  compact(...request: Parameters<Kv["compact"]>): Promise<void> {
    return this.kv.compact(...request);
  }

  /**
   * Watches a key or a selection of keys:
   *
   *     for await (const event of client.watch("job/", { prefix: true })) {
   *       console.log(event.type, event.keyValue.keyText(), event.keyValue.text());
   *     }
   */
  watch(key: BytesLike, options: WatchOptions = {}): Watcher {
    return watch(this.#connection, key, options);
  }

  /**
   * Takes a lock, waiting in line: `await using held = await client.lock("nightly")`. It is lost when
   * this process cannot renew its lease in time; `held.lost` says so.
   */
  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    return lock(this.#parts, name, options);
  }

  /** The election with this name; nothing is sent yet. */
  election(name: string): Election {
    return new Election(this.#parts, name);
  }

  /**
   * Any unary method of the table `METHODS` of `@nodetcd/messages`, with the messages as they are on
   * the wire and the deadlines, retries and token of all other calls. What the reply holds is borrowed.
   */
  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options?: CallOptions,
  ): Promise<Response> {
    return this.#connection.call(method, request, options);
  }

  /** Ends all calls and watches (`CLIENT_CLOSED`) and connections. Leases run out. Idempotent. */
  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function servers(options: ClientOptions): Endpoint[] {
  const { runtime, services, endpoints = "127.0.0.1:2379" } = options;
  const { clock, network } = runtime;
  const transport =
    options.transport ?? (services === undefined ? undefined : new LocalTransport(services, clock));
  if (transport !== undefined) return [{ address: "local", transport, restsUntil: 0 }];
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  return [endpoints]
    .flat()
    .map((text) => connectEndpoint(text, { network, clock, connectTimeoutMs }));
}

function connect(options: ClientOptions): Connection {
  const { clock, random } = options.runtime;
  return new Connection({
    balancer: new Balancer(servers(options), clock),
    clock,
    random,
    logger: options.logger ?? silentLogger,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retry: retryPolicy(options.retry),
    credentials: options.credentials,
  });
}
