import { MessageType, type RaftMessage } from "@nodetcd/messages";
import type { Http1Handler, Logger, Runtime, Socket } from "@nodetcd/runtime";
import { Counters } from "./counters.ts";
import { type Dialer, type DialerOptions, networkDialer } from "./dialer.ts";
import { PeerError, REMOVED_TEXT, textOf } from "./errors.ts";
import { HeartbeatDelay } from "./heartbeat-delay.ts";
import { textResponse } from "./http1/server-connection.ts";
import { hexId, type Identity } from "./identity.ts";
import { impossible } from "./inbound.ts";
import { REMOTES_MAX, SNAPSHOTS_SENT_MAX } from "./limits.ts";
import { PeerListener } from "./listen.ts";
import { Peer } from "./peer.ts";
import { type PeerContext, Remote } from "./remote.ts";
import type { SnapshotSource } from "./snapshot-send.ts";
import { SERVER_VERSION } from "./version.ts";

/** What the transport tells the member. Reports come in a turn of the loop of their own. */
export interface TransportHandler {
  /** A message for this member's raft, borrowed for good. Must not raise: that stops the process. */
  process(message: RaftMessage, from: bigint): void;
  /** Messages to this peer got lost. */
  reportUnreachable(id: bigint): void;
  /** A snapshot for this peer has arrived there, or not. */
  reportSnapshot(id: bigint, ok: boolean): void;
  /** True for a member that was part of the cluster and is not any more. */
  isRemoved(id: bigint): boolean;
  /**
   * A snapshot of the leader: the database is in the file `path`, durable, which belongs to the member now. The
   * leader hears that it was received when this resolves, that it was not when it rejects.
   */
  receiveSnapshot(message: RaftMessage, path: string): Promise<void>;
  /** A peer says that this member was removed from the cluster: it should stop. May come again. */
  onRemoved(reason: string): void;
}

export interface TransportOptions {
  readonly runtime: Pick<Runtime, "clock" | "disk" | "network">;
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly clusterId: bigint;
  /** Advertised by this member. */
  readonly peerUrls: readonly string[];
  readonly handler: TransportHandler;
  /** Where databases of snapshots are received. */
  readonly snapshotDirectory: string;
  /** Of this member's raft, in milliseconds. */
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** The etcd version that this member speaks like. Default 3.7.1. */
  readonly serverVersion?: string;
  /** Settings of TLS for connections to peers; see `DialerOptions`. */
  readonly connect?: DialerOptions["connect"];
  /** Answers requests on the peer port that are not raft's. Default 404. */
  readonly fallback?: Http1Handler;
}

/** How much longer than an election timeout a dial may take, in milliseconds (etcd's number). */
const DIAL_EXTRA_MS = 1_000;

/** Carries raft's messages between this member and its peers, as etcd's members do. */
export class Transport {
  readonly counters: Counters = new Counters();
  readonly heartbeats: HeartbeatDelay;
  /** Opens connections to peers, for other requests than raft's as well; see `askPeer`. */
  readonly dial: Dialer;
  readonly #options: TransportOptions;
  readonly #identity: Identity & { peerUrls: readonly string[] };
  readonly #context: PeerContext;
  readonly #listener: PeerListener;
  readonly #peers = new Map<bigint, Peer>();
  /** Members that have called and are no peers yet, the oldest first. */
  readonly #remotes = new Map<bigint, Remote>();
  readonly #unreachable = new Set<bigint>();
  #stopped = false;

