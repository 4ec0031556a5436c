import type { Clock, Http1Handler, Logger, Socket } from "@nodetcd/runtime";
import { RaftMessage } from "@nodetcd/messages";
import type { Counters } from "./counters.ts";
import { textOf } from "./errors.ts";
import { BodyBudget, collectBody, ignoreBody } from "./http1/collect-body.ts";
import { delegate } from "./http1/delegate.ts";
import {
  type BodySink,
  type Request,
  ServerConnection,
  textResponse,
} from "./http1/server-connection.ts";
import { checkRequest, hexId, type Identity, parseHexId } from "./identity.ts";
import { CONNECTIONS_MAX, MESSAGE_BYTES_MAX, POSTED_BYTES_MAX } from "./limits.ts";
import { type SnapshotReceiverOptions, receiveSnapshot } from "./snapshot-receive.ts";
import type { StreamKind } from "./stream-reader.ts";
import { MIN_CLUSTER_VERSION } from "./version.ts";

/** What the listener does with what peers ask for. */
export interface ListenerTarget {
  /** Raises an error for what raft must not hear of. */
  readonly process: (message: RaftMessage, bytes: number) => void;
  readonly isRemoved: (id: bigint) => boolean;
  /** Gives a stream to the peer it is of; false when there is no such peer. */
  readonly attach: (id: bigint, kind: StreamKind, open: () => Socket) => boolean;
  /** A member that may not be in the configuration yet says where it can be reached. */
  readonly addRemote: (id: bigint, urls: readonly string[]) => void;
}

export interface ListenerOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly target: ListenerTarget;
  readonly snapshots: Omit<SnapshotReceiverOptions, "counters" | "clock" | "logger" | "memberId">;
  /** Answers what is not raft's: `/members`, `/version`, `/leases` and so on. */
  readonly fallback: Http1Handler;
}

const STREAM_PATH = /^\/raft\/stream\/([^/]*)\/(.*)$/;
const KINDS: Readonly<Record<string, StreamKind>> = { message: "message", msgapp: "append" };

/** Serves the peer port: HTTP/1.1 on sockets that were accepted elsewhere. */
export class PeerListener {
  readonly #options: ListenerOptions;
  readonly #connections = new Set<ServerConnection>();
  readonly #budget = new BodyBudget(POSTED_BYTES_MAX);
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Takes a socket over, with what was read from it already. */
  serve(socket: Socket, alreadyRead: Uint8Array): void {
    if (this.#closed || this.#connections.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    const connection = new ServerConnection(socket, {
      clock: this.#options.clock,
      onRequest: (request, of) => this.#route(request, of),
      onRelease: () => void this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (alreadyRead.length > 0) connection.feed(alreadyRead);
  }

  /** Takes no more; each connection ends when its request is answered. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.close();
  }

  #route(request: Request, connection: ServerConnection): BodySink {
    const [path = ""] = request.url.split("?", 1);
    if (path === "/raft/probing") return ignoreBody(() => this.#probe(request, connection));
    if (path === "/raft" || path === "/raft/snapshot") return this.#post(path, request, connection);
    if (path.startsWith("/raft/stream/")) return this.#stream(path, request, connection);
    return delegate(this.#options.fallback, request, connection, this.#budget);
  }

  #probe({ method }: Request, connection: ServerConnection): void {
    const now = new Date(this.#options.clock.wallTime()).toISOString();
    connection.reply({
      status: 200,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: method === "HEAD" ? "" : `{"OK":true,"Now":"${now}"}\n`,
    });
  }

  /** Answered behind the body, so that the connection can be used again. */
  #refuse(
    connection: ServerConnection,
    status: number,
    text: string,
    headers: Record<string, string> = {},
  ): BodySink {
    return ignoreBody(() => connection.reply(textResponse(status, text, headers)));
  }

  get #clusterHeader(): Record<string, string> {
    return { "X-Etcd-Cluster-Id": hexId(this.#options.identity.clusterId) };
  }

  /** Checks method, version and cluster; undefined when all is well. */
  #check(
    request: Request,
    connection: ServerConnection,
    method: string,
    replyHeaders: Record<string, string>,
  ): BodySink | undefined {
    if (request.method !== method) {
      return this.#refuse(connection, 405, "Method Not Allowed", { Allow: method });
    }
    const { identity, logger } = this.#options;
    const refusal = checkRequest(identity, request.headers);
    if (refusal === undefined) return undefined;
    if (refusal.kind === "malformed") {
      connection.destroy();
      return ignoreBody(() => undefined);
    }
    const { headers } = request;
    const fields = {
      "local-member-id": hexId(identity.memberId),
      "local-member-cluster-id": hexId(identity.clusterId),
      "local-member-server-version": identity.serverVersion,
      "local-member-server-minimum-cluster-version": MIN_CLUSTER_VERSION,
      "remote-peer-server-name": headers.get("x-server-from") ?? "",
      "remote-peer-server-version": headers.get("x-server-version") ?? "2.0.0",
      "remote-peer-server-minimum-cluster-version": headers.get("x-min-cluster-version") ?? "2.0.0",
    };
    if (refusal.kind === "version") {
      logger.warn("failed version compatibility check", { ...fields, error: refusal.reason });
      return this.#refuse(connection, 412, "incompatible version", replyHeaders);
    }
    const theirs = headers.get("x-etcd-cluster-id") ?? "";
    logger.warn("request cluster ID mismatch", { ...fields, "remote-peer-cluster-id": theirs });
    return this.#refuse(connection, 412, refusal.reason, replyHeaders);
  }

