import { writeSync } from "node:fs";

/** Characters or bytes that gather before they are written. */
const BUFFER_SIZE = 65_536;
const RETRY_MS = 1;

/** Where a command writes: text is UTF-8, bytes go as they are. */
export interface Output {
  readonly isTerminal: boolean;
  write(data: string | Uint8Array): void;
  /** Writes out what is held back. */
  flush(): void;
}

/** The reader of a pipe has gone away: nobody wants the rest. */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";
}

/**
 * Standard output or error, written synchronously: a command on a large file is one long synchronous
 * walk, and a stream would keep all of its output in memory.
 */
export class DescriptorOutput implements Output {
  readonly #descriptor: number;
  readonly isTerminal: boolean;
  #pending: Uint8Array[] = [];
  #size = 0;

  /** @param descriptor 1 or 2 */
  constructor(descriptor: number, isTerminal: boolean) {
    this.#descriptor = descriptor;
    this.isTerminal = isTerminal;
  }

  /** @param data borrowed during the call */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data.slice();
    this.#pending.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= BUFFER_SIZE || this.isTerminal) this.flush();
  }

  /** Raises `ClosedPipeError`. */
  flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    for (let at = 0; at < bytes.length;) at += this.#writeSome(bytes.subarray(at));
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") throw new ClosedPipeError();
      if (code !== "EAGAIN") throw error;
      // A full pipe that does not block: wait for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      return 0;
    }
  }
}
