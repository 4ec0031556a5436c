import {
  type CallOptions,
  type CallStatus,
  type ClientStream,
  EMPTY_METADATA,
  RpcError,
  Status,
  type Transport,
  unaryOverStream,
} from "@nodetcd/grpc";
import type { Faults } from "./faults.ts";
import { Line } from "./line.ts";

/** As a client that dials a port where nobody listens says it. */
const REFUSED = 'connection error: desc = "transport: Error while dialing: etcd.faults.refuse()"';
/** Of streams that were open then. */
const CUT = "the connection was cut: etcd.faults.refuse()";

/** The way to a member in this process, with its faults. */
export class FaultyTransport implements Transport {
  readonly #inner: Transport;
  readonly #faults: Faults;

  constructor(inner: Transport, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  unary(path: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    if (this.#faults.refuses) {
      return Promise.reject(new RpcError(Status.UNAVAILABLE, REFUSED));
    }
    if (this.#faults.delayMs === 0) return this.#inner.unary(path, request, options);
    return unaryOverStream(this.stream(path, options), request);
  }

  stream(path: string, options?: CallOptions): ClientStream {
    return new FaultyStream(this.#inner.stream(path, options), this.#faults);
  }

  close(): void {
    this.#inner.close();
  }
}

class FaultyStream implements ClientStream {
  onMessage: (message: Uint8Array) => void = () => undefined;
  onDrain: () => void = () => undefined;
  onEnd: (status: CallStatus) => void = () => undefined;
  readonly #inner: ClientStream;
  readonly #toServer: Line;
  readonly #toClient: Line;
  readonly #forget: () => void;
  #ended = false;

  constructor(inner: ClientStream, faults: Faults) {
    this.#inner = inner;
    this.#toServer = new Line(faults);
    this.#toClient = new Line(faults);
    this.#forget = faults.onRefuse(() => this.#refuse(CUT));
    inner.onMessage = (message) => this.#toClient.pass(() => this.onMessage(message));
    inner.onDrain = () => this.onDrain();
    inner.onEnd = (status) => {
      // This side's own ends do not come over the line.
      const isOwn = status.code === Status.DEADLINE_EXCEEDED || status.code === Status.CANCELLED;
      if (isOwn) this.#end(status);
      else this.#toClient.pass(() => this.#end(status));
    };
    if (faults.refuses) queueMicrotask(() => this.#refuse(REFUSED));
  }

  send(message: Uint8Array): boolean {
    let hasRoom = true;
    this.#toServer.pass(() => (hasRoom = this.#inner.send(message)));
    return hasRoom;
  }

  halfClose(): void {
    this.#toServer.pass(() => this.#inner.halfClose());
  }

  cancel(): void {
    this.#toServer.cut();
    this.#inner.cancel();
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  #refuse(message: string): void {
    this.#end({ code: Status.UNAVAILABLE, message, trailers: EMPTY_METADATA });
    this.#inner.cancel();
  }

  #end(status: CallStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#toServer.cut();
    this.#toClient.cut();
    this.#forget();
    this.onEnd(status);
  }
}
