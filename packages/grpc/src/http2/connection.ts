import { MonotonicMap } from "@nodetcd/bytes";
import type { Clock, Socket } from "@nodetcd/runtime";
import { HpackDecoder } from "../hpack/decoder.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import { CONNECTION_WINDOW_BYTES, PAUSE_READING_BYTES } from "../limits.ts";
import { ConnectionEnd } from "./connection-end.ts";
import type { ConnectionRole } from "./connection-role.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from "./frame.ts";
import { FrameHandler, type FrameTarget } from "./frame-handler.ts";
import { FrameReader } from "./frame-reader.ts";
import { type ErrorCode, Http2Error } from "../http2-error.ts";
import { Output, type ScheduleFlush } from "./output.ts";
import { ResetStreams } from "./reset-streams.ts";
import type { Stream, StreamHost } from "./stream.ts";
import { writeGoAway, writeReset, writeWindowUpdate } from "./write-control.ts";

/**
 * One end of an HTTP/2 connection (RFC 9113) after the preface: frames, settings, flow control,
 * header compression and the streams. Mistakes of the peer end a stream or the connection, never more.
 */
export class Connection implements StreamHost, FrameTarget {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly output: Output;
  readonly decoder: HpackDecoder = new HpackDecoder();
  readonly encoder: HpackEncoder = new HpackEncoder();
  /** Ids rise on both sides (RFC 9113 section 5.1.1). */
  readonly streams: MonotonicMap<Stream> = new MonotonicMap();
  sendWindow: number = DEFAULT_WINDOW_BYTES;
  peerWindow: number = DEFAULT_WINDOW_BYTES;
  peerFrameBytes: number = DEFAULT_FRAME_BYTES;
  peerMaxStreams: number = Infinity;
  queuedBytes = 0;
  receivedBytes = 0;
  /** Counts header blocks and messages sent; for the keepalive rules. */
  answers = 0;
  /** Monotonic milliseconds at which something arrived last. */
  heardAt: number;
  readonly #role: ConnectionRole;
  readonly #reader: FrameReader;
  readonly #end: ConnectionEnd;
  readonly #waiting = new Set<Stream>();
  readonly #resets = new ResetStreams();
  #paused = false;
  /** Why this side ends the connection. */
  #reason: string | undefined;

  constructor(socket: Socket, clock: Clock, role: ConnectionRole, schedule: ScheduleFlush) {
    this.socket = socket;
    this.clock = clock;
    this.#role = role;
    this.heardAt = clock.monotonic();
    this.output = new Output(socket, schedule);
    this.output.onFlushed = () => {
      this.pumpWaiting();
      this.#role.onSent();
    };
    this.#reader = new FrameReader(new FrameHandler(this, role));
    this.#end = new ConnectionEnd(socket, clock, this.output);
    socket.onData = (chunk) => this.receive(chunk);
    socket.onEnd = () => this.close("the peer has closed the connection");
    socket.onDrain = () => this.#onDrain();
    socket.onClose = (error) => this.#onClose(error);
  }

  /** No more frames are taken: the connection is over or about to be. */
  get closing(): boolean {
    return this.#end.begun;
  }

  /** The first frames of this side; `settings` is a SETTINGS frame, borrowed for good. */
  open(preface: Uint8Array, settings: Uint8Array): void {
    if (preface.length > 0) this.output.push(preface);
    this.output.push(settings);
    writeWindowUpdate(this.output, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  }

  /** Takes bytes of the socket. */
  receive(chunk: Uint8Array): void {
    if (this.closing) return;
    this.receivedBytes += chunk.length;
    this.heardAt = this.clock.monotonic();
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.#fail(error);
    }
    this.#role.onRead();
    if (!this.#paused && this.output.queuedBytes > PAUSE_READING_BYTES) {
      this.#paused = true;
      this.socket.pause();
    }
  }

  waitForRoom(stream: Stream): void {
    this.#waiting.add(stream);
  }

  /** Lets waiting streams send, in turns. */
  pumpWaiting(): void {
    while (this.#waiting.size > 0 && this.sendWindow > 0 && !this.output.full) {
      const [stream] = this.#waiting;
      this.#waiting.delete(stream!);
      if (!stream!.over) stream!.pump();
    }
  }

  #onDrain(): void {
    this.output.unblock();
    this.pumpWaiting();
    if (this.#paused && this.output.queuedBytes <= PAUSE_READING_BYTES) {
      this.#paused = false;
      this.socket.resume();
    }
  }

  forget(stream: Stream, reset: boolean): void {
    this.streams.delete(stream.id);
    this.#waiting.delete(stream);
    if (reset) this.#resets.add(stream.id);
    this.#role.onForget();
  }

  /** Refuses or gives up a stream, open or not. */
  resetStream(streamId: number, code: ErrorCode, message: string): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.refuse(streamId, code);
      return;
    }
    const { owner } = stream;
    stream.reset(code);
    owner.onReset(code, message);
  }

  /** RST_STREAM for a stream that was never opened here. */
  refuse(streamId: number, code: ErrorCode): void {
    this.#resets.add(streamId);
    writeReset(this.output, streamId, code);
  }

  /** True when this side has reset the stream and the peer may not know yet. */
  wasReset(streamId: number): boolean {
    return this.#resets.has(streamId);
  }

  #fail(error: unknown): void {
    if (!(error instanceof Http2Error)) throw error;
    this.goAway(this.#role.lastStreamId, error.code, error.message);
    this.close(`connection error: ${error.message}`);
  }

  /** Says GOAWAY; the connection stays open for the streams that there are. */
  goAway(lastStreamId: number, code: ErrorCode, text: string): void {
    writeGoAway(this.output, lastStreamId, code, text);
  }

  /** Ends the connection once everything queued has left. Open streams are aborted. */
  close(reason: string): void {
    if (this.#end.begun) return;
    this.#reason = reason;
    this.#end.begin();
    this.#abortStreams(reason);
  }

  /** Ends the connection at once. */
  destroy(reason: string): void {
    this.#reason ??= reason;
    this.#end.destroy();
    this.#abortStreams(reason);
  }

  #onClose(error: Error | undefined): void {
    this.#end.finish();
    const reason = this.#reason ?? error?.message ?? "the connection was closed";
    this.#abortStreams(reason);
    this.#role.onClosed(reason);
  }

  #abortStreams(reason: string): void {
    for (const stream of this.streams.values()) stream.abort(undefined, reason);
  }
}
