import type { RaftMessage } from "@nodetcd/messages";
import type { Clock, Logger, Socket, Timer } from "@nodetcd/runtime";
import { AppendEncoder } from "./codec/append-stream.ts";
import { FrameWriter } from "./codec/frame-writer.ts";
import { MessageEncoder, type StreamEncoder } from "./codec/message-stream.ts";
import type { Counters } from "./counters.ts";
import { textOf } from "./errors.ts";
import { hexId } from "./identity.ts";
import {
  CHUNK_BYTES,
  LINGER_MS,
  LINK_HEARTBEAT_MS,
  SOCKET_BYTES_MAX,
  STREAM_BYTES_MAX,
  STREAM_MESSAGES_MAX,
  WRITE_TIMEOUT_MS,
} from "./limits.ts";
import { MessageQueue } from "./message-queue.ts";
import type { PeerStatus } from "./peer-status.ts";
import { STREAM_KINDS, type StreamKind } from "./stream-reader.ts";

const LAST_CHUNK = Buffer.from("0\r\n\r\n");

export interface StreamWriterOptions {
  readonly kind: StreamKind;
  readonly peerId: bigint;
  readonly localId: bigint;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly status: PeerStatus;
  readonly counters: Counters;
  readonly reportUnreachable: (id: bigint) => void;
}

/** The connection in use, and what belongs to it alone. */
interface Attached {
  readonly socket: Socket;
  readonly encoder: StreamEncoder;
  /** Bytes given to the socket. */
  written: number;
  /** Bytes that had left the socket at the last look, and when that last grew. */
  left: number;
  movedAt: number;
}

/**
 * Writes one stream to a peer, on the connection that the peer has opened last. Messages of one turn of the
 * loop leave in one chunk. What cannot leave waits here, up to a bound; a connection that takes nothing
 * for 5 s is given up.
 */
export class StreamWriter {
  readonly #options: StreamWriterOptions;
  readonly #queue = new MessageQueue(STREAM_MESSAGES_MAX, STREAM_BYTES_MAX);
  readonly #frames = new FrameWriter();
  readonly #ticker: Timer;
  #attached: Attached | undefined;
  #scheduled = false;

  constructor(options: StreamWriterOptions) {
    this.#options = options;
    this.#ticker = options.clock.setRepeating(LINK_HEARTBEAT_MS, () => this.#tick());
    options.logger.info("started stream writer with remote peer", this.#ids());
  }

  /** The peer has a stream open here. */
  get working(): boolean {
    return this.#attached !== undefined;
  }

  /** False: there is no room, and the message is not taken. Only while `working`. */
  send(message: RaftMessage): boolean {
    if (!this.#queue.push(message)) return false;
    this.#schedule();
    return true;
  }

  /** Takes over a connection on which a good reply has begun; the one before it ends. */
  attach(socket: Socket): void {
    const { logger, status, clock, kind } = this.#options;
    const replaced = this.#detach();
    const encoder = kind === "append" ? new AppendEncoder() : new MessageEncoder();
    const attached = { socket, encoder, written: 0, left: 0, movedAt: clock.monotonic() };
    this.#attached = attached;
    socket.onDrain = () => this.#schedule();
    socket.onEnd = () => socket.destroy();
    // A peer that reads has nothing to say.
    socket.onData = () => socket.destroy();
    socket.onClose = (error) => {
      if (this.#attached === attached)
        this.#lose("write", error?.message ?? "connection is closed");
    };
    status.activate();
    const fields = this.#fields();
    if (replaced) logger.warn("closed TCP streaming connection with remote peer", fields);
    logger.info("established TCP streaming connection with remote peer", fields);
  }

  stop(): void {
    const { logger, kind, peerId } = this.#options;
    this.#ticker.cancel();
    const fields = {
      "stream-writer-type": STREAM_KINDS[kind].name,
      "remote-peer-id": hexId(peerId),
    };
    if (this.#detach()) logger.warn("closed TCP streaming connection with remote peer", fields);
    logger.info("stopped TCP streaming connection with remote peer", fields);
  }

  #ids(): Record<string, string> {
    const { localId, peerId } = this.#options;
    return { "local-member-id": hexId(localId), "remote-peer-id": hexId(peerId) };
  }

  #fields(): Record<string, string> {
    return { "stream-writer-type": STREAM_KINDS[this.#options.kind].name, ...this.#ids() };
  }

  /** Ends the stream in good order; what waits is dropped, raft sends again what it misses. */
  #detach(): boolean {
    const attached = this.#attached;
    if (attached === undefined) return false;
    this.#attached = undefined;
    this.#queue.clear();
    const { socket } = attached;
    // A peer that does not take the end is not waited for.
    const timer = this.#options.clock.setTimer(LINGER_MS, () => socket.destroy());
    socket.onClose = () => timer.cancel();
    socket.write(LAST_CHUNK);
    socket.end();
    return true;
  }

  #lose(action: "write" | "heartbeat", reason: string): void {
    const { status, kind, counters, peerId, logger, reportUnreachable } = this.#options;
    const attached = this.#attached;
    if (attached === undefined) return;
    this.#attached = undefined;
    this.#queue.clear();
    status.deactivate(STREAM_KINDS[kind].name, action, reason);
    counters.sentFailures.add(hexId(peerId), 1);
    attached.socket.destroy();
    logger.warn("lost TCP streaming connection with remote peer", this.#fields());
    reportUnreachable(peerId);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.defer(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const attached = this.#attached;
    if (attached === undefined) return;
    try {
      while (this.#queue.length > 0 && attached.socket.queuedBytes < SOCKET_BYTES_MAX) {
        this.#writeChunk(attached);
      }
    } catch (error) {
      this.#lose("write", textOf(error));
    }
  }

  #writeChunk(attached: Attached): void {
    const { counters, peerId } = this.#options;
    let bytes = 0;
    while (this.#frames.length < CHUNK_BYTES) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      bytes += attached.encoder.message(this.#frames, message);
    }
    counters.sentBytes.add(hexId(peerId), bytes);
    this.#write(attached);
  }

  #write(attached: Attached): void {
    const chunk = this.#frames.finish();
    attached.written += chunk.length;
    attached.socket.write(chunk);
  }

  /** Says that this side is there, and looks whether the other one takes what it is sent. */
  #tick(): void {
    const attached = this.#attached;
    if (attached === undefined) return;
    const now = this.#options.clock.monotonic();
    const left = attached.written - attached.socket.queuedBytes;
    if (left > attached.left || attached.socket.queuedBytes === 0) {
      attached.left = left;
      attached.movedAt = now;
    } else if (now - attached.movedAt >= WRITE_TIMEOUT_MS) {
      return this.#lose("heartbeat", "i/o timeout");
    }
    // What waits says it as well.
    if (attached.socket.queuedBytes > 0) return;
    const { counters, peerId } = this.#options;
    counters.sentBytes.add(hexId(peerId), attached.encoder.linkHeartbeat(this.#frames));
    this.#write(attached);
  }
}
