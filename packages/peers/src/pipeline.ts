import { RaftMessage } from "@nodetcd/messages";
import type { Clock, Logger } from "@nodetcd/runtime";
import type { Counters } from "./counters.ts";
import type { Dialer } from "./dialer.ts";
import { PeerError, REMOVED_TEXT, textOf } from "./errors.ts";
import { ClientConnection, collectReply, type Reply, requestBytes } from "./http1/exchange.ts";
import { hexId, type Identity, requestHeaders } from "./identity.ts";
import {
  PIPELINE_CONNECTIONS,
  PIPELINE_MESSAGES_MAX,
  POST_TIMEOUT_MS,
  REUSE_WITHIN_MS,
  STREAM_BYTES_MAX,
} from "./limits.ts";
import { MessageQueue } from "./message-queue.ts";
import type { PeerStatus } from "./peer-status.ts";
import type { PeerUrl, PeerUrls } from "./peer-urls.ts";

export interface PipelineOptions {
  readonly peerId: bigint;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly dial: Dialer;
  readonly logger: Logger;
  readonly status: PeerStatus;
  readonly urls: PeerUrls;
  readonly counters: Counters;
  readonly reportUnreachable: (id: bigint) => void;
  readonly reportSnapshot: (id: bigint, ok: boolean) => void;
  readonly onRemoved: () => void;
}

/** Raises what the answer to a POST says, unless it is the good one. */
export function checkPostReply(
  reply: Reply,
  identity: Identity,
  peerId: bigint,
  logger: Logger,
): void {
  const text = Buffer.from(reply.body).toString().replace(/\n$/, "");
  const remote = { "remote-peer-id": hexId(peerId) };
  if (reply.status === 204) return;
  if (reply.status === 403 || reply.status === 410) throw new PeerError("REMOVED", REMOVED_TEXT);
  if (reply.status !== 412)
    throw new PeerError("REFUSED", `unexpected http status ${reply.status}: ${text}`);
  if (text === "incompatible version") logger.error("request sent was ignored by peer", remote);
  else if (text === "cluster ID mismatch") {
    logger.error("request sent was ignored due to cluster ID mismatch", {
      ...remote,
      "remote-peer-cluster-id": reply.headers.get("x-etcd-cluster-id") ?? "",
      "local-member-cluster-id": hexId(identity.clusterId),
    });
  } else throw new PeerError("REFUSED", `unhandled error "${text}" when precondition failed`);
  throw new PeerError("REFUSED", text);
}

/** A connection that is kept between two POSTs, and where it leads. */
interface Kept {
  readonly url: PeerUrl;
  readonly connection: ClientConnection;
}

/** Messages one by one as POSTs: for a peer that has no stream open here. Four are on their way at a time. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #queue = new MessageQueue(PIPELINE_MESSAGES_MAX, STREAM_BYTES_MAX);
  readonly #idle: Kept[] = [];
  readonly #busy = new Set<ClientConnection>();
  #running = 0;
  #stopped = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    options.logger.info("started HTTP pipelining with remote peer", this.#ids());
  }

  /** False: there is no room, and the message is not taken. */
  send(message: RaftMessage): boolean {
    if (!this.#queue.push(message)) return false;
    if (this.#running < PIPELINE_CONNECTIONS) void this.#run();
    return true;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#queue.clear();
    this.#dropIdle();
    for (const connection of this.#busy) connection.close(new PeerError("STOPPED", "stopped"));
    this.#options.logger.info("stopped HTTP pipelining with remote peer", this.#ids());
  }

  #ids(): Record<string, string> {
    const { identity, peerId } = this.#options;
    return { "local-member-id": hexId(identity.memberId), "remote-peer-id": hexId(peerId) };
  }

  async #run(): Promise<void> {
    this.#running++;
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      await this.#send(message);
    }
    this.#running--;
  }

  async #send(message: RaftMessage): Promise<void> {
    const { status, counters, peerId, reportUnreachable, reportSnapshot, onRemoved } =
      this.#options;
    const body = RaftMessage.encode(message);
    try {
      await this.#post(body);
      if (this.#stopped) return;
      status.activate();
      counters.sentBytes.add(hexId(peerId), body.length);
      if (message.snapshot !== undefined) reportSnapshot(peerId, true);
    } catch (error) {
      if (this.#stopped) return;
      status.deactivate("pipeline", "write", textOf(error));
      counters.sentFailures.add(hexId(peerId), 1);
      reportUnreachable(peerId);
      if (message.snapshot !== undefined) reportSnapshot(peerId, false);
      if (error instanceof PeerError && error.code === "REMOVED") onRemoved();
    }
  }

  async #post(body: Uint8Array): Promise<void> {
    const { urls, identity, peerId, logger } = this.#options;
    const url = urls.current;
    try {
      const kept = this.#takeKept(url);
      let reply: Reply;
      try {
        reply = await this.#exchange(kept ?? (await this.#connect(url)), body);
      } catch (error) {
        // The peer may have closed a connection that was idle; messages may come twice.
        if (kept === undefined || this.#stopped) throw error;
        reply = await this.#exchange(await this.#connect(url), body);
      }
      checkPostReply(reply, identity, peerId, logger);
    } catch (error) {
      urls.failed(url);
      throw error;
    }
  }

  async #connect(url: PeerUrl): Promise<Kept> {
    return { url, connection: new ClientConnection(await this.#options.dial(url)) };
  }

  async #exchange(kept: Kept, body: Uint8Array): Promise<Reply> {
    const { clock, identity } = this.#options;
    const { connection, url } = kept;
    if (this.#stopped) connection.close(new PeerError("STOPPED", "stopped"));
    this.#busy.add(connection);
    try {
      const headers = {
        ...requestHeaders(identity),
        "Content-Type": "application/protobuf",
        "Content-Length": String(body.length),
      };
      const head = requestBytes(url.authority, { method: "POST", path: "/raft", headers });
      const reply = await collectReply(clock, connection, POST_TIMEOUT_MS, (sink) => {
        connection.socket.cork();
        connection.request(head, sink);
        connection.socket.write(body);
        connection.socket.uncork();
      });
      if (!connection.closed && !this.#stopped) this.#idle.push(kept);
      return reply;
    } finally {
      this.#busy.delete(connection);
    }
  }

  /** A connection that the peer has surely not closed for idleness. */
  #takeKept(url: PeerUrl): Kept | undefined {
    const freshAfter = this.#options.clock.monotonic() - REUSE_WITHIN_MS;
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      const { connection } = kept;
      if (!connection.closed && kept.url === url && connection.idleSince > freshAfter) return kept;
      connection.close(new PeerError("STOPPED", "idle"));
    }
    return undefined;
  }

  #dropIdle(): void {
    for (const { connection } of this.#idle.splice(0)) {
      connection.close(new PeerError("STOPPED", "stopped"));
    }
  }
}
