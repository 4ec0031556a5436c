import type { Timer } from "@nodetcd/runtime";
import type { Connection } from "./connection.ts";
import { writePing } from "./write-control.ts";

const PING_DATA = new Uint8Array(8);

/** Sends PING on a silent connection and cuts it when nothing at all comes back. */
export class Keepalive {
  readonly #connection: Connection;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #wanted: () => boolean;
  #timer: Timer | undefined;
  #stopped = false;

  /** `wanted` says whether a silent connection has to be asked; times in milliseconds. */
  constructor(
    connection: Connection,
    times: { readonly intervalMs: number; readonly timeoutMs: number },
    wanted: () => boolean,
  ) {
    this.#connection = connection;
    this.#intervalMs = times.intervalMs;
    this.#timeoutMs = times.timeoutMs;
    this.#wanted = wanted;
    this.#wait(this.#intervalMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #wait(delayMs: number): void {
    if (this.#stopped || !Number.isFinite(delayMs)) return;
    this.#timer = this.#connection.clock.setTimer(Math.min(delayMs, 0x7fff_ffff), () =>
      this.#look(),
    );
  }

  #look(): void {
    const silentMs = this.#connection.clock.monotonic() - this.#connection.heardAt;
    if (silentMs < this.#intervalMs) this.#wait(this.#intervalMs - silentMs);
    else if (!this.#wanted()) this.#wait(this.#intervalMs);
    else this.#ask();
  }

  #ask(): void {
    const { clock } = this.#connection;
    const askedAt = clock.monotonic();
    writePing(this.#connection.output, 0, PING_DATA);
    this.#timer = clock.setTimer(this.#timeoutMs, () => {
      if (this.#connection.heardAt < askedAt) this.#connection.destroy("keepalive ping timed out");
      else this.#look();
    });
  }
}
