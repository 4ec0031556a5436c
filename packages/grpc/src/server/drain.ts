import type { Timer } from "@nodetcd/runtime";
import type { Connection } from "../http2/connection.ts";
import { STREAM_ID_MAX } from "../http2/frame.ts";
import { ErrorCode } from "../http2-error.ts";
import { writePing } from "../http2/write-control.ts";
import { DRAIN_MS } from "../limits.ts";

/** Differs from the keepalive's PING. */
const PING_DATA: Uint8Array = Buffer.from("draining", "latin1");

/**
 * How a server's connection ends without loss (RFC 9113 section 6.8), as in grpc-go: a GOAWAY that forbids
 * nothing yet, so that the client begins no more calls here; a PING, whose acknowledgement says that the
 * client has read it; then the GOAWAY with the last call that was taken. What the client had begun before
 * it knew is served.
 */
export class Drain {
  readonly #connection: Connection;
  readonly #lastStreamId: () => number;
  #timer: Timer | undefined;
  #acknowledged = false;
  /** The last call has been named: those that come now are refused. */
  over = false;

  constructor(connection: Connection, lastStreamId: () => number) {
    this.#connection = connection;
    this.#lastStreamId = lastStreamId;
    connection.goAway(STREAM_ID_MAX, ErrorCode.NO_ERROR, "");
    writePing(connection.output, 0, PING_DATA);
    this.#timer = connection.clock.setTimer(DRAIN_MS, () => this.#finish());
  }

  /** A PING was acknowledged; `data` is borrowed. */
  onPingAck(data: Uint8Array): void {
    if (Buffer.compare(data, PING_DATA) === 0) this.#acknowledged = true;
  }

  /** All that came in one piece with the acknowledgement has been taken: hyper answers PINGs first. */
  onRead(): void {
    if (this.#acknowledged) this.#finish();
  }

  /** A stream is over. */
  onForget(): void {
    if (this.over && this.#connection.streams.size === 0) {
      this.#connection.close("the server is shutting down");
    }
  }

  /** The connection is gone. */
  stop(): void {
    this.#timer?.cancel();
  }

  #finish(): void {
    if (this.over) return;
    this.over = true;
    this.stop();
    this.#connection.goAway(this.#lastStreamId(), ErrorCode.NO_ERROR, "");
    this.onForget();
  }
}
