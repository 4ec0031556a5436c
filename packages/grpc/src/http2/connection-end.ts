import type { Clock, Socket, Timer } from "@nodetcd/runtime";
import { LINGER_MS } from "../limits.ts";
import type { Output } from "./output.ts";

/** How a connection ends: the last bytes leave, the peer gets a moment to close, then it is cut. */
export class ConnectionEnd {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #output: Output;
  #timer: Timer | undefined;
  /** The end has begun: nothing is received any more. */
  begun = false;
  #finished = false;

  constructor(socket: Socket, clock: Clock, output: Output) {
    this.#socket = socket;
    this.#clock = clock;
    this.#output = output;
  }

  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.#output.flush();
    this.#output.close();
    this.#socket.end();
    // What still arrives is read and dropped: unread bytes would turn the end into a reset.
    this.#socket.resume();
    this.#timer = this.#clock.setTimer(LINGER_MS, () => this.#socket.destroy());
  }

  destroy(): void {
    if (this.#finished) return;
    this.begun = true;
    this.#output.close();
    this.#socket.destroy();
  }

  /** The socket is gone. */
  finish(): void {
    this.begun = true;
    this.#finished = true;
    this.#output.close();
    this.#timer?.cancel();
  }
}
