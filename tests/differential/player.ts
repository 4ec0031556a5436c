/** Runs a program on one server and reports what it answered, in a form that can be compared. */
import {
  type Init,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  type Method,
  METHODS,
  RangeRequest,
  RangeResponse,
  RangeStreamResponse,
  type ResponseHeader,
} from "@nodetcd/messages";
import { Connection, type Metadata, RpcFailure } from "../rpc.ts";
import * as encode from "./encode.ts";
import {
  type AuthStep,
  type CrowdSpec,
  type LeaseRef,
  type RevisionRef,
  type Step,
  STREAMS,
  type TxnSpec,
  type User,
  type WatchSpec,
} from "./program.ts";
import { Users } from "./users.ts";
import { WatchStreamRun } from "./watch-stream.ts";

/** Of the clusters under comparison; the one that is talked to follows. */
const MEMBERS = Number(process.env["MEMBERS"] ?? 1);
const CROWD_LEASE = 999n;
/** Below etcd's limit of 128. */
const TXN_OPERATIONS = 120;

/** Ids and terms are a server's own. */
const OWN_FIELDS = new Set(["clusterId", "memberId", "raftTerm"]);

/** Every reply but that of a stream has a header. */
interface Headed {
  header: ResponseHeader | undefined;
}

async function orFailure(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof RpcFailure) return `error ${error.code}: ${error.message}`;
    throw error;
  }
}

/** Only such a delete may stand in one Txn with puts of the keys that it deletes. */
function deletesToTheEnd({ success, failure }: TxnSpec): boolean {
  return [...success, ...failure].some(
    (operation) =>
      (operation.kind === "delete" && operation.spec.end === "\0") ||
      (operation.kind === "txn" && deletesToTheEnd(operation.spec)),
  );
}

export class Player implements encode.Known {
  readonly #connection: Connection;
  readonly #users: Users;
  /** Who calls now. */
  #caller: User = "nobody";
  #streams: WatchStreamRun[];
  readonly #slots = new Map<number, bigint>();
  /** Ids that the server chose, by the order of their grants. */
  readonly #names = new Map<bigint, string>();
  /** Revisions at which a Txn may have deleted a key and put it again. */
  readonly #putAgain = new Set<number>();
  #current = 1;
  #compacted = 0;

  constructor(url: string) {
    this.#connection = new Connection(url);
    this.#users = new Users(this.#connection);
    this.#streams = Array.from({ length: STREAMS }, () => this.#openStream());
  }

  #openStream(): WatchStreamRun {
    return new WatchStreamRun(this.#connection, (value) => this.#show(value), this.#metadata);
  }

