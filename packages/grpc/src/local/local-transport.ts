import type { Clock } from "@nodetcd/runtime";
import { ignore } from "../call.ts";
import { Deadlines } from "../deadlines.ts";
import { RpcError } from "../errors.ts";
import { EMPTY_METADATA } from "../metadata.ts";
import type { Services } from "../services.ts";
import { Status, type StatusCode } from "../status.ts";
import type { CallStatus, ClientStream, Transport } from "../transport.ts";
import { unaryOverStream } from "../unary-over-stream.ts";
import { type LocalCallOptions, LocalClientStream } from "./local-call.ts";

/** A stream that ends at once with an error. */
class FailedStream implements ClientStream {
  onMessage: (message: Uint8Array) => void = ignore;
  onDrain: () => void = ignore;
  onEnd: (status: CallStatus) => void = ignore;

  constructor(code: StatusCode, message: string) {
    queueMicrotask(() => this.onEnd({ code, message, trailers: EMPTY_METADATA }));
  }

  send(): boolean {
    return true;
  }
  halfClose(): void {}
  cancel(): void {}
  pause(): void {}
  resume(): void {}
}

/**
 * Reaches services in the same process without a socket. Messages are handed over, not copied, in a
 * microtask; deadlines, cancellation, back-pressure, statuses and counters are those of the wire.
 */
export class LocalTransport implements Transport {
  readonly #services: Services;
  readonly #deadlines: Deadlines;
  readonly #open = new Set<LocalClientStream>();
  #closed = false;

  constructor(services: Services, clock: Clock) {
    this.#services = services;
    this.#deadlines = new Deadlines(clock);
  }

  unary(path: string, request: Uint8Array, options: LocalCallOptions = {}): Promise<Uint8Array> {
    if (this.#closed) {
      return Promise.reject(new RpcError(Status.UNAVAILABLE, "transport is closed"));
    }
    return unaryOverStream(this.stream(path, options), request);
  }

  stream(path: string, options: LocalCallOptions = {}): ClientStream {
    if (this.#closed) return new FailedStream(Status.UNAVAILABLE, "transport is closed");
    const method = this.#services.find(path);
    if (method === undefined) {
      return new FailedStream(Status.UNIMPLEMENTED, this.#services.unknownMessage(path));
    }
    const stream = new LocalClientStream(method, this.#deadlines, options, (ended) =>
      this.#open.delete(ended),
    );
    if (!stream.ended) this.#open.add(stream);
    return stream;
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end(Status.UNAVAILABLE, "transport is closed");
  }
}
