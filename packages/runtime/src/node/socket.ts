import type * as net from "node:net";
import type { Socket } from "../network.ts";

const ignore = (): void => undefined;

/** A `net.Socket` behind the narrow interface; `raw` is for `serveHttp1` only. */
export class NodeSocket implements Socket {
  onData: (chunk: Uint8Array) => void = ignore;
  onEnd: () => void = ignore;
  onDrain: () => void = ignore;
  onClose: (error: Error | undefined) => void = ignore;
  readonly raw: net.Socket;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly alpnProtocol: string;
  #error: Error | undefined;

  constructor(raw: net.Socket) {
    this.raw = raw;
    this.remoteAddress = `${raw.remoteAddress ?? "?"}:${raw.remotePort ?? 0}`;
    this.localAddress = `${raw.localAddress ?? "?"}:${raw.localPort ?? 0}`;
    const { alpnProtocol } = raw as net.Socket & { alpnProtocol?: string | false };
    this.alpnProtocol = typeof alpnProtocol === "string" ? alpnProtocol : "";
    raw.on("data", (chunk: Uint8Array) => this.onData(chunk));
    raw.on("end", () => this.onEnd());
    raw.on("drain", () => this.onDrain());
    raw.on("error", (error) => {
      this.#error = error;
    });
    raw.on("close", () => this.onClose(this.#error));
  }

  /** Takes the handlers off and returns the bare socket to a new owner. */
  release(): net.Socket {
    for (const event of ["data", "end", "drain", "close"]) this.raw.removeAllListeners(event);
    return this.raw;
  }

  write(chunk: Uint8Array): boolean {
    return this.raw.write(chunk);
  }

  cork(): void {
    this.raw.cork();
  }

  uncork(): void {
    this.raw.uncork();
  }

  get queuedBytes(): number {
    return this.raw.writableLength;
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    this.raw.resume();
  }

  end(): void {
    this.raw.end();
  }

  destroy(error?: Error): void {
    this.raw.destroy(error);
  }
}
