import type { Metadata, StatusCode, StreamCall } from "@nodetcd/grpc";
import type { Buckets } from "./buckets.ts";
import type { MessageCounts } from "./call-meter.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** A streaming call whose messages are counted, and which is measured from here to its end. */
export class MeteredStream implements StreamCall {
  readonly #call: StreamCall;
  readonly #counts: MessageCounts;
  readonly #watch: Stopwatch;
  /** Get the seconds of the call. */
  readonly #observers: readonly Buckets[];
  readonly #startMs: number;
  #onCancel: (() => void) | undefined;
  #ended = false;

  constructor(
    call: StreamCall,
    counts: MessageCounts,
    watch: Stopwatch,
    observers: readonly Buckets[],
  ) {
    this.#call = call;
    this.#counts = counts;
    this.#watch = watch;
    this.#observers = observers;
    this.#startMs = watch.recent();
    call.onCancel = () => {
      this.#end();
      this.#onCancel?.();
    };
  }

  get path(): string {
    return this.#call.path;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  get peer(): string {
    return this.#call.peer;
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  get queuedBytes(): number {
    return this.#call.queuedBytes;
  }

  get onCancel(): (() => void) | undefined {
    return this.#onCancel;
  }

  set onCancel(listener: (() => void) | undefined) {
    this.#onCancel = listener;
  }

  get onMessage(): (message: Uint8Array) => void {
    return this.#call.onMessage;
  }

  set onMessage(listener: (message: Uint8Array) => void) {
    this.#call.onMessage = (message) => {
      this.#counts.received++;
      listener(message);
    };
  }

  get onHalfClose(): () => void {
    return this.#call.onHalfClose;
  }

  set onHalfClose(listener: () => void) {
    this.#call.onHalfClose = listener;
  }

  get onDrain(): () => void {
    return this.#call.onDrain;
  }

  set onDrain(listener: () => void) {
    this.#call.onDrain = listener;
  }

  send(message: Uint8Array): boolean {
    this.#counts.sent++;
    return this.#call.send(message);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  finish(): void {
    this.#call.finish();
    this.#end();
  }

  fail(code: StatusCode, message: string): void {
    this.#call.fail(code, message);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#observers.length === 0) return;
    const seconds = (this.#watch.now() - this.#startMs) / 1000;
    for (const buckets of this.#observers) buckets.observe(seconds);
  }
}
