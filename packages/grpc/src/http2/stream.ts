import type { EncodedBlock } from "../hpack/encoded-block.ts";
import type { HpackEncoder } from "../hpack/encoder.ts";
import { SEND_HIGH_WATER_BYTES, STREAM_WINDOW_BYTES } from "../limits.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType, WINDOW_MAX, writeFrameHeader } from "./frame.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import type { Output } from "./output.ts";
import { writeReset, writeWindowUpdate } from "./write-control.ts";
import { writeHeaders } from "./write-headers.ts";
import { SendQueue } from "./send-queue.ts";

/** Who takes what arrives on a stream. */
export interface StreamOwner {
  /** Payload of a DATA frame: borrowed, never changes; give it back with `Stream.consumed`. */
  onData(bytes: Uint8Array, start: number, end: number): void;
  /** A further header block of this stream; must be decoded in the call. */
  onHeaderBlock(bytes: Uint8Array, start: number, end: number, endStream: boolean): void;
  /** The peer has sent all it will. */
  onRemoteEnd(): void;
  /**
   * The stream is gone before its time; called at most once, last. Without a code the whole connection
   * is gone, for the reason in the message.
   */
  onReset(code: ErrorCode | undefined, message: string): void;
  /** What was queued has fallen below the high-water mark. */
  onDrain(): void;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly output: Output;
  readonly encoder: HpackEncoder;
  /** Bytes of DATA that the peer takes on the connection. */
  sendWindow: number;
  readonly peerFrameBytes: number;
  /** Bytes queued in all streams. */
  queuedBytes: number;
  /** Grows with whatever streams send. */
  answers: number;
  /** Calls `pump` again once the connection has room. */
  waitForRoom(stream: Stream): void;
  /** The stream is over; `reset`: by RST_STREAM of this side. */
  forget(stream: Stream, reset: boolean): void;
}

/** Most bytes that one stream sends before the next one has its turn. */
const TURN_BYTES = 64 * 1024;

/** One HTTP/2 stream that is not idle and not closed (RFC 9113 section 5.1). */
export class Stream {
  readonly id: number;
  readonly #host: StreamHost;
  owner: StreamOwner;
  remoteClosed = false;
  #localClosed = false;
  #over = false;
  #sendWindow: number;
  #receiveWindow = STREAM_WINDOW_BYTES;
  /** Bytes taken whose credit was not sent to the peer yet. */
  #credit = 0;
  #queue: SendQueue | undefined;
  /** What ends this direction after the queue: trailers, or nothing but the END_STREAM flag. */
  #ending: EncodedBlock | "flag" | undefined;
  #wantsDrain = false;
  #resetAtEnd = false;

  constructor(id: number, host: StreamHost, owner: StreamOwner, sendWindow: number) {
    this.id = id;
    this.#host = host;
    this.owner = owner;
    this.#sendWindow = sendWindow;
  }

  get over(): boolean {
    return this.#over;
  }

  get queuedBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** True when `count` bytes of DATA can leave right now in one frame. */
  hasRoom(count: number): boolean {
    const host = this.#host;
    return (
      this.#queue === undefined &&
      count <= this.#sendWindow &&
      count <= host.sendWindow &&
      count <= host.peerFrameBytes &&
      !host.output.full
    );
  }

  /** Books bytes that the caller writes as DATA itself; `hasRoom` must have said yes. */
  spend(count: number): void {
    this.#sendWindow -= count;
    this.#host.sendWindow -= count;
    this.#host.answers++;
  }

  /** Marks this direction as ended by what the caller has written itself. */
  markEnded(): void {
    this.#localClosed = true;
    this.#closeWhenDone();
  }

