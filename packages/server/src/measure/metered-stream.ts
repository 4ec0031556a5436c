import { type Metadata, Status, type StatusCode, type StreamCall } from "@nodetcd/grpc";
import type { Histogram } from "@nodetcd/metrics";
import { ANYBODY, type Caller } from "../wire/caller.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** Messages of one streaming method, both ways. */
export interface MessageCounts {
  received: number;
  sent: number;
}

/** Is told of the messages of a stream and of its end. Bytes are borrowed. */
export interface StreamAudit {
  received(call: MeteredStream, message: Uint8Array): void;
  sent(call: MeteredStream, message: Uint8Array): void;
  ended(call: MeteredStream, code: StatusCode, error: string, tookMs: number): void;
}

/** What the calls of one streaming method share. */
export interface StreamMeter {
  readonly watch: Stopwatch;
  readonly messages: MessageCounts;
  /** Get the seconds of each call. */
  readonly observers: readonly Histogram[];
  /** The calls that are open. */
  readonly open: Set<MeteredStream>;
  /** Undefined while there is no audit log. */
  readonly audit: StreamAudit | undefined;
}

/** A streaming call whose messages are counted, and which is measured from here to its end. */
export class MeteredStream implements StreamCall {
  /** Known once the call is admitted. */
  caller: Caller = ANYBODY;
  readonly #call: StreamCall;
  readonly #meter: StreamMeter;
  readonly #startMs: number;
  #onCancel: (() => void) | undefined;
  #ended = false;

  constructor(meter: StreamMeter, call: StreamCall) {
    this.#meter = meter;
    this.#call = call;
    this.#startMs = meter.watch.recent();
    meter.open.add(this);
    call.onCancel = () => {
      this.#end(Status.CANCELLED, "");
      this.#onCancel?.();
    };
  }

  /** The same call, made by `caller`. */
  by(caller: Caller): this {
    this.caller = caller;
    return this;
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

  get peerCertificate(): StreamCall["peerCertificate"] {
    return this.#call.peerCertificate;
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
      this.#meter.messages.received++;
      this.#meter.audit?.received(this, message);
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
    this.#meter.messages.sent++;
    this.#meter.audit?.sent(this, message);
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
    this.#end(Status.OK, "");
  }

  fail(code: StatusCode, message: string): void {
    this.#call.fail(code, message);
    this.#end(code, message);
  }

  /** Ends the call from outside: its handler gives up what it holds for it, as if the client had gone. */
  abort(code: StatusCode, message: string): void {
    if (this.#ended) return;
    this.fail(code, message);
    this.#onCancel?.();
  }

  #end(code: StatusCode, error: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const { open, observers, watch, audit } = this.#meter;
    open.delete(this);
    if (observers.length === 0 && audit === undefined) return;
    const tookMs = watch.now() - this.#startMs;
    for (const buckets of observers) buckets.observe(tookMs / 1000);
    audit?.ended(this, code, error, tookMs);
  }
}
