import type { Clock, Logger, Timer } from "@nodetcd/runtime";
import type { StreamDecoder } from "./codec/message-stream.ts";
import type { Dialer } from "./dialer.ts";
import { PeerError, REMOVED_TEXT, textOf } from "./errors.ts";
import { ClientConnection, type ReplyHead, requestBytes } from "./http1/exchange.ts";
import { hexId, type Identity, requestHeaders, serverVersionOf } from "./identity.ts";
import { READ_TIMEOUT_MS, REDIAL_MS, REPLY_BYTES_MAX } from "./limits.ts";
import type { PeerStatus } from "./peer-status.ts";
import type { PeerUrls } from "./peer-urls.ts";

/** Both streams of a pair; the names are those of paths and of log lines. */
export const STREAM_KINDS = {
  message: { path: "/raft/stream/message", name: "stream Message" },
  append: { path: "/raft/stream/msgapp", name: "stream MsgApp v2" },
} as const;

export type StreamKind = keyof typeof STREAM_KINDS;

export interface StreamReaderOptions {
  readonly kind: StreamKind;
  readonly peerId: bigint;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly dial: Dialer;
  readonly logger: Logger;
  readonly status: PeerStatus;
  readonly urls: PeerUrls;
  /** A decoder for a new stream. */
  readonly decoder: () => StreamDecoder;
  /** The peer says that this member was removed from the cluster. */
  readonly onRemoved: () => void;
}

