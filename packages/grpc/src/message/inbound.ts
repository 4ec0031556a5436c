import { RpcError } from "../errors.ts";
import type { Stream } from "../http2/stream.ts";
import { Status } from "../status.ts";
import { isCompressed } from "./decompress.ts";
import type { InflateTurns } from "./inflate-turns.ts";
import { type MessageLimits, MessageReader } from "./message-reader.ts";

export interface InboundSink {
  takeMessage(message: Uint8Array): void;
  /** All messages have been taken. */
  takeEnd(): void;
  /** What arrived is not a sequence of messages, or too much. */
  refuse(error: RpcError): void;
}

interface Payload {
  readonly bytes: Uint8Array;
  readonly end: number;
  start: number;
}

/**
 * The receiving direction of a call: messages in order, `pause` and `resume`. While paused, payloads
 * wait and the stream's window is not given back, so that the peer can send one window at most.
 */
export class Inbound {
  readonly #stream: Stream;
  readonly #sink: InboundSink;
  readonly #reader: MessageReader;
  /** Set for a call whose messages may be compressed. */
  readonly #inflates: InflateTurns | undefined;
  #waiting: Payload[] = [];
  #paused = false;
  /** Waits for a turn in which messages may be unpacked. */
  #held = false;
  #ended = false;
  #stopped = false;

  constructor(stream: Stream, limits: MessageLimits, sink: InboundSink) {
    this.#stream = stream;
    this.#sink = sink;
    this.#reader = new MessageReader(limits);
    this.#inflates = isCompressed(limits.encoding) ? limits.inflates : undefined;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.#stopped) return;
    const wait = this.#mayNotRead() || this.#waiting.length > 0;
    const position = wait ? start : this.#read(bytes, start, end);
    if (position === end || this.#stopped) return;
    // A copy: the rest of what came from the socket with it is not to stay because of it.
    const rest = new Uint8Array(bytes.subarray(position, end));
    this.#waiting.push({ bytes: rest, start: 0, end: rest.length });
  }

  /** No more data follows. */
  end(): void {
    this.#ended = true;
    if (!this.#paused && this.#waiting.length === 0) this.#finish();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#goOn();
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && !this.#mayNotRead()) {
      const payload = this.#waiting[0]!;
      payload.start = this.#read(payload.bytes, payload.start, payload.end);
      if (payload.start === payload.end) this.#waiting.shift();
    }
    if (this.#ended && !this.#mayNotRead()) this.#finish();
  }

  /** Nothing is handed over any more. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
    this.#reader.drop();
  }

  #mayNotRead(): boolean {
    return this.#paused || this.#held || this.#stopped;
  }

  /** True while no more may be unpacked in this turn; goes on in a later one then. */
  #mustWait(): boolean {
    if (this.#inflates?.spent !== true) return false;
    this.#held = true;
    this.#inflates.wait(() => {
      this.#held = false;
      if (!this.#mayNotRead()) this.#goOn();
    });
    return true;
  }

  /** Hands messages over until paused; returns how far it came. */
  #read(bytes: Uint8Array, start: number, end: number): number {
    let position = start;
    try {
      while (position < end && !this.#mayNotRead() && !this.#mustWait()) {
        const message = this.#reader.next(bytes, position, end);
        this.#stream.consumed(this.#reader.position - position);
        position = this.#reader.position;
        if (message !== undefined) this.#sink.takeMessage(message);
      }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.stop();
      this.#sink.refuse(error);
    }
    return position;
  }

  #finish(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#reader.incomplete) {
      this.#reader.drop();
      this.#sink.refuse(new RpcError(Status.INTERNAL, "unexpected EOF"));
    } else this.#sink.takeEnd();
  }
}
