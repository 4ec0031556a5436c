import { type Socket, SOCKET_HIGH_WATER_MARK } from "@nodetcd/runtime";
import { ignore } from "../call.ts";
import { giveBackPage, type Page, takePage } from "./page-pool.ts";

/** Chunks from this size on leave as they are instead of being copied. */
const COPY_MAX = 4 * 1024;

/** Calls what it is given once, soon: when what this connection sends is to leave. */
export type ScheduleFlush = (flush: () => void) => void;

/**
 * Collects what a connection sends and writes it to the socket in one go. Memory comes from pages that
 * are written once, so that the socket can keep what it was given.
 */
export class Output {
  /** Called after each flush. */
  onFlushed: () => void = ignore;
  readonly #socket: Socket;
  readonly #schedule: ScheduleFlush;
  #page: Page | undefined;
  /** Where the part of the page begins that is not in `#chunks` yet. */
  #start = 0;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #scheduled = false;
  #blocked = false;
  #closed = false;
  /** Bytes given to the socket so far. */
  sent = 0;
  readonly #onFlush = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  constructor(socket: Socket, schedule: ScheduleFlush) {
    this.#socket = socket;
    this.#schedule = schedule;
  }

  /** The page to write into after `reserve`. */
  get bytes(): Uint8Array {
    return this.#page!.bytes;
  }

  /** True while the peer does not take what was sent: then only small control frames may be added. */
  get full(): boolean {
    return this.#blocked || this.pendingBytes > SOCKET_HIGH_WATER_MARK;
  }

  /** Bytes that were added and have not left the process. */
  get queuedBytes(): number {
    return this.pendingBytes + this.#socket.queuedBytes;
  }

  /** Bytes of this turn that the socket has not got yet. */
  get pendingBytes(): number {
    return this.#chunkBytes + (this.#page === undefined ? 0 : this.#page.used - this.#start);
  }

  /** Makes room for `count` bytes; the caller writes all of them into `bytes` from the offset returned. */
  reserve(count: number): number {
    let page = this.#page;
    if (page === undefined || page.bytes.length - page.used < count) {
      this.#cut();
      if (page !== undefined) giveBackPage(page);
      page = takePage(count);
      this.#page = page;
      this.#start = page.used;
    }
    const offset = page.used;
    page.used += count;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#schedule(this.#onFlush);
    }
    return offset;
  }

  /** Adds borrowed bytes, which must not change any more. */
  push(bytes: Uint8Array): void {
    if (bytes.length <= COPY_MAX) {
      const offset = this.reserve(bytes.length);
      this.bytes.set(bytes, offset);
      return;
    }
    this.reserve(0);
    this.#cut();
    this.#chunks.push(bytes);
    this.#chunkBytes += bytes.length;
  }

  /** Gives everything to the socket. */
  flush(): void {
    this.#cut();
    if (this.#page !== undefined) {
      giveBackPage(this.#page);
      this.#page = undefined;
    }
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.sent += this.#chunkBytes;
    this.#chunkBytes = 0;
    if (this.#closed) return;
    if (chunks.length === 1) this.#blocked = !this.#socket.write(chunks[0]!);
    else {
      this.#socket.cork();
      for (const chunk of chunks) this.#blocked = !this.#socket.write(chunk);
      this.#socket.uncork();
    }
    // What uncork could hand to the system at once is not queued any more.
    if (this.#blocked && this.#socket.queuedBytes === 0) this.#blocked = false;
    this.onFlushed();
  }

  /** The socket has drained. */
  unblock(): void {
    this.#blocked = false;
  }

  /** Drops what comes from now on. */
  close(): void {
    this.#closed = true;
  }

  #cut(): void {
    const page = this.#page;
    if (page === undefined || page.used === this.#start) return;
    this.#chunks.push(page.bytes.subarray(this.#start, page.used));
    this.#chunkBytes += page.used - this.#start;
    this.#start = page.used;
  }
}