/** What the peer said when it refused the stream. */
interface RefusalText {
  readonly status: number;
  readonly text: string;
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * Keeps one stream from a peer open: dials, reads what the peer writes, and dials again 100 ms after the
 * last attempt when it is refused, breaks, or falls silent.
 */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  #connection: ClientConnection | undefined;
  #timer: Timer | undefined;
  #dialledAt = 0;
  #stopped = false;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    options.logger.info("started stream reader with remote peer", this.#fields());
    void this.#run();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.cancel();
    this.#connection?.close(new PeerError("STOPPED", "stream reader is stopped"));
    this.#options.logger.info("stopped stream reader with remote peer", this.#fields());
  }

  #fields(): Record<string, string> {
    const { kind, identity, peerId } = this.#options;
    return {
      "stream-reader-type": STREAM_KINDS[kind].name,
      "local-member-id": hexId(identity.memberId),
      "remote-peer-id": hexId(peerId),
    };
  }

  async #run(): Promise<void> {
    const { clock, status, kind, logger } = this.#options;
    this.#dialledAt = clock.monotonic();
    const { name } = STREAM_KINDS[kind];
    try {
      const stream = await this.#open();
      if (this.#stopped) return;
      status.activate();
      logger.info("established TCP streaming connection with remote peer", this.#fields());
      const error = await stream.ended;
      if (this.#stopped) return;
      logger.warn("lost TCP streaming connection with remote peer", {
        ...this.#fields(),
        error: error.message,
      });
      // A peer that ends the stream in good order is about to stop; that it is gone is seen by dialling.
      if (error.message !== "EOF") status.deactivate(name, "read", error.message);
    } catch (error) {
      if (this.#stopped) return;
      status.deactivate(name, "dial", textOf(error));
    }
    const wait = this.#dialledAt + REDIAL_MS - clock.monotonic();
    this.#timer = clock.setTimer(Math.max(0, wait), () => void this.#run());
  }

  /** Resolves when the peer has begun to send; `ended` when the stream is over. */
  async #open(): Promise<{ ended: Promise<Error> }> {
    const { dial, urls, peerId, identity, kind } = this.#options;
    const url = urls.current;
    try {
      const connection = new ClientConnection(await dial(url));
      if (this.#stopped) connection.close(new PeerError("STOPPED", "stream reader is stopped"));
      this.#connection = connection;
      const head = requestBytes(url.authority, {
        method: "GET",
        path: `${STREAM_KINDS[kind].path}/${hexId(identity.memberId)}`,
        headers: { ...requestHeaders(identity), "X-Raft-To": hexId(peerId) },
      });
      return await this.#begin(connection, head);
    } catch (error) {
      urls.failed(url);
      throw error;
    }
  }

  /** Sends the request; the body of a good reply goes to a new decoder, that of another is read. */
  #begin(connection: ClientConnection, request: Uint8Array): Promise<{ ended: Promise<Error> }> {
    return new Promise((resolve, reject) => {
      let end: (error: Error) => void = () => undefined;
      const ended = new Promise<Error>((resolveEnd) => (end = resolveEnd));
      const watch = this.#watchSilence(connection);
      connection.onGone = (error) => {
        watch.cancel();
        end(error);
        reject(error);
      };
      let head: ReplyHead | undefined;
      let decoder: StreamDecoder | undefined;
      const refusal: Uint8Array[] = [];
      let length = 0;
      connection.request(request, {
        onHead: (found) => {
          head = found;
          if (found.status !== 200) return;
          if (serverVersionOf(found.headers) === undefined) {
            throw new PeerError("REFUSED", "the peer's version cannot be read");
          }
          decoder = this.#options.decoder();
          resolve({ ended });
        },
        onBody: (bytes) => {
          if (decoder !== undefined) return decoder.feed(bytes);
          length += bytes.length;
          if (length > REPLY_BYTES_MAX) throw new PeerError("BAD_HTTP", "a refusal without end");
          refusal.push(bytes);
        },
        onEnd: () => {
          if (decoder === undefined && head !== undefined) {
            const text = Buffer.concat(refusal).toString().replace(/\n$/, "");
            reject(this.#refused({ status: head.status, headers: head.headers, text }));
          }
          connection.close(new PeerError("DISCONNECTED", "EOF"));
        },
      });
    });
  }

  /** Closes a connection on which nothing arrives. One timer, set again for what was left when it fired. */
  #watchSilence(connection: ClientConnection): Timer {
    const { clock } = this.#options;
    let heardAt = clock.monotonic();
    let timer: Timer;
    connection.onActivity = () => (heardAt = clock.monotonic());
    const look = (): void => {
      const left = heardAt + READ_TIMEOUT_MS - clock.monotonic();
      if (left > 0) timer = clock.setTimer(left, look);
      else connection.close(new PeerError("TIMED_OUT", "i/o timeout"));
    };
    timer = clock.setTimer(READ_TIMEOUT_MS, look);
    return { cancel: () => timer.cancel() };
  }

  #refused({ status, text, headers }: RefusalText): PeerError {
    const { logger, peerId, identity } = this.#options;
    const local = { "local-member-id": hexId(identity.memberId) };
    const remote = { "remote-peer-id": hexId(peerId) };
    if (status === 410) {
      this.#options.onRemoved();
      return new PeerError("REMOVED", REMOVED_TEXT);
    }
    if (status === 404) {
      return new PeerError(
        "REFUSED",
        `peer ${hexId(peerId)} failed to find local node ${hexId(identity.memberId)}`,
      );
    }
    if (status !== 412) return new PeerError("REFUSED", `unhandled http status ${status}`);
    if (text === "incompatible version") {
      logger.warn("request sent was ignored by remote peer due to server version incompatibility", {
        ...local,
        ...remote,
        error: text,
      });
    } else if (text === "cluster ID mismatch") {
      logger.warn("request sent was ignored by remote peer due to cluster ID mismatch", {
        ...remote,
        "remote-peer-cluster-id": headers.get("x-etcd-cluster-id") ?? "",
        ...local,
        "local-member-cluster-id": hexId(identity.clusterId),
        error: text,
      });
    } else {
      return new PeerError("REFUSED", `unhandled error "${text}" when precondition failed`);
    }
    return new PeerError("REFUSED", text);
  }
}
