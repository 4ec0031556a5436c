import { SEND_HIGH_WATER_BYTES } from "../limits.ts";

/** Who takes what travels through a pipe. */
export interface PipeEnd {
  takeMessage(message: Uint8Array): void;
  /** The pipe is over. */
  takeEnd(): void;
  /** What was queued has fallen below the high-water mark after `push` answered false. */
  pipeDrained(): void;
}

/**
 * One direction of a call inside the process: messages are handed over in order, in a microtask, never
 * in the caller's stack; `pause` holds them back.
 */
export class MessagePipe {
  readonly #end: PipeEnd;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #ending = false;
  #over = false;
  #paused = false;
  #scheduled = false;
  #full = false;

  constructor(end: PipeEnd) {
    this.#end = end;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Borrows the message for good. False: wait for `pipeDrained`. */
  push(message: Uint8Array): boolean {
    if (this.#ending || this.#over) return true;
    this.#queue.push(message);
    this.#queuedBytes += message.length;
    this.#schedule();
    if (this.#queuedBytes >= SEND_HIGH_WATER_BYTES) this.#full = true;
    return !this.#full;
  }

  /** Ends the pipe after what is queued. */
  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  /** Drops what is queued; nothing is handed over any more. */
  cut(): void {
    this.#over = true;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#over) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const messages = this.#queue;
    let next = 0;
    while (next < messages.length && !this.#paused && this.#queue === messages) {
      const message = messages[next++]!;
      this.#queuedBytes -= message.length;
      this.#end.takeMessage(message);
    }
    if (this.#queue !== messages) return;
    messages.splice(0, next);
    if (this.#full && this.#queuedBytes < SEND_HIGH_WATER_BYTES) {
      this.#full = false;
      this.#end.pipeDrained();
    }
    if (this.#queue.length > 0) this.#schedule();
    else if (this.#ending && !this.#paused && !this.#over) {
      this.#over = true;
      this.#end.takeEnd();
    }
  }
}
