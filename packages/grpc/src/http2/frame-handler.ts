import type { MonotonicMap } from "@nodetcd/bytes";
import type { Clock } from "@nodetcd/runtime";
import type { HpackEncoder } from "../hpack/encoder.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import {
  EMPTY_FRAME_ALLOWANCE,
  PING_ALLOWANCE,
  RESET_ALLOWANCE,
  SETTINGS_ALLOWANCE,
  STREAM_ERROR_ALLOWANCE,
} from "../limits.ts";
import { AbuseGuard } from "./abuse-guards.ts";
import { checkFrame } from "./check-frame.ts";
import type { ConnectionRole } from "./connection-role.ts";
import { Flag, FrameType, readUint31, readUint32, WINDOW_MAX } from "./frame.ts";
import type { FrameSink } from "./frame-reader.ts";
import { HeaderBlockReader } from "./header-block-reader.ts";
import type { Output } from "./output.ts";
import { unpad } from "./padding.ts";
import { checkPriority } from "./priority.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { readSettings, Setting } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { writePing, writeSettingsAck } from "./write-control.ts";

/** What frames act upon: the connection. */
export interface FrameTarget {
  readonly clock: Clock;
  readonly output: Output;
  readonly encoder: HpackEncoder;
  readonly streams: MonotonicMap<Stream>;
  /** No more frames are taken. */
  readonly closing: boolean;
  /** Header blocks and messages sent. */
  readonly answers: number;
  sendWindow: number;
  peerWindow: number;
  peerMaxStreams: number;
  pumpWaiting(): void;
  wasReset(streamId: number): boolean;
  resetStream(streamId: number, code: ErrorCode, reason: string): void;
}

interface Guards {
  readonly empty: AbuseGuard;
  readonly errors: AbuseGuard;
  readonly pings: AbuseGuard;
  readonly resets: AbuseGuard;
  readonly settings: AbuseGuard;
}

function makeGuards(clock: Clock): Guards {
  return {
    empty: new AbuseGuard(clock, "empty frames", EMPTY_FRAME_ALLOWANCE),
    errors: new AbuseGuard(clock, "faulty streams", STREAM_ERROR_ALLOWANCE),
    pings: new AbuseGuard(clock, "PING frames", PING_ALLOWANCE),
    resets: new AbuseGuard(clock, "cancelled calls", RESET_ALLOWANCE),
    settings: new AbuseGuard(clock, "SETTINGS frames", SETTINGS_ALLOWANCE),
  };
}

/**
 * What each received frame does to its connection. A mistake that concerns one stream resets it; any
 * other one is raised as `Http2Error` and ends the connection.
 */
export class FrameHandler implements FrameSink {
  readonly #connection: FrameTarget;
  readonly #role: ConnectionRole;
  readonly #guards: Guards;
  readonly #blocks: HeaderBlockReader;
  readonly #window = new ReceiveWindow();
  #settled = false;
  /** PINGs that were paid for by `connection.answers`. */
  #paidPings = 0;

  constructor(connection: FrameTarget, role: ConnectionRole) {
    this.#connection = connection;
    this.#role = role;
    this.#guards = makeGuards(connection.clock);
    this.#blocks = new HeaderBlockReader(this.#guards.empty);
  }

  get closing(): boolean {
    return this.#connection.closing;
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
      // That a call is refused was not known to the peer when it sent it.
      if (error.code !== ErrorCode.REFUSED_STREAM) this.#guards.errors.count();
      this.#connection.resetStream(error.streamId, error.code, error.message);
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
    checkFrame(type, streamId, end - start);
    switch (type) {
      case FrameType.DATA:
        this.#onData(flags, streamId, bytes, start, end);
        return;
      case FrameType.HEADERS:
      case FrameType.CONTINUATION:
        this.#onHeaders(type, flags, streamId, bytes, start, end);
        return;
      case FrameType.PRIORITY:
        checkPriority(streamId, bytes, start, end);
        return;
      case FrameType.RST_STREAM:
        this.#onReset(streamId, bytes, start);
        return;
      case FrameType.SETTINGS:
        this.#onSettings(flags, bytes, start, end);
        return;
      case FrameType.PUSH_PROMISE:
        throw protocolError("PUSH_PROMISE is not allowed");
      case FrameType.PING:
        this.#onPing(flags, bytes, start, end);
        return;
      case FrameType.GOAWAY:
        this.#onGoAway(bytes, start, end);
        return;
      case FrameType.WINDOW_UPDATE:
        this.#onWindowUpdate(streamId, bytes, start);
        return;
      default:
        return;
    }
  }

