import type { HpackDecoder } from "../hpack/decoder.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import type { StreamOwner } from "../http2/stream.ts";
import { readRequestTrailers } from "./request-trailers.ts";

/** Takes what a client still sends for a request that was answered already. */
export class RejectedCall implements StreamOwner {
  readonly #decoder: HpackDecoder;
  readonly #streamId: number;
  readonly #contentLength: number | undefined;
  #received = 0;

  constructor(decoder: HpackDecoder, streamId: number, contentLength: number | undefined) {
    this.#decoder = decoder;
    this.#streamId = streamId;
    this.#contentLength = contentLength;
  }

  onData(_bytes: Uint8Array, start: number, end: number): void {
    // The window is not given back: one window is all that is taken for nothing.
    this.#received += end - start;
  }

  onHeaderBlock(bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    readRequestTrailers(this.#decoder, this.#streamId, bytes, start, end, endStream);
  }

  onRemoteEnd(): void {
    if (this.#contentLength === undefined || this.#contentLength === this.#received) return;
    throw new Http2Error(
      ErrorCode.PROTOCOL_ERROR,
      "content-length does not match the data",
      this.#streamId,
    );
  }

  onReset(): void {}
  onDrain(): void {}
}
