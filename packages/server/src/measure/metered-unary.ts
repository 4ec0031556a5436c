import { type Metadata, Status, type StatusCode, type UnaryCall } from "@nodetcd/grpc";
import type { Histogram } from "@nodetcd/metrics";
import { ANYBODY, type Caller } from "../wire/caller.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** Is told of each unary call as it ends; `reply` is undefined when it failed. Bytes are borrowed. */
export type UnaryAudit = (
  call: MeteredUnary,
  reply: Uint8Array | undefined,
  code: StatusCode,
  error: string,
  tookMs: number,
) => void;

/** A call that took long, for a warning. Bytes are borrowed. */
export interface SlowCall {
  readonly request: Uint8Array;
  /** Undefined: it failed. */
  readonly reply: Uint8Array | undefined;
  /** Why it failed, else "". */
  readonly error: string;
  readonly peer: string;
  readonly tookMs: number;
}

/** What is measured of the calls of one method. */
export interface MethodMeter {
  readonly watch: Stopwatch;
  /** Answering takes so little that ends need not be told apart: a few of them share a time. */
  readonly quick: boolean;
  /** Get the seconds of each call that was answered; the others those that failed. */
  readonly succeeded: readonly Histogram[];
  readonly failed: readonly Histogram[];
  /** Calls that take longer are told to `onSlow`. */
  readonly slowMs: number;
  readonly onSlow: (call: SlowCall) => void;
  /** Is told of each call; undefined while there is no audit log. */
  readonly audit: UnaryAudit | undefined;
}

/** A unary call that is measured from here to its answer. One that was cancelled counts as failed. */
export class MeteredUnary implements UnaryCall {
  /** The request as it came. */
  readonly bytes: Uint8Array;
  /** Known once the call is admitted. */
  caller: Caller = ANYBODY;
  readonly #meter: MethodMeter;
  readonly #call: UnaryCall;
  readonly #startMs: number;
  #ended = false;

  constructor(meter: MethodMeter, bytes: Uint8Array, call: UnaryCall) {
    this.bytes = bytes;
    this.#meter = meter;
    this.#call = call;
    this.#startMs = meter.watch.recent();
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

  get peerCertificate(): UnaryCall["peerCertificate"] {
    return this.#call.peerCertificate;
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  get onCancel(): (() => void) | undefined {
    return this.#call.onCancel;
  }

  set onCancel(listener: (() => void) | undefined) {
    this.#call.onCancel = listener;
  }

  reply(message: Uint8Array): void {
    this.#call.reply(message);
    this.#end(message, Status.OK, "");
  }

  fail(code: StatusCode, message: string): void {
    this.#call.fail(code, message);
    this.#end(undefined, code, message);
  }

  #end(reply: Uint8Array | undefined, code: StatusCode, error: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const meter = this.#meter;
    const { watch } = meter;
    const tookMs = (meter.quick ? watch.sampled() : watch.now()) - this.#startMs;
    const succeeded = reply !== undefined && !this.#call.cancelled;
    for (const buckets of succeeded ? meter.succeeded : meter.failed) {
      buckets.observe(tookMs / 1000);
    }
    meter.audit?.(this, reply, code, error, tookMs);
    if (tookMs <= meter.slowMs) return;
    const { peer } = this.#call;
    meter.onSlow({ request: this.bytes, reply, error, peer, tookMs });
  }
}
