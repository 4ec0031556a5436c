import { Channel, type Transport } from "@nodetcd/grpc";
import type { Clock, Network } from "@nodetcd/runtime";
import { parseEndpoint, showEndpoint } from "./endpoint-url.ts";
import { EtcdError } from "./errors.ts";
import { ENDPOINT_REST_MS, MAX_RECEIVE_BYTES } from "./limits.ts";

/** One server that calls can go to. */
export interface Endpoint {
  /** `host:port`, `unix://path`, or `local` in the same process. */
  readonly address: string;
  readonly transport: Transport;
  /** Monotonic milliseconds until which it is asked last, because it could not be reached. */
  restsUntil: number;
}

export interface ConnectionOptions {
  network: Network;
  clock: Clock;
  connectTimeoutMs: number;
}

/** An endpoint behind a connection that is made when it is first needed. */
export function connectEndpoint(text: string, options: ConnectionOptions): Endpoint {
  const address = parseEndpoint(text);
  const { network, clock, connectTimeoutMs } = options;
  const transport = new Channel({
    ...address,
    network,
    clock,
    connectTimeoutMs,
    maxReceiveMessageBytes: MAX_RECEIVE_BYTES,
  });
  return { address: showEndpoint(address), transport, restsUntil: 0 };
}

/** Round robin over the endpoints; those that lately could not be reached come last. */
export class Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  #next = 0;

  constructor(endpoints: readonly Endpoint[], clock: Clock) {
    if (endpoints.length === 0) throw new EtcdError("BAD_ARGUMENT", "Give at least one endpoint");
    this.#endpoints = endpoints;
    this.#clock = clock;
  }

  get size(): number {
    return this.#endpoints.length;
  }

  get addresses(): string[] {
    return this.#endpoints.map((endpoint) => endpoint.address);
  }

  pick(): Endpoint {
    const now = this.#clock.monotonic();
    let chosen = this.#take();
    for (let i = 1; i < this.#endpoints.length && chosen.restsUntil > now; i++) {
      const other = this.#take();
      if (other.restsUntil < chosen.restsUntil) chosen = other;
    }
    return chosen;
  }

  /** The endpoint with this address, as given to the client or as in `addresses`. */
  named(text: string): Endpoint {
    const found = this.#endpoints.find(
      ({ address }) =>
        address === text || (address !== "local" && address === showEndpoint(parseEndpoint(text))),
    );
    if (found !== undefined) return found;
    throw new EtcdError(
      "BAD_ARGUMENT",
      `Endpoint ${text} is not one of this client's: ${this.addresses.join(", ")}`,
    );
  }

  /** Lets an endpoint that could not be reached rest. */
  failed(endpoint: Endpoint): void {
    endpoint.restsUntil = this.#clock.monotonic() + ENDPOINT_REST_MS;
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.transport.close();
  }

  #take(): Endpoint {
    const endpoint = this.#endpoints[this.#next % this.#endpoints.length]!;
    this.#next = (this.#next + 1) % this.#endpoints.length;
    return endpoint;
  }
}
