import type { Clock, Socket } from "@nodetcd/runtime";
import { BlockCache } from "../hpack/block-cache.ts";
import { Connection } from "../http2/connection.ts";
import type { ConnectionRole } from "../http2/connection-role.ts";
import { CLIENT_PREFACE, STREAM_ID_MAX } from "../http2/frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import { Keepalive } from "../http2/keepalive.ts";
import { Setting, settingsFrame } from "../http2/settings.ts";
import { Stream, type StreamOwner } from "../http2/stream.ts";
import { HEADER_LIST_BYTES_MAX, STREAM_WINDOW_BYTES } from "../limits.ts";
import type { AssemblyBudget } from "../message/message-reader.ts";
import type { ChannelKeepalive } from "./channel-options.ts";
import { RequestBlocks } from "./request-blocks.ts";
import { readResponseHead, type ResponseHead } from "./response-head.ts";

/** What a connection tells its channel. */
export interface ClientConnectionEvents {
  /** The server has sent its settings: calls may begin. */
  onReady(connection: ClientConnection): void;
  /** There may be room for another call. */
  onRoom(connection: ClientConnection): void;
  /** No more calls on this connection; those that run may go on. */
  onRetired(connection: ClientConnection): void;
  /** Gone; its calls have heard of it. */
  onGone(connection: ClientConnection, reason: string): void;
}

const SETTINGS = settingsFrame([
  [Setting.ENABLE_PUSH, 0],
  [Setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
  [Setting.MAX_HEADER_LIST_SIZE, HEADER_LIST_BYTES_MAX],
]);

/** The client's end of one HTTP/2 connection. */
export class ClientConnection implements ConnectionRole {
  readonly connection: Connection;
  readonly blocks: RequestBlocks;
  readonly limits: { readonly maxBytes: number; readonly budget: AssemblyBudget };
  /** Servers open no streams. */
  readonly lastStreamId = 0;
  readonly ignoresLateData = true;
  readonly #events: ClientConnectionEvents;
  readonly #heads = new BlockCache<ResponseHead>();
  readonly #keepalive: Keepalive | undefined;
  #nextStreamId = 1;
  #ready = false;
  #retired = false;

  constructor(
    socket: Socket,
    clock: Clock,
    options: {
      readonly authority: string;
      readonly maxBytes: number;
      readonly keepalive: ChannelKeepalive | undefined;
    },
    events: ClientConnectionEvents,
  ) {
    this.#events = events;
    this.blocks = new RequestBlocks(options.authority);
    this.limits = { maxBytes: options.maxBytes, budget: { used: 0, max: Infinity } };
    this.connection = new Connection(socket, clock, this, queueMicrotask);
    this.connection.open(CLIENT_PREFACE, SETTINGS);
    const { keepalive } = options;
    if (keepalive === undefined) return;
    const wanted = (): boolean =>
      keepalive.withoutCalls === true || this.connection.streams.size > 0;
    this.#keepalive = new Keepalive(this.connection, keepalive, wanted);
  }

  /** True when a call can begin right now. */
  get hasRoom(): boolean {
    return (
      this.#ready && !this.#retired && this.connection.streams.size < this.connection.peerMaxStreams
    );
  }

  /** Opens a stream; `hasRoom` must have said yes. The owner sends the header block first. */
  openStream(owner: StreamOwner): Stream {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new Stream(id, this.connection, owner, this.connection.peerWindow);
    this.connection.streams.add(id, stream);
    if (this.#nextStreamId > STREAM_ID_MAX - 2) this.retire();
    return stream;
  }

  /** Looks a header block up, or decodes it. */
  readHead(bytes: Uint8Array, start: number, end: number): ResponseHead {
    const { decoder } = this.connection;
    const generation = decoder.table.generation;
    const known = this.#heads.find(bytes, start, end, generation);
    if (known !== undefined) return known;
    const head = readResponseHead(decoder, bytes, start, end);
    if (decoder.table.generation === generation) {
      this.#heads.add(bytes, start, end, generation, head);
    }
    return head;
  }

  /** No more calls; closes when the last one has ended. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#events.onRetired(this);
    if (this.connection.streams.size === 0) this.connection.close("no more calls");
  }

  onNewStream(id: number, bytes: Uint8Array, start: number, end: number): void {
    this.readHead(bytes, start, end);
    if (this.isIdle(id)) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "The server opened a stream");
    }
  }

  isIdle(id: number): boolean {
    return id >= this.#nextStreamId || (id & 1) === 0;
  }

  onPing(): void {}
  onPingAck(): void {}

  onSettings(): void {
    if (this.#ready) this.#events.onRoom(this);
    else {
      this.#ready = true;
      this.#events.onReady(this);
    }
  }

  onGoAway(lastStreamId: number, code: number, text: string): void {
    const reason = `the server sent GOAWAY with code ${code}${text === "" ? "" : ` (${text})`}`;
    for (const stream of this.connection.streams.values()) {
      if (stream.id > lastStreamId) stream.abort(undefined, reason);
    }
    this.retire();
  }

  onRead(): void {}

  onSent(): void {}

  onForget(): void {
    if (!this.#retired) this.#events.onRoom(this);
    else if (this.connection.streams.size === 0) this.connection.close("no more calls");
  }

  onClosed(reason: string): void {
    this.#keepalive?.stop();
    this.#events.onGone(this, reason);
  }
}