  get #metadata(): Metadata {
    return this.#users.metadata(this.#caller);
  }

  close(): void {
    this.#connection.close();
  }

  /** Faults that need no other server to be seen. */
  violations(): string[] {
    return this.#streams.flatMap(({ violations }, index) =>
      violations.map((violation) => `stream ${index}: ${violation}`),
    );
  }

  revision(ref: RevisionRef): number {
    if (ref.from === "zero") return ref.by;
    const base = ref.from === "current" ? this.#current : this.#compacted;
    return Math.max(ref.by > 0 ? ref.by : 0, base + ref.by);
  }

  lease(ref: LeaseRef): bigint {
    return "id" in ref ? BigInt(ref.id) : (this.#slots.get(ref.slot) ?? 88_888n);
  }

  /** Prints a reply: bytes as text, own fields left out, leases that the server named by their order. */
  #show(value: unknown): string {
    return JSON.stringify(value, (key, field: unknown) => {
      if (OWN_FIELDS.has(key)) return undefined;
      if (typeof field === "bigint") return this.#names.get(field) ?? String(field);
      if (field instanceof Uint8Array) return Buffer.from(field).toString("latin1");
      return field;
    });
  }

  play(step: Step): Promise<string> {
    return orFailure(() => this.#play(step));
  }

  async #call<Request, Reply extends Headed>(
    method: Method<Request, Reply>,
    request: Init<Request>,
  ): Promise<string> {
    return this.#show(await this.#reply(method, request));
  }

  async #reply<Request, Reply extends Headed>(
    method: Method<Request, Reply>,
    request: Init<Request>,
  ): Promise<Reply> {
    const reply = await this.#connection.call(method, request, undefined, this.#metadata);
    this.#current = Math.max(this.#current, reply.header?.revision ?? 0);
    return reply;
  }

  /** In the order in which they run out; a follower does not know it, and has them in any. */
  async #leases(): Promise<string> {
    const reply = await this.#reply(METHODS.Lease.LeaseLeases, {});
    if (MEMBERS > 1) reply.leases.sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#show(reply);
  }

  async #play(step: Step): Promise<string> {
    switch (step.kind) {
      case "as":
        return this.#as(step.user, () => this.#play(step.step));
      case "auth":
        return this.#auth(step.step);
      case "range":
        return this.#call(METHODS.KV.Range, encode.rangeRequest(step.spec, this));
      case "put":
        return this.#call(METHODS.KV.Put, encode.putRequest(step.spec, this));
      case "delete":
        return this.#call(METHODS.KV.DeleteRange, encode.deleteRequest(step.spec));
      case "txn":
        return this.#txn(step.spec);
      case "range-stream":
        return this.#rangeStream(encode.rangeRequest(step.spec, this));
      case "compact":
        // Not 0: etcd keeps a hash for that compaction, and gives it to who asks for the newest.
        return this.#compact(this.#compactable(this.revision(step.revision)), step.physical);
      case "grant":
        return this.#grant(step.lease, step.ttl);
      case "revoke":
        return this.#call(METHODS.Lease.LeaseRevoke, { id: this.lease(step.lease) });
      case "keep-alive":
        return this.#keepAlive(this.lease(step.lease));
      case "time-to-live":
        return this.#timeToLive(this.lease(step.lease), step.keys);
      case "leases":
        return this.#leases();
      case "watch":
        return this.#watch(step.spec);
      case "cancel":
        return this.#cancel(step.stream, BigInt(step.watchId));
      case "crowd":
        // Nothing of it may be refused half-way: its keys have to go again.
        return this.#as("root", () => this.#crowd(step.spec));
      case "settle":
        return this.#settle();
      case "hash":
        return this.#call(METHODS.Maintenance.HashKV, { revision: this.revision(step.revision) });
    }
  }

  async #as<T>(user: User, work: () => Promise<T>): Promise<T> {
    const before = this.#caller;
    this.#caller = user;
    try {
      return await work();
    } finally {
      this.#caller = before;
    }
  }

  /** Streams are of whoever opened them: from the set-up on, of users of different rights. */
  async #auth(step: AuthStep): Promise<string> {
    const said = await this.#users.play(step);
    if (step.act !== "set up") return said;
    const openers: User[] = ["root", "both", "reader"];
    const streams: WatchStreamRun[] = [];
    for (const user of openers) {
      streams.push(await this.#as(user, () => Promise.resolve(this.#openStream())));
    }
    this.#streams = streams;
    return said;
  }

  async #txn(spec: TxnSpec): Promise<string> {
    const reply = await this.#reply(METHODS.KV.Txn, encode.txnRequest(spec, this));
    if (deletesToTheEnd(spec)) this.#putAgain.add(reply.header?.revision ?? 0);
    return this.#show(reply);
  }

  /**
   * A compaction at a revision at which a key was deleted and put again loses in etcd 3.7.1 what was
   * put, and the next read of it ends etcd. So the revision before is taken.
   */
  #compactable(revision: number): number {
    let sound = revision;
    while (this.#putAgain.has(sound)) sound--;
    return Math.max(1, sound);
  }

  #stream(index: number): WatchStreamRun {
    const stream = this.#streams[index];
    if (stream === undefined) throw new RangeError(`There is no stream ${index}`);
    return stream;
  }

  /** A watch that is still catching up would see the compaction or not, by chance: so first settle. */
  async #compact(revision: number, physical: boolean): Promise<string> {
    const before = await this.#settle();
    const reply = await orFailure(async () => {
      const reply = await this.#reply(METHODS.KV.Compact, { revision, physical });
      this.#compacted = revision;
      return this.#show(reply);
    });
    return `${before} ${reply}`;
  }

  async #grant(lease: LeaseRef, ttl: number): Promise<string> {
    const id = "id" in lease ? BigInt(lease.id) : 0n;
    const reply = await this.#reply(METHODS.Lease.LeaseGrant, { id, ttl });
    if ("slot" in lease) {
      this.#slots.set(lease.slot, reply.id);
      this.#names.set(reply.id, `grant ${this.#names.size}`);
    }
    return this.#show(reply);
  }

  /** The remaining time is left out: it depends on when the call comes. */
  async #timeToLive(id: bigint, keys: boolean): Promise<string> {
    const reply = await this.#reply(METHODS.Lease.LeaseTimeToLive, { id, keys });
    const lateBy = reply.grantedTtl - reply.ttl;
    const ttl = reply.ttl > 0 && lateBy >= 0 && lateBy < 120 ? "running" : reply.ttl;
    // etcd lists the keys in the order of a hash map.
    const attached = reply.keys.map((key) => Buffer.from(key).toString("latin1")).sort();
    return this.#show({ ...reply, ttl, keys: attached });
  }

  #keepAlive(id: bigint): Promise<string> {
    return new Promise((resolve) => {
      const replies: string[] = [];
      const stream = this.#connection.open(
        METHODS.Lease.LeaseKeepAlive.path,
        (message) => {
          replies.push(this.#show(LeaseKeepAliveResponse.decode(message)));
          stream.end();
        },
        ({ code, message }) => resolve(`${replies.join(" ")} ${code} ${message}`),
        this.#metadata,
      );
      stream.send(LeaseKeepAliveRequest.encode({ id }));
    });
  }

  /** Chunks may be cut differently: all that they hold together is compared. */
  #rangeStream(request: Init<RangeRequest>): Promise<string> {
    return new Promise((resolve) => {
      const all = RangeResponse.create();
      const stream = this.#connection.open(
        METHODS.KV.RangeStream.path,
        (message) => {
          const { rangeResponse } = RangeStreamResponse.decode(message);
          if (rangeResponse === undefined) return;
          all.kvs.push(...rangeResponse.kvs);
          all.header = rangeResponse.header ?? all.header;
          all.more ||= rangeResponse.more;
          all.count += rangeResponse.count;
        },
        ({ code, message }) => resolve(code === 0 ? this.#show(all) : `error ${code}: ${message}`),
        this.#metadata,
      );
      stream.send(RangeRequest.encode(request));
      stream.end();
    });
  }

  /** An id is free again once a compaction has canceled its watch: so first settle. */
  async #watch(spec: WatchSpec): Promise<string> {
    const before = await this.#settle();
    const request = encode.watchCreateRequest(spec, this);
    return `${before} ${await this.#stream(spec.stream).create(request)}`;
  }

  async #cancel(stream: number, watchId: bigint): Promise<string> {
    const before = await this.#settle();
    return `${before} ${await this.#stream(stream).cancel(watchId)}`;
  }

  /** Puts very many keys, deletes them and reads them again; every watch sees both. */
  async #crowd({ keys, deletedBy }: CrowdSpec): Promise<string> {
    const said = [await this.#call(METHODS.Lease.LeaseGrant, { id: CROWD_LEASE, ttl: 100_000 })];
    for (let from = 0; from < keys; from += TXN_OPERATIONS) {
      const count = Math.min(TXN_OPERATIONS, keys - from);
      const success = Array.from({ length: count }, (_, i) => {
        const name = Buffer.from(`m${from + i}`);
        return { requestPut: { key: name, value: name, lease: CROWD_LEASE } };
      });
      said.push(await this.#call(METHODS.KV.Txn, { success }));
    }
    said.push(await this.#settle());
    const all = { key: Buffer.from("m"), rangeEnd: Buffer.from("n") };
    const remove = { ...all, prevKv: deletedBy === "range with pairs" };
    const revoke = { id: CROWD_LEASE };
    if (deletedBy === "txn") {
      said.push(await this.#call(METHODS.KV.Txn, { success: [{ requestDeleteRange: remove }] }));
    } else if (deletedBy !== "lease") {
      said.push(await this.#call(METHODS.KV.DeleteRange, remove));
    }
    const ttl = await this.#reply(METHODS.Lease.LeaseTimeToLive, { ...revoke, keys: true });
    said.push(`${ttl.keys.length} attached`, await this.#call(METHODS.Lease.LeaseRevoke, revoke));
    for (const revision of [this.#current, this.#current - 1]) {
      said.push(await this.#call(METHODS.KV.Range, { ...all, revision, limit: 3 }));
    }
    // Later steps must not see so many keys: Go's sort of equals is an accident (see `KEYS`).
    said.push(await this.#compact(this.#current, true));
    return said.join("\n");
  }

  #fence(): Promise<unknown> {
    return this.#as("root", () => this.#reply(METHODS.KV.Put, { key: Buffer.from("fence") }));
  }

  /** Brings all watches up to date; everything they were told since the last time, by watch. */
  async #settle(): Promise<string> {
    const latestStart = Math.max(...this.#streams.map((stream) => stream.latestStart));
    while (this.#current < latestStart) {
      await this.#fence();
    }
    await Promise.all(this.#streams.map((stream) => stream.settle(this.#current)));
    const told = this.#streams.map((stream) =>
      [...stream.take()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, events]) => [String(id), events]),
    );
    return JSON.stringify(told);
  }
}