  #onData(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const flowBytes = end - start;
    this.#window.take(flowBytes, this.#connection.output);
    const endStream = (flags & Flag.END_STREAM) !== 0;
    if (flowBytes === 0 && !endStream) this.#guards.empty.count();
    if ((flags & Flag.PADDED) !== 0) {
      end = unpad(bytes, start, end);
      start++;
    }
    const stream = this.#connection.streams.get(streamId);
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

  /** A frame for a stream that is closed (ignored when this side has reset it) or idle. */
  #onLateFrame(streamId: number): void {
    if (this.#role.isIdle(streamId)) throw protocolError(`Stream ${streamId} is idle`);
    if (this.#role.ignoresLateData || this.#connection.wasReset(streamId)) return;
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
    const block = this.#blocks.take(type, flags, streamId, bytes, start, end);
    if (block === undefined) return;
    const stream = this.#connection.streams.get(streamId);
    if (stream === undefined) {
      this.#role.onNewStream(streamId, block.bytes, block.start, block.end, block.endStream);
    } else if (stream.remoteClosed) {
      throw new Http2Error(ErrorCode.STREAM_CLOSED, "HEADERS after the end of the stream");
    } else {
      stream.owner.onHeaderBlock(block.bytes, block.start, block.end, block.endStream);
      if (block.endStream) stream.receiveEnd();
    }
  }

  #onReset(streamId: number, bytes: Uint8Array, start: number): void {
    if (this.#role.isIdle(streamId)) throw protocolError("RST_STREAM of an idle stream");
    const stream = this.#connection.streams.get(streamId);
    if (stream === undefined) return;
    this.#guards.resets.count();
    const code = readUint32(bytes, start);
    stream.abort(code <= 0xd ? (code as ErrorCode) : ErrorCode.INTERNAL_ERROR, "reset by the peer");
  }

  #onSettings(flags: number, bytes: Uint8Array, start: number, end: number): void {
    if ((flags & Flag.ACK) !== 0) {
      if (end > start) {
        throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS acknowledgement is not empty");
      }
      return;
    }
    this.#guards.settings.count();
    const windowBefore = this.#connection.peerWindow;
    readSettings(bytes, start, end, (id, value) => this.#takeSetting(id, value));
    this.#settled = true;
    writeSettingsAck(this.#connection.output);
    if (this.#connection.peerWindow > windowBefore)
      for (const stream of this.#connection.streams.values()) stream.pump();
    this.#role.onSettings();
  }

  #takeSetting(id: number, value: number): void {
    if (id === Setting.HEADER_TABLE_SIZE) this.#connection.encoder.limitTable(value);
    else if (id === Setting.MAX_CONCURRENT_STREAMS) this.#connection.peerMaxStreams = value;
    // Longer frames would only make streams wait longer for each other.
    else if (id === Setting.INITIAL_WINDOW_SIZE) {
      const delta = value - this.#connection.peerWindow;
      this.#connection.peerWindow = value;
      try {
        for (const stream of this.#connection.streams.values()) stream.addSendWindow(delta);
      } catch (error) {
        if (!(error instanceof Http2Error)) throw error;
        throw new Http2Error(error.code, error.message);
      }
    }
  }

  /**
   * Every message sent pays for one PING. gRPC in Go sends one for each message it gets while none is
   * under way, to measure the connection: tens of thousands a second.
   */
  #onPing(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const data = bytes.subarray(start, end);
    if ((flags & Flag.ACK) !== 0) {
      this.#role.onPingAck(data);
      return;
    }
    if (this.#paidPings < this.#connection.answers) this.#paidPings++;
    else this.#guards.pings.count();
    this.#role.onPing();
    writePing(this.#connection.output, Flag.ACK, data);
  }

  #onGoAway(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start + 8, end)).toString("latin1");
    this.#role.onGoAway(readUint31(bytes, start), readUint32(bytes, start + 4), text);
  }

  #onWindowUpdate(streamId: number, bytes: Uint8Array, start: number): void {
    const increment = readUint31(bytes, start);
    if (streamId === 0) {
      if (increment === 0) throw protocolError("WINDOW_UPDATE by 0");
      if (this.#connection.sendWindow + increment > WINDOW_MAX) {
        throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Connection window overflows");
      }
      this.#connection.sendWindow += increment;
      this.#connection.pumpWaiting();
      return;
    }
    if (this.#role.isIdle(streamId)) throw protocolError("WINDOW_UPDATE of an idle stream");
    if (increment === 0) {
      throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0", streamId);
    }
    const stream = this.#connection.streams.get(streamId);
    stream?.addSendWindow(increment);
    stream?.pump();
  }
}

function protocolError(message: string): Http2Error {
  return new Http2Error(ErrorCode.PROTOCOL_ERROR, message);
}