  /** The caller may be unknown here: it says where it is. */
  #learn({ headers }: Request): void {
    const from = parseHexId(headers.get("x-server-from") ?? "");
    const urls = headers.get("x-peerurls");
    if (from !== undefined && urls !== undefined && urls !== "") {
      this.#options.target.addRemote(from, urls.split(","));
    }
  }

  #post(path: string, request: Request, connection: ServerConnection): BodySink {
    const refused = this.#check(request, connection, "POST", this.#clusterHeader);
    if (refused !== undefined) return refused;
    this.#learn(request);
    if (path === "/raft") {
      return collectBody(this.#budget, MESSAGE_BYTES_MAX, (body) =>
        this.#message(body, connection),
      );
    }
    const { identity, clock, logger, counters, snapshots } = this.#options;
    const headers = this.#clusterHeader;
    return receiveSnapshot(
      { ...snapshots, memberId: identity.memberId, clock, logger, counters },
      connection,
      headers,
    );
  }

  #message(body: Uint8Array | undefined, connection: ServerConnection): void {
    const { identity, logger, target } = this.#options;
    const headers = this.#clusterHeader;
    const local = { "local-member-id": hexId(identity.memberId) };
    if (body === undefined) {
      connection.reply(textResponse(413, "error reading raft message", headers));
      return;
    }
    let message: RaftMessage;
    try {
      message = RaftMessage.decode(body);
    } catch (error) {
      logger.warn("failed to unmarshal Raft message", { ...local, error: textOf(error) });
      this.#options.counters.receivedFailures.add("0", 1);
      connection.reply(textResponse(400, "error unmarshalling raft message", headers));
      return;
    }
    try {
      target.process(message, body.length);
    } catch (error) {
      logger.warn("failed to process Raft message", { ...local, error: textOf(error) });
      connection.reply(textResponse(500, "error processing raft message", headers), true);
      return;
    }
    connection.reply({ status: 204, headers, body: "" });
  }

  #stream(path: string, request: Request, connection: ServerConnection): BodySink {
    const { identity, logger, target } = this.#options;
    const headers = { ...this.#clusterHeader, "X-Server-Version": identity.serverVersion };
    const refused = this.#check(request, connection, "GET", headers);
    if (refused !== undefined) return refused;
    const refuse = (status: number, text: string): BodySink =>
      this.#refuse(connection, status, text, headers);
    const [, type = "", id = ""] = STREAM_PATH.exec(path) ?? [];
    const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (kind === undefined) return refuse(404, "invalid path");
    const local = {
      "local-member-id": hexId(identity.memberId),
      "remote-peer-id-stream-handler": hexId(identity.memberId),
    };
    const from = parseHexId(id);
    if (from === undefined) {
      logger.warn("failed to parse path into ID", { ...local, path: id });
      return refuse(404, "invalid from");
    }
    const fields = { ...local, "remote-peer-id-from": hexId(from) };
    if (target.isRemoved(from)) {
      logger.warn("rejected stream from remote peer because it was removed", fields);
      return refuse(410, "removed member");
    }
    const cluster = { "cluster-id": hexId(identity.clusterId) };
    const to = request.headers.get("x-raft-to") ?? "";
    return ignoreBody(() => {
      const wrong = to !== hexId(identity.memberId);
      const open = (): Socket => connection.hijack(headers);
      if (!wrong && target.attach(from, kind, open)) return;
      this.#learn(request);
      if (wrong) {
        logger.warn("ignored streaming request; ID mismatch", {
          ...fields,
          "remote-peer-id-header": to,
          ...cluster,
        });
        connection.reply(textResponse(412, "to field mismatch", headers));
      } else {
        logger.warn("failed to find remote peer in cluster", { ...fields, ...cluster });
        connection.reply(textResponse(404, "error sender not found", headers));
      }
    });
  }
}
