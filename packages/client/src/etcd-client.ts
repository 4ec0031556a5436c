import type { Init } from "@nodetcd/messages";
import { Auth } from "./auth.ts";
import { type BytesLike, copyBytes, toBytes } from "./bytes-like.ts";
import type { CallOptions } from "./call-options.ts";
import { type ClientOptions, connect } from "./client-options.ts";
import { refuse } from "./check.ts";
import { Cluster } from "./cluster.ts";
import type { Calls } from "./calls.ts";
import { diff, type Difference, type DiffOptions } from "./diff.ts";
import { Election } from "./election.ts";
import { history, type HistoryOptions, type Version } from "./history.ts";
import { JsonKey } from "./json-codec.ts";
import { Kv } from "./kv.ts";
import { Leases } from "./lease.ts";
import { type Lock, lock, type LockOptions } from "./lock.ts";
import { Maintenance } from "./maintenance.ts";
import { mirror, type Mirror, type MirrorOptions } from "./mirror.ts";
import { Namespace } from "./namespace.ts";
import { MessageStream, type StreamMethod } from "./message-stream.ts";
import type { UnaryMethod } from "./methods.ts";
import type { Parts } from "./ownership.ts";
import { type HeldPin, pin, type PinOptions } from "./pin.ts";
import { type Pin, PIN_PREFIX, readPin } from "./pins.ts";
import { planRestore, type RestoreOptions, type RestorePlan } from "./restore.ts";
import type { TxnBuilder } from "./txn.ts";
import { watch, type WatchOptions } from "./watch.ts";
import { REQUIRE_LEADER, type Watcher } from "./watcher.ts";

/**
 * A client of etcd v3. It connects when first used, survives restarts of the servers, and holds no
 * resources after `close`. The calls of `kv` are here by themselves, too.
 */
export class Client implements Disposable, AsyncDisposable {
  readonly kv: Kv;
  readonly leases: Leases;
  readonly maintenance: Maintenance;
  readonly cluster: Cluster;
  readonly auth: Auth;
  readonly #connection: Calls;
  readonly #options: ClientOptions;
  readonly #parts: Parts;

  /** @param connection for `namespace` alone */
  constructor(options: ClientOptions = {}, connection: Calls = connect(options)) {
    this.#options = options;
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

  /** Ends all watches of this client and its namespaces, without an error; what was not read is dropped. */
  endWatches(): void {
    for (const end of this.#connection.watches) end();
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

  /** Every version of a key, or of a selection, that is still readable, oldest first; see `Version`. */
  history(key: BytesLike, options: HistoryOptions = {}): AsyncGenerator<Version, void, undefined> {
    return history(this.#parts, key, options);
  }

  /** The keys of a prefix that differ between two revisions, in key order. `to` 0: now. */
  diff(
    prefix: BytesLike,
    from: number,
    to = 0,
    options: DiffOptions = {},
  ): AsyncGenerator<Difference, void, undefined> {
    return diff(this.#parts, prefix, from, to, options);
  }

  /**
   * Looks what it takes to bring a prefix back to what it was, and changes nothing:
   *
   *     const plan = await client.restore("app/", revision);
   *     console.log(plan.changes.length, "keys differ");
   *     const { complete, conflicts } = await plan.apply();
   */
  restore(prefix: BytesLike, revision: number, options: RestoreOptions = {}): Promise<RestorePlan> {
    return planRestore(this.#parts, prefix, revision, options);
  }

  /**
   * A client to which only keys with this prefix exist, without the prefix: locks, elections, watches, history and all.
   * Leases and revisions are the cluster's. It shares connections and their end with this one.
   */
  namespace(prefix: BytesLike): Client {
    const bytes = copyBytes(toBytes(prefix, "prefix"));
    if (bytes.length === 0) refuse("prefix", "a prefix that is not empty", prefix);
    return new Client(this.#options, new Namespace(this.#connection, bytes));
  }

  /**
   * Takes the client URLs of the cluster's members as endpoints, instead of those that it has; calls and watches at
   * members that are gone go on elsewhere. Learners and members that have not started are left out.
   */
  async sync(options: CallOptions = {}): Promise<string[]> {
    const members = await this.cluster.members(options);
    const urls = members
      .filter(({ name, isLearner }) => name !== "" && !isLearner)
      .flatMap(({ clientUrls }) => clientUrls);
    this.#connection.replaceEndpoints(urls);
    return this.endpoints;
  }

  /** One key whose value is JSON: `client.json<Config>("app/config")`. `parse` checks what was read. */
  json<Value>(
    key: string,
    parse: (value: unknown) => Value = (value) => value as Value,
  ): JsonKey<Value> {
    return new JsonKey(this.kv, (...watched) => this.watch(...watched), key, parse);
  }

  /** A copy of a prefix that stays up to date: `base()`, then `updates()`. */
  mirror(prefix: BytesLike, options: MirrorOptions = {}): Promise<Mirror> {
    return mirror(this.#parts, prefix, options);
  }

  /** Keeps a revision readable: `await using pinned = await client.pin()`. 0: the store as it is now. */
  pin(revision = 0, options: PinOptions = {}): Promise<HeldPin> {
    return pin(this.#rootParts(), revision, options);
  }

  /** All pins of the cluster; see `pin`. */
  async pins(options: CallOptions = {}): Promise<Pin[]> {
    const { keyValues } = await this.#rootParts().kv.range(PIN_PREFIX, {
      ...options,
      prefix: true,
    });
    return keyValues.map(readPin).filter((one) => one !== undefined);
  }

  /**
   * Any streaming method of the table, as it is on the wire, with the token of all other calls. It is not retried, and
   * its messages are borrowed. `requireLeader`: break off when the member has lost its leader.
   */
  async stream<Request, Response>(
    method: StreamMethod<Request, Response>,
    options: { signal?: AbortSignal; endpoint?: string; requireLeader?: boolean } = {},
  ): Promise<MessageStream<Request, Response>> {
    const { signal, endpoint, requireLeader = false } = options;
    const prepared = await this.#connection.stream(method.path, {
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(requireLeader ? { metadata: REQUIRE_LEADER } : {}),
    });
    return new MessageStream(method, prepared, {
      ...(signal === undefined ? {} : { signal }),
      onClose: (end) => this.#connection.onClose(end),
    });
  }

  /**
   * Ends all calls and watches (`CLIENT_CLOSED`), gives up the locks and leaderships that were taken through it, for
   * a second at most, and then ends the connections: see `closed`. Other leases run out. Idempotent.
   */
  close(): void {
    this.#connection.close();
  }

  /** Resolves when `close` was called and everything has ended. */
  get closed(): Promise<void> {
    return this.#connection.ended;
  }

  /** Pins are about the store, not about a namespace. */
  #rootParts(): Parts {
    const connection = this.#connection.root;
    return connection === this.#connection
      ? this.#parts
      : { connection, kv: new Kv(connection), leases: new Leases(connection) };
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}