  constructor(options: TransportOptions) {
    checkOptions(options);
    const { runtime, logger, memberId, clusterId, peerUrls, serverVersion } = options;
    const { clock, network } = runtime;
    this.#options = options;
    this.#identity = {
      memberId,
      clusterId,
      peerUrls,
      serverVersion: serverVersion ?? SERVER_VERSION,
    };
    // A member knows itself, as etcd counts.
    this.counters.knownPeers.set(hexId(memberId), 1);
    this.heartbeats = new HeartbeatDelay(clock, logger, options.heartbeatIntervalMs);
    this.dial = networkDialer(network, {
      timeoutMs: DIAL_EXTRA_MS + options.electionTimeoutMs,
      ...(options.connect ? { connect: options.connect } : {}),
    });
    this.#context = {
      identity: this.#identity,
      clock,
      logger,
      counters: this.counters,
      dial: this.dial,
      reportUnreachable: (id) => this.#reportUnreachable(id),
      reportSnapshot: (id, ok) => this.#report(() => options.handler.reportSnapshot(id, ok)),
      onRemoved: () => this.#report(() => options.handler.onRemoved(REMOVED_TEXT)),
    };
    this.#listener = this.#listen();
  }

  /** Takes over a connection to the peer port, with what was read from it already. */
  serve(socket: Socket, alreadyRead: Uint8Array = new Uint8Array(0)): void {
    this.#listener.serve(socket, alreadyRead);
  }

  /** Begins to talk with a member. Raises `PeerError` BAD_URL. */
  addPeer(id: bigint, urls: readonly string[]): void {
    if (this.#stopped || this.#peers.has(id) || id === this.#identity.memberId) return;
    const peer = new Peer(this.#context, id, urls, {
      onMessage: (message, from, bytes) => this.#fromStream(message, from, bytes),
    });
    this.#peers.set(id, peer);
    this.#forgetRemote(id);
    this.counters.knownPeers.set(hexId(id), 1);
    this.#log("added remote peer", { "remote-peer-id": hexId(id), "remote-peer-urls": urls });
  }

  /**
   * A member that is reached by POSTs alone, until it becomes a peer: one that this member joins, or that has
   * joined and is not in the log yet. When there are too many the oldest is forgotten.
   */
  addRemote(id: bigint, urls: readonly string[]): void {
    const known = this.#peers.has(id) || this.#remotes.has(id) || id === this.#identity.memberId;
    if (this.#stopped || known || id === 0n) return;
    const [oldest] = this.#remotes.keys();
    if (oldest !== undefined && this.#remotes.size >= REMOTES_MAX) this.#forgetRemote(oldest);
    this.#remotes.set(id, new Remote(this.#context, id, urls));
    this.#log("added new remote peer", { "remote-peer-id": hexId(id), "remote-peer-urls": urls });
  }

  /** A member has moved. Raises `PeerError` BAD_URL. */
  updatePeer(id: bigint, urls: readonly string[]): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.remote.urls.replace(urls);
    this.#log("updated remote peer", {
      "updated-remote-peer-id": hexId(id),
      "updated-remote-peer-urls": urls,
    });
  }

  removePeer(id: bigint): void {
    const peer = this.#peers.get(id);
    const fields = { "removed-remote-peer-id": hexId(id) };
    this.#forgetRemote(id);
    if (peer === undefined) return this.#log("skipped removing already removed peer", fields);
    this.#peers.delete(id);
    peer.stop();
    this.counters.knownPeers.set(hexId(id), 0);
    this.#log("removed remote peer", fields);
  }

  removeAll(): void {
    for (const id of this.#peers.keys()) this.removePeer(id);
    for (const id of this.#remotes.keys()) this.#forgetRemote(id);
  }

  /** This member has moved: what it says of itself in requests. */
  updateOwnUrls(urls: readonly string[]): void {
    this.#identity.peerUrls = urls;
  }

  /** Sends what can be sent; the rest is dropped and reported. Messages are borrowed for good. */
  send(messages: readonly RaftMessage[]): void {
    if (this.#stopped) return;
    for (const message of messages) {
      const { to, type } = message;
      if (to === 0n) continue;
      if (type === MessageType.MsgHeartbeat) this.heartbeats.sent(to);
      const receiver = this.#peers.get(to) ?? this.#remotes.get(to);
      if (type === MessageType.MsgSnap) this.#context.reportSnapshot(to, false);
      else if (receiver !== undefined) receiver.send(message);
      else {
        const fields = { type: String(type), "unknown-target-peer-id": hexId(to) };
        this.#options.logger.debug(
          "ignored message send request; unknown remote peer target",
          fields,
        );
      }
    }
  }

  /**
   * Sends a snapshot: raft's message, and the database that belongs to it. One at a time to each peer; raft is
   * told in every case how it went.
   */
  sendSnapshot(message: RaftMessage, source: SnapshotSource): void {
    const remote = this.#peers.get(message.to)?.remote ?? this.#remotes.get(message.to);
    const all = [...this.#peers.values()]
      .map((peer) => peer.remote)
      .concat([...this.#remotes.values()]);
    const sending = all.reduce((sum, one) => sum + one.snapshotsSending, 0);
    if (this.#stopped || !remote || remote.snapshotsSending > 0 || sending >= SNAPSHOTS_SENT_MAX) {
      source.close();
      this.#context.reportSnapshot(message.to, false);
      return;
    }
    remote.sendSnapshot(message, source);
  }

  /** Monotonic milliseconds since which the peer has been reachable without a break; undefined when it is not. */
  activeSince(id: bigint): number | undefined {
    return this.#peers.get(id)?.remote.status.activeSince;
  }

  /** What the probes have found of a peer, in milliseconds. */
  probed(id: bigint): Peer["probed"] | undefined {
    return this.#peers.get(id)?.probed;
  }

  /** Ids of the peers. */
  get peerIds(): bigint[] {
    return [...this.#peers.keys()];
  }

  /** Ends all connections. What is sent later is dropped. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const peer of this.#peers.values()) peer.stop();
    for (const remote of this.#remotes.values()) remote.stop();
    this.#peers.clear();
    this.#remotes.clear();
    this.#listener.close();
  }

  #listen(): PeerListener {
    const { runtime, logger, handler, snapshotDirectory, fallback } = this.#options;
    return new PeerListener({
      identity: this.#identity,
      clock: runtime.clock,
      logger,
      counters: this.counters,
      target: {
        process: (message, bytes) => this.#process(message, message.from, bytes),
        isRemoved: (id) => handler.isRemoved(id),
        attach: (id, kind, open) => {
          const peer = this.#peers.get(id);
          peer?.attach(kind, open());
          return peer !== undefined;
        },
        addRemote: (id, urls) => this.#callOf(id, urls),
      },
      snapshots: {
        disk: runtime.disk,
        directory: snapshotDirectory,
        receiving: { count: 0, placed: new Set() },
        check: (message) => this.#check(message),
        deliver: (message, path) => handler.receiveSnapshot(message, path),
      },
      fallback: fallback ?? (() => textResponse(404, "404 page not found")),
    });
  }

  /** URLs from strangers may be anything. */
  #callOf(id: bigint, urls: readonly string[]): void {
    try {
      if (!this.#options.handler.isRemoved(id)) this.addRemote(id, urls);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.#options.logger.debug("ignored peer URLs", {
        "remote-peer-id": hexId(id),
        error: error.message,
      });
    }
  }

  #forgetRemote(id: bigint): void {
    this.#remotes.get(id)?.stop();
    this.#remotes.delete(id);
  }

  #fromStream(message: RaftMessage, from: bigint, bytes: number): void {
    try {
      this.#process(message, from, bytes);
    } catch (error) {
      const local = { "local-member-id": hexId(this.#identity.memberId) };
      this.#options.logger.warn("failed to process Raft message", {
        ...local,
        error: textOf(error),
      });
      throw error;
    }
  }

  /** Raises `PeerError` for what raft must not hear of. */
  #check(message: RaftMessage): void {
    const { logger, handler } = this.#options;
    const local = { "local-member-id": hexId(this.#identity.memberId) };
    if (handler.isRemoved(message.from)) {
      const fields = { ...local, "removed-member-id": hexId(message.from) };
      logger.warn("rejected Raft message from removed member", fields);
      throw new PeerError("REFUSED", "cannot process message from removed member");
    }
    if (message.to !== this.#identity.memberId) {
      const fields = { ...local, "mismatch-member-id": hexId(message.to) };
      logger.warn("rejected Raft message to mismatch member", fields);
      throw new PeerError("REFUSED", "cannot process message to mismatch member");
    }
    const why = impossible(message);
    if (why !== undefined) throw new PeerError("BAD_FRAME", why);
  }

  #process(message: RaftMessage, from: bigint, bytes: number): void {
    if (this.#stopped) throw new PeerError("STOPPED", "server stopped");
    this.#check(message);
    if (message.type === MessageType.MsgSnap)
      throw new PeerError("BAD_FRAME", "a snapshot without its database");
    this.counters.receivedBytes.add(hexId(message.from), bytes);
    try {
      this.#options.handler.process(message, from);
    } catch (error) {
      // Not the peer's fault: it must not pass for a broken connection.
      this.#options.runtime.clock.defer(() => {
        throw error;
      });
    }
  }

  /** Raft may be in the middle of what it sends, so it hears of trouble later; once a turn is enough. */
  #reportUnreachable(id: bigint): void {
    if (this.#unreachable.has(id)) return;
    this.#unreachable.add(id);
    this.#report(() => {
      this.#unreachable.delete(id);
      this.#options.handler.reportUnreachable(id);
    });
  }

  #report(report: () => void): void {
    this.#options.runtime.clock.defer(() => {
      if (!this.#stopped) report();
    });
  }

  #log(message: string, fields: Record<string, string | readonly string[]>): void {
    this.#options.logger.info(message, {
      "local-member-id": hexId(this.#identity.memberId),
      ...fields,
    });
  }
}

function checkOptions({
  memberId,
  clusterId,
  electionTimeoutMs,
  heartbeatIntervalMs,
}: TransportOptions): void {
  const bad = (what: string): never => {
    throw new PeerError("BAD_OPTIONS", what);
  };
  if (typeof memberId !== "bigint" || memberId === 0n)
    bad("memberId must be a bigint other than 0n");
  if (typeof clusterId !== "bigint") bad("clusterId must be a bigint");
  if (!(electionTimeoutMs > 0)) bad("electionTimeoutMs must be above 0");
  if (!(heartbeatIntervalMs > 0)) bad("heartbeatIntervalMs must be above 0");
}
