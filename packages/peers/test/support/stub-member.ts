import {
  ConfChange,
  ConfChangeType,
  EntryType,
  type Entry,
  type RaftMessage,
} from "@nodetcd/messages";
import { MemoryStorage, RawNode } from "@nodetcd/raft";
import type {
  Listener,
  LogFields,
  Logger,
  Runtime,
  TlsClientOptions,
  TlsServerOptions,
} from "@nodetcd/runtime";
import { type SnapshotSource, Transport } from "../../src/peers.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps lines for a test to look at. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface StubOptions {
  readonly runtime: Runtime;
  readonly id: bigint;
  readonly clusterId: bigint;
  readonly port: number;
  readonly snapshotDirectory: string;
  /** Peers at the start, id and URL. */
  readonly peers: readonly (readonly [bigint, string])[];
  /** A new group of these members; absent for one that joins. */
  readonly founders?: readonly bigint[];
  readonly tickMs?: number;
  /** TLS on the peer port and towards peers. Default: none. */
  readonly tls?: { readonly server: TlsServerOptions; readonly client: TlsClientOptions };
  /** What a snapshot of this member holds. */
  readonly snapshotSource?: () => SnapshotSource;
}

function urlsIn(context: Uint8Array): string[] {
  const parsed: unknown = JSON.parse(Buffer.from(context).toString());
  if (typeof parsed !== "object" || parsed === null || !("peerURLs" in parsed)) return [];
  return Array.isArray(parsed.peerURLs) ? parsed.peerURLs.map(String) : [];
}

/** The smallest member there is: raft over memory, and the transport. It applies nothing but memberships. */
export class StubMember {
  readonly node: RawNode;
  readonly storage = new MemoryStorage();
  readonly transport: Transport;
  readonly logger = recordingLogger();
  readonly applied: Entry[] = [];
  readonly received: RaftMessage[] = [];
  readonly snapshots: { readonly message: RaftMessage; readonly path: string }[] = [];
  /** A snapshot that has come is taken over when it resolves. */
  taking: Promise<void> = Promise.resolve();
  readonly unreachable: bigint[] = [];
  readonly snapshotReports: [bigint, boolean][] = [];
  readonly removed = new Set<bigint>();
  removals = 0;
  readonly #options: StubOptions;
  readonly #timer: { cancel(): void };
  #listener: Listener | undefined;
  #scheduled = false;
  #stopped = false;

  constructor(options: StubOptions) {
    const { runtime, id, clusterId, port } = options;
    this.#options = options;
    this.node = new RawNode({
      id,
      electionTick: 10,
      heartbeatTick: 1,
      storage: this.storage,
      maxSizePerMessage: 1 << 20,
      maxInflightMessages: 512,
      preVote: true,
      checkQuorum: true,
      random: (bound) => runtime.random.below(bound),
    });
    this.transport = new Transport({
      runtime,
      logger: this.logger,
      memberId: id,
      clusterId,
      peerUrls: [`http${options.tls ? "s" : ""}://127.0.0.1:${port}`],
      ...(options.tls ? { connect: () => ({ tls: options.tls!.client }) } : {}),
      snapshotDirectory: options.snapshotDirectory,
      electionTimeoutMs: 1000,
      heartbeatIntervalMs: options.tickMs ?? 100,
      handler: {
        process: (message) => this.#step(message),
        reportUnreachable: (peer) => {
          this.unreachable.push(peer);
          this.node.reportUnreachable(peer);
          this.#schedule();
        },
        reportSnapshot: (peer, ok) => {
          this.snapshotReports.push([peer, ok]);
          this.node.reportSnapshot(peer, ok);
          this.#schedule();
        },
        isRemoved: (peer) => this.removed.has(peer),
        receiveSnapshot: async (message, path) => {
          this.snapshots.push({ message, path });
          this.#step(message);
          await this.taking;
        },
        onRemoved: () => void this.removals++,
      },
    });
    if (options.founders) {
      this.node.bootstrap(options.founders.map((one) => ({ id: one, context: new Uint8Array(0) })));
    }
    this.#timer = runtime.clock.setRepeating(options.tickMs ?? 100, () => {
      this.node.tick();
      this.#schedule();
    });
  }

  get port(): number {
    return this.#options.port;
  }

  async start(): Promise<void> {
    const { runtime, port, peers, tls } = this.#options;
    const secure =
      tls &&
      runtime.network.tlsServer(tls.server, {
        onSecure: (socket) => this.transport.serve(socket),
        onRejected: ({ error }) => this.logger.warn("rejected connection", { error }),
      });
    this.#listener = await runtime.network.listen({
      host: "127.0.0.1",
      port,
      onSocket: (socket) => (secure ? secure.take(socket) : this.transport.serve(socket)),
    });
    for (const [id, url] of peers) this.transport.addPeer(id, [url]);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer.cancel();
    this.transport.stop();
    await this.#listener?.close();
  }

  propose(text: string): void {
    this.node.propose(Buffer.from(text));
    this.#schedule();
  }

  /** What normal entries say, in order. */
  get texts(): string[] {
    const normal = this.applied.filter(
      ({ type, data }) => type === EntryType.EntryNormal && data.length > 0,
    );
    return normal.map(({ data }) => Buffer.from(data).toString());
  }

  #step(message: RaftMessage): void {
    if (this.#stopped) return;
    this.received.push(message);
    try {
      this.node.step(message);
    } catch (error) {
      if (!(error instanceof Error && error.name === "RaftError")) throw error;
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#options.runtime.clock.defer(() => {
      this.#scheduled = false;
      while (!this.#stopped && this.node.hasReady()) this.#work();
    });
  }

  #work(): void {
    const ready = this.node.ready();
    if (ready.softState) this.transport.heartbeats.reset();
    if (ready.snapshot) this.storage.applySnapshot(ready.snapshot);
    this.storage.append(ready.entries);
    if (ready.hardState) this.storage.setHardState(ready.hardState);
    const isSnapshot = (message: RaftMessage): boolean => message.snapshot !== undefined;
    this.transport.send(ready.messages.filter((message) => !isSnapshot(message)));
    for (const message of ready.messages.filter(isSnapshot)) {
      const source = this.#options.snapshotSource?.();
      if (source) this.transport.sendSnapshot(message, source);
    }
    for (const entry of ready.committedEntries) this.#apply(entry);
    this.node.advance();
  }

  #apply(entry: Entry): void {
    this.applied.push(entry);
    if (entry.type !== EntryType.EntryConfChange) return;
    const change = ConfChange.decode(entry.data);
    this.node.applyConfChange(change);
    const { nodeId, type, context } = change;
    if (nodeId === this.#options.id || context.length === 0) return;
    if (type === ConfChangeType.ConfChangeRemoveNode) this.transport.removePeer(nodeId);
    else this.transport.addPeer(nodeId, urlsIn(context));
  }
}