  sendHeaders(block: EncodedBlock, endStream: boolean): void {
    if (this.#over || this.#localClosed) return;
    const host = this.#host;
    host.answers++;
    writeHeaders(host.output, this.id, block.bytes(host.encoder), endStream, host.peerFrameBytes);
    if (endStream) this.markEnded();
  }

  /** Sends one borrowed gRPC message and ends this direction with it. */
  sendLastMessage(message: Uint8Array): void {
    if (this.#over || this.#localClosed || this.#ending !== undefined) return;
    this.#ending = "flag";
    this.#queue ??= new SendQueue();
    this.#host.queuedBytes += this.#queue.add(message);
    this.pump();
  }

  /** Sends one borrowed gRPC message. False: above the high-water mark, `onDrain` follows. */
  sendMessage(message: Uint8Array): boolean {
    if (this.#over || this.#localClosed || this.#ending !== undefined) return true;
    this.#queue ??= new SendQueue();
    this.#host.queuedBytes += this.#queue.add(message);
    this.pump();
    if (this.queuedBytes >= SEND_HIGH_WATER_BYTES) this.#wantsDrain = true;
    return !this.#wantsDrain;
  }

  /** Sends borrowed bytes that are no gRPC message and ends this direction with them. */
  sendBody(body: Uint8Array): void {
    if (this.#over || this.#localClosed || this.#queue !== undefined) return;
    this.#ending = "flag";
    this.#queue = new SendQueue();
    this.#host.queuedBytes += this.#queue.addRaw(body);
    this.pump();
  }

  /** Ends this direction after what is queued, with trailers or with a flag only. */
  sendEnd(ending: EncodedBlock | "flag"): void {
    if (this.#over || this.#localClosed || this.#ending !== undefined) return;
    this.#ending = ending;
    this.pump();
  }

  /** Sends what the windows and the socket allow; waits for the connection if that is what stops it. */
  pump(): void {
    const host = this.#host;
    let turn = TURN_BYTES;
    while (this.#queue !== undefined) {
      if (this.#sendWindow <= 0) return;
      if (host.sendWindow <= 0 || host.output.full || turn <= 0) {
        host.waitForRoom(this);
        return;
      }
      const room = Math.min(this.#sendWindow, host.sendWindow, host.peerFrameBytes);
      turn -= this.#sendFrame(this.#queue, room);
    }
    if (this.#ending === undefined || this.#localClosed) return;
    if (this.#ending === "flag") this.#sendEmptyEnd();
    else this.sendHeaders(this.#ending, true);
  }

  #sendFrame(queue: SendQueue, room: number): number {
    const length = queue.frameBytes(room);
    const last = queue.bytes === length && this.#ending === "flag";
    const flags = last ? Flag.END_STREAM : 0;
    this.spend(length);
    this.#host.queuedBytes -= length;
    queue.writeFrame(this.#host.output, this.id, length, flags);
    if (queue.bytes === 0) this.#queue = undefined;
    if (last) this.markEnded();
    if (this.#wantsDrain && this.queuedBytes < SEND_HIGH_WATER_BYTES) {
      this.#wantsDrain = false;
      this.owner.onDrain();
    }
    return length;
  }

  #sendEmptyEnd(): void {
    const { output } = this.#host;
    const offset = output.reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(output.bytes, offset, 0, FrameType.DATA, Flag.END_STREAM, this.id);
    this.markEnded();
  }

  /** Gives up the stream at once and tells the peer. The owner hears nothing. */
  reset(code: ErrorCode): void {
    if (this.#over) return;
    writeReset(this.#host.output, this.id, code);
    this.#finish(true);
  }

  /** As `reset` with NO_ERROR, but after everything queued and the end of this direction. */
  resetWhenSent(): void {
    if (this.#localClosed) this.reset(ErrorCode.NO_ERROR);
    else this.#resetAtEnd = true;
  }

  /** The peer has reset the stream, or the connection is gone. */
  abort(code: ErrorCode | undefined, message: string): void {
    if (this.#over) return;
    this.#finish(false);
    this.owner.onReset(code, message);
  }

  /** A DATA frame of `flowBytes` (padding included) with payload from `start` to `end`. */
  receiveData(bytes: Uint8Array, start: number, end: number, flowBytes: number): void {
    if (flowBytes > this.#receiveWindow) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Stream window exceeded", this.id);
    }
    this.#receiveWindow -= flowBytes;
    if (flowBytes > end - start) this.consumed(flowBytes - (end - start));
    if (end > start) this.owner.onData(bytes, start, end);
  }

  receiveEnd(): void {
    if (this.#over || this.remoteClosed) return;
    this.remoteClosed = true;
    this.owner.onRemoteEnd();
    this.#closeWhenDone();
  }

  /** Lets the peer send this many bytes more. */
  consumed(count: number): void {
    this.#credit += count;
    if (this.#credit < STREAM_WINDOW_BYTES / 2 || this.remoteClosed || this.#over) return;
    this.#receiveWindow += this.#credit;
    writeWindowUpdate(this.#host.output, this.id, this.#credit);
    this.#credit = 0;
  }

  /** Changes the window by what the peer said (`pump` uses it); raises FLOW_CONTROL_ERROR beyond 2^31 - 1. */
  addSendWindow(delta: number): void {
    if (this.#sendWindow + delta > WINDOW_MAX) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Stream window overflows", this.id);
    }
    this.#sendWindow += delta;
  }

  #closeWhenDone(): void {
    if (this.#over || !this.#localClosed) return;
    if (this.remoteClosed) this.#finish(false);
    else if (this.#resetAtEnd) this.reset(ErrorCode.NO_ERROR);
  }

  #finish(reset: boolean): void {
    this.#over = true;
    if (this.#queue !== undefined) {
      this.#host.queuedBytes -= this.#queue.bytes;
      this.#queue = undefined;
    }
    this.#host.forget(this, reset);
  }
}
