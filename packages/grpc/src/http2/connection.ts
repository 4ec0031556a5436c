import type { Clock, Socket } from "@nodetcd/runtime";
import { HpackDecoder } from "../hpack/decoder.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import {
  CONNECTION_WINDOW_BYTES,
  EMPTY_FRAME_ALLOWANCE,
  PAUSE_READING_BYTES,
  PING_ALLOWANCE,
  RESET_ALLOWANCE,
  SETTINGS_ALLOWANCE,
  STREAM_ERROR_ALLOWANCE,
} from "../limits.ts";
import { AbuseGuard } from "./abuse-guards.ts";
import { ConnectionEnd } from "./connection-end.ts";
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  Flag,
  FrameType,
  readUint31,
  readUint32,
  WINDOW_MAX,
} from "./frame.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { HeaderBlockReader } from "./header-block-reader.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import { Output } from "./output.ts";
import { unpad } from "./padding.ts";
import { checkPriority } from "./priority.ts";
import { ResetStreams } from "./reset-streams.ts";
import { readSettings, Setting } from "./settings.ts";
import type { Stream, StreamHost } from "./stream.ts";
import {
  writeGoAway,
  writePing,
  writeReset,
  writeSettingsAck,
  writeWindowUpdate,
} from "./write-control.ts";

/** What differs between the server's and the client's end of a connection. */
export interface ConnectionRole {
  /** HEADERS for a stream that is not open. The block must be decoded, whatever becomes of it. */
  onNewStream(id: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void;
  /** True while no frame of this stream can have been sent. */
  isIdle(id: number): boolean;
  /** A PING that wants an answer; raises where it comes too early. */
  onPing(): void;
  onPingAnswer(): void;
  /** The peer's SETTINGS have been taken. */
  onSettings(): void;
  onGoAway(lastStreamId: number, code: number, text: string): void;
  /** A stream is over. */
  onForget(): void;
  /** The connection is gone; its streams have heard of it. Called once. */
  onClosed(reason: string): void;
}

/**
 * One end of an HTTP/2 connection (RFC 9113) after the preface: frames, settings, flow control,
 * header compression and the streams. Mistakes of the peer end a stream or the connection, never more.
 */
export class Connection implements FrameSink, StreamHost {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly output: Output;
  readonly decoder: HpackDecoder = new HpackDecoder();
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly streams: Map<number, Stream> = new Map();
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
  readonly #blocks: HeaderBlockReader;
  readonly #end: ConnectionEnd;
  readonly #waiting = new Set<Stream>();
  readonly #resets = new ResetStreams();
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #credit = 0;
  #settled = false;
  #paused = false;
  readonly #resetGuard: AbuseGuard;
  readonly #settingsGuard: AbuseGuard;
  readonly #pingGuard: AbuseGuard;
  readonly #emptyGuard: AbuseGuard;
  readonly #errorGuard: AbuseGuard;

  constructor(socket: Socket, clock: Clock, role: ConnectionRole) {
    this.socket = socket;
    this.clock = clock;
    this.#role = role;
    this.heardAt = clock.monotonic();
    this.output = new Output(socket);
    this.output.onFlushed = () => this.#pumpWaiting();
    this.#reader = new FrameReader(this);
    this.#emptyGuard = new AbuseGuard(clock, "empty frames", EMPTY_FRAME_ALLOWANCE);
    this.#resetGuard = new AbuseGuard(clock, "cancelled calls", RESET_ALLOWANCE);
    this.#settingsGuard = new AbuseGuard(clock, "SETTINGS frames", SETTINGS_ALLOWANCE);
    this.#pingGuard = new AbuseGuard(clock, "PING frames", PING_ALLOWANCE);
    this.#errorGuard = new AbuseGuard(clock, "faulty streams", STREAM_ERROR_ALLOWANCE);
    this.#blocks = new HeaderBlockReader(this.#emptyGuard);
    this.#end = new ConnectionEnd(socket, clock, this.output);
    socket.onData = (chunk) => this.receive(chunk);
    socket.onEnd = () => this.close("the peer has closed the connection");
    socket.onDrain = () => this.#onDrain();
    socket.onClose = (error) => this.#onClose(error);
  }

