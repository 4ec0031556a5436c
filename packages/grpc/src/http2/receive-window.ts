import { CONNECTION_WINDOW_BYTES } from "../limits.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";
import type { Output } from "./output.ts";
import { writeWindowUpdate } from "./write-control.ts";

/**
 * What the peer may send on the connection. It is given back as soon as data arrives: what holds a peer
 * back is the window of each stream, so that one stream nobody reads does not stop the others.
 */
export class ReceiveWindow {
  #left = CONNECTION_WINDOW_BYTES;
  #credit = 0;

  take(count: number, output: Output): void {
    if (count > this.#left) {
      throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, "Connection window exceeded");
    }
    this.#left -= count;
    this.#credit += count;
    if (this.#credit < CONNECTION_WINDOW_BYTES / 2) return;
    writeWindowUpdate(output, 0, this.#credit);
    this.#left += this.#credit;
    this.#credit = 0;
  }
}
