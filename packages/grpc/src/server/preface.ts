import { concatBytes, equalBytes } from "@nodetcd/bytes";
import type { Clock, Socket, Timer } from "@nodetcd/runtime";
import { CLIENT_PREFACE } from "../http2/frame.ts";
import { PREFACE_TIMEOUT_MS } from "../limits.ts";

/** What a fresh connection turned out to speak. Bytes are borrowed for good. */
export interface PrefaceSink {
  /** HTTP/2; `rest` follows the preface. */
  onHttp2(socket: Socket, rest: Uint8Array): void;
  /** Something else; `read` is all that came so far. */
  onOther(socket: Socket, read: Uint8Array): void;
  /** Closed, or silent for too long. */
  onGone(socket: Socket): void;
}

/** Reads the first bytes of a connection until it is clear whether they are HTTP/2's preface. */
export class PrefaceReader {
  readonly #socket: Socket;
  readonly #sink: PrefaceSink;
  readonly #timer: Timer;
  #read: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket, clock: Clock, sink: PrefaceSink) {
    this.#socket = socket;
    this.#sink = sink;
    this.#timer = clock.setTimer(PREFACE_TIMEOUT_MS, () => socket.destroy());
    socket.onData = (chunk) => this.#onData(chunk);
    socket.onEnd = () => socket.destroy();
    socket.onClose = () => {
      this.#timer.cancel();
      sink.onGone(socket);
    };
  }

  #onData(chunk: Uint8Array): void {
    this.#read = this.#read.length === 0 ? chunk : concatBytes([this.#read, chunk]);
    const length = Math.min(this.#read.length, CLIENT_PREFACE.length);
    const same = equalBytes(this.#read.subarray(0, length), CLIENT_PREFACE.subarray(0, length));
    if (same && length < CLIENT_PREFACE.length) return;
    this.#timer.cancel();
    if (same) this.#sink.onHttp2(this.#socket, this.#read.subarray(length));
    else this.#sink.onOther(this.#socket, this.#read);
  }
}
