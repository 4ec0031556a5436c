import type { KeyValue } from "./key-value.ts";

/** One change of one key. */
export interface WatchEvent {
  readonly type: "put" | "delete";
  /** For `delete`: the key and the revision of the deletion; the rest is empty. */
  readonly keyValue: KeyValue;
  /** What the key held before, if `previous` was asked for and it is not compacted. */
  readonly previous: KeyValue | undefined;
}

/** Events that the server sent together; all events of one revision are in one batch. */
export interface WatchBatch {
  /** Store revision of the member when it sent them. */
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

interface Waiter {
  /** Takes what it waits for off the queue; false when there is nothing for it. */
  serve(): boolean;
  end(error: Error | undefined): void;
}

/** Batches between the stream and the reader. It counts; who fills it minds the bound. */
export class WatchQueue {
  readonly #batches: WatchBatch[] = [];
  readonly #waiters: Waiter[] = [];
  /** Position in the first batch of the next single event. */
  #offset = 0;
  #events = 0;
  #ended = false;
  #error: Error | undefined;
  /** Called after something was taken. */
  onTaken: () => void = () => undefined;

  /** Events that wait. */
  get length(): number {
    return this.#events;
  }

  push(batch: WatchBatch): void {
    if (this.#ended || batch.events.length === 0) return;
    this.#batches.push(batch);
    this.#events += batch.events.length;
    this.#serve();
  }

  /** No more will come. What waits is still given out; then the error, once, or the end. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#serve();
  }

  /** Ends and drops what waits: the reader has left. */
  discard(): void {
    this.#batches.length = 0;
    this.#events = 0;
    this.end();
  }

  /** `undefined` at the end. */
  event(): Promise<WatchEvent | undefined> {
    return this.#wait(() => this.#takeEvent());
  }

  /** The rest of the first batch; `undefined` at the end. */
  batch(): Promise<WatchBatch | undefined> {
    return this.#wait(() => this.#takeBatch());
  }

  #wait<T>(take: () => T | undefined): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({
        serve: () => {
          const taken = take();
          if (taken !== undefined) resolve(taken);
          return taken !== undefined;
        },
        end: (error) => (error === undefined ? resolve(undefined) : reject(error)),
      });
      this.#serve();
    });
  }

  #serve(): void {
    let served = false;
    while (this.#waiters[0]?.serve() === true) {
      this.#waiters.shift();
      served = true;
    }
    if (this.#ended) {
      for (const waiter of this.#waiters.splice(0)) {
        waiter.end(this.#error);
        this.#error = undefined;
      }
    }
    if (served) this.onTaken();
  }

  #takeEvent(): WatchEvent | undefined {
    const event = this.#batches[0]?.events[this.#offset];
    if (event === undefined) return undefined;
    this.#events--;
    this.#offset++;
    if (this.#offset === this.#batches[0]?.events.length) {
      this.#batches.shift();
      this.#offset = 0;
    }
    return event;
  }

  #takeBatch(): WatchBatch | undefined {
    const batch = this.#batches.shift();
    if (batch === undefined) return undefined;
    const events = this.#offset === 0 ? batch.events : batch.events.slice(this.#offset);
    this.#offset = 0;
    this.#events -= events.length;
    return { revision: batch.revision, events };
  }
}