  /** No more frames are taken: the connection is over or about to be. */
  get deaf(): boolean {
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
    if (this.deaf) return;
    this.receivedBytes += chunk.length;
    this.heardAt = this.clock.monotonic();
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#paused && this.output.queuedBytes > PAUSE_READING_BYTES) {
      this.#paused = true;
      this.socket.pause();
    }
  }

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    try {
      this.#dispatch(type, flags, streamId, bytes, start, end);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.streamId === 0) throw error;
      this.#errorGuard.count();
      this.#resetStream(error.streamId, error.code, error.message);
    }
  }

  #dispatch(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.#blocks.open && type !== FrameType.CONTINUATION) {
      throw protocolError("A header block is interrupted by another frame");
    }
    if (!this.#settled && type !== FrameType.SETTINGS) {
      throw protocolError("The first frame is not SETTINGS");
    }
    switch (type) {
      case FrameType.DATA:
        this.#onData(flags, streamId, bytes, start, end);
        return;
      case FrameType.HEADERS:
      case FrameType.CONTINUATION:
        this.#onHeaders(type, flags, streamId, bytes, start, end);
        return;
      case FrameType.PRIORITY:
        if (streamId === 0) throw protocolError("PRIORITY without a stream");
        checkPriority(streamId, bytes, start, end);
        return;
      case FrameType.RST_STREAM:
        this.#onReset(streamId, bytes, start, end);
        return;
      case FrameType.SETTINGS:
        this.#onSettings(flags, streamId, bytes, start, end);
        return;
      case FrameType.PUSH_PROMISE:
        throw protocolError("PUSH_PROMISE is not allowed");
      case FrameType.PING:
        this.#onPing(flags, streamId, bytes, start, end);
        return;
      case FrameType.GOAWAY:
        this.#onGoAway(streamId, bytes, start, end);
        return;
      case FrameType.WINDOW_UPDATE:
        this.#onWindowUpdate(streamId, bytes, start, end);
        return;
      default:
        return;
    }
  }

  #onData(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw protocolError("DATA without a stream");
    const flowBytes = end - start;
    this.#takeConnectionWindow(flowBytes);
    const endStream = (flags & Flag.END_STREAM) !== 0;
    if (flowBytes === 0 && !endStream) this.#emptyGuard.count();
    if ((flags & Flag.PADDED) !== 0) {
      end = unpad(bytes, start, end);
      start++;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.#onLateFrame(streamId);
      return;
    }
    if (stream.remoteClosed) {
      throw new Http2Error(ErrorCode.STREAM_CLOSED, "DATA after the end of the stream", streamId);
    }
    stream.receiveData(bytes, start, end, flowBytes);
    if (endStream) stream.receiveEnd();
  }

  #takeConnectionWindow(count: number): void {
    if (count > this.#receiveWindow) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Connection window exceeded");
    }
    this.#receiveWindow -= count;
    this.#credit += count;
    if (this.#credit < CONNECTION_WINDOW_BYTES / 2) return;
    writeWindowUpdate(this.output, 0, this.#credit);
    this.#receiveWindow += this.#credit;
    this.#credit = 0;
  }

  /** A frame for a stream that is closed (ignored when this side has reset it) or idle. */
  #onLateFrame(streamId: number): void {
    if (this.#role.isIdle(streamId)) throw protocolError(`Stream ${streamId} is idle`);
    if (this.#resets.has(streamId)) return;
    throw new Http2Error(ErrorCode.STREAM_CLOSED, "The stream is closed", streamId);
  }

  #onHeaders(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (type === FrameType.HEADERS && streamId === 0)
      throw protocolError("HEADERS without a stream");
    const block = this.#blocks.take(type, flags, streamId, bytes, start, end);
    if (block === undefined) return;
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.#role.onNewStream(streamId, block.bytes, block.start, block.end, block.endStream);
    } else if (stream.remoteClosed) {
      throw new Http2Error(ErrorCode.STREAM_CLOSED, "HEADERS after the end of the stream");
    } else {
      stream.owner.onHeaderBlock(block.bytes, block.start, block.end, block.endStream);
      if (block.endStream) stream.receiveEnd();
    }
  }

  /** True when this side has reset the stream and the peer may not know yet. */
  wasReset(streamId: number): boolean {
    return this.#resets.has(streamId);
  }

  #onReset(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("RST_STREAM");
    if (streamId === 0) throw protocolError("RST_STREAM without a stream");
    if (this.#role.isIdle(streamId)) throw protocolError("RST_STREAM of an idle stream");
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    this.#resetGuard.count();
    const code = readUint32(bytes, start);
    stream.abort(code <= 0xd ? (code as ErrorCode) : ErrorCode.INTERNAL_ERROR, "reset by the peer");
  }

  #onSettings(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (streamId !== 0) throw protocolError("SETTINGS on a stream");
    if ((flags & Flag.ACK) !== 0) {
      if (end > start) throw sizeError("SETTINGS acknowledgement");
      return;
    }
    this.#settingsGuard.count();
    const windowBefore = this.peerWindow;
    readSettings(bytes, start, end, (id, value) => this.#takeSetting(id, value));
    this.#settled = true;
    writeSettingsAck(this.output);
    if (this.peerWindow > windowBefore) for (const stream of this.streams.values()) stream.pump();
    this.#role.onSettings();
  }

  #takeSetting(id: number, value: number): void {
    if (id === Setting.HEADER_TABLE_SIZE) this.encoder.limitTable(value);
    else if (id === Setting.MAX_CONCURRENT_STREAMS) this.peerMaxStreams = value;
    // Longer frames would only make streams wait longer for each other.
    else if (id === Setting.INITIAL_WINDOW_SIZE) {
      const delta = value - this.peerWindow;
      this.peerWindow = value;
      try {
        for (const stream of this.streams.values()) stream.addSendWindow(delta);
      } catch (error) {
        if (!(error instanceof Http2Error)) throw error;
        throw new Http2Error(error.code, error.message);
      }
    }
  }

  #onPing(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId !== 0) throw protocolError("PING on a stream");
    if (end - start !== 8) throw sizeError("PING");
    if ((flags & Flag.ACK) !== 0) {
      this.#role.onPingAnswer();
      return;
    }
    this.#pingGuard.count();
    this.#role.onPing();
    writePing(this.output, Flag.ACK, bytes.subarray(start, end));
  }

  #onGoAway(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId !== 0) throw protocolError("GOAWAY on a stream");
    if (end - start < 8) throw sizeError("GOAWAY");
    const text = Buffer.from(bytes.subarray(start + 8, end)).toString("latin1");
    this.#role.onGoAway(readUint31(bytes, start), readUint32(bytes, start + 4), text);
  }

  #onWindowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw sizeError("WINDOW_UPDATE");
    const increment = readUint31(bytes, start);
    if (streamId === 0) {
      if (increment === 0) throw protocolError("WINDOW_UPDATE by 0");
      if (this.sendWindow + increment > WINDOW_MAX) {
        throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Connection window overflows");
      }
      this.sendWindow += increment;
      this.#pumpWaiting();
      return;
    }
    if (this.#role.isIdle(streamId)) throw protocolError("WINDOW_UPDATE of an idle stream");
    if (increment === 0) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0", streamId);
    }
    const stream = this.streams.get(streamId);
    stream?.addSendWindow(increment);
    stream?.pump();
  }

  waitForRoom(stream: Stream): void {
    this.#waiting.add(stream);
  }

  #pumpWaiting(): void {
    while (this.#waiting.size > 0 && this.sendWindow > 0 && !this.output.full) {
      const [stream] = this.#waiting;
      this.#waiting.delete(stream!);
      if (!stream!.over) stream!.pump();
    }
  }

  #onDrain(): void {
    this.output.unblock();
    this.#pumpWaiting();
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
  #resetStream(streamId: number, code: ErrorCode, message: string): void {
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

  #fail(error: unknown): void {
    if (!(error instanceof Http2Error)) throw error;
    this.goAway(0, error.code, error.message);
    this.#end.begin();
    this.#abortStreams(`connection error: ${error.message}`);
  }

  /** Says GOAWAY; the connection stays open for the streams that there are. */
  goAway(lastStreamId: number, code: ErrorCode, text: string): void {
    writeGoAway(this.output, lastStreamId, code, text);
  }

  /** Ends the connection once everything queued has left. Open streams are aborted. */
  close(reason: string): void {
    if (this.#end.begun) return;
    this.#end.begin();
    this.#abortStreams(reason);
  }

  /** Ends the connection at once. */
  destroy(reason: string): void {
    this.#end.destroy();
    this.#abortStreams(reason);
  }

  #onClose(error: Error | undefined): void {
    this.#end.finish();
    const reason = error === undefined ? "the connection was closed" : error.message;
    this.#abortStreams(reason);
    this.#role.onClosed(reason);
  }

  #abortStreams(reason: string): void {
    for (const stream of this.streams.values()) stream.abort(undefined, reason);
  }
}

function protocolError(message: string): Http2Error {
  return new Http2Error(ErrorCode.PROTOCOL_ERROR, message);
}

function sizeError(frame: string): Http2Error {
  return new Http2Error(ErrorCode.FRAME_SIZE_ERROR, `${frame} has a wrong length`);
}
