import type { Clock } from "@nodetcd/runtime";
import type { Endpoint } from "./endpoint.ts";
import { parseEndpoint, showEndpoint } from "./endpoint-url.ts";
import { EtcdError } from "./errors.ts";
import { ENDPOINT_REST_MAX_MS, ENDPOINT_REST_MS } from "./limits.ts";

/**
 * Round robin over the endpoints that are well. One that could not be reached gets no calls while others are
 * well, until a probe has reached it: nobody's call has to find out. When none is well all are tried
 * that have rested, and then the one that has rested longest.
 */
export class Balancer {
  #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  #next = 0;
  /** Finds out whether an endpoint can be reached, and tells `reached` or `failed`. */
  probe: (endpoint: Endpoint) => void = () => undefined;

  constructor(endpoints: readonly Endpoint[], clock: Clock) {
    checkSome(endpoints);
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
    const well = this.#endpoints.filter(({ restsUntil }) => restsUntil === 0);
    if (well.length === this.#endpoints.length) return this.#take(well);
    const rested = this.#endpoints.filter(({ restsUntil }) => restsUntil <= now && restsUntil > 0);
    if (well.length > 0) {
      for (const endpoint of rested) this.#probeOnce(endpoint);
      return this.#take(well);
    }
    if (rested.length > 0) return this.#take(rested);
    return this.#endpoints.reduce((a, b) => (b.restsUntil < a.restsUntil ? b : a));
  }

  /** The endpoint with this address, as given to the client or as in `addresses`. */
  named(text: string): Endpoint {
    const found = this.#endpoints.find(
      ({ address }) =>
        address === text ||
        (address !== "local" && address === showEndpoint(parseEndpoint(text).address)),
    );
    if (found !== undefined) return found;
    throw new EtcdError(
      "BAD_ARGUMENT",
      `Endpoint ${text} is not one of this client's: ${this.addresses.join(", ")}`,
      { argument: "endpoint" },
    );
  }

  /** Lets an endpoint that could not be reached rest. */
  failed(endpoint: Endpoint): void {
    const rest = Math.min(ENDPOINT_REST_MAX_MS, ENDPOINT_REST_MS * 2 ** endpoint.failures);
    endpoint.failures = Math.min(endpoint.failures + 1, 10);
    endpoint.restsUntil = this.#clock.monotonic() + rest;
    endpoint.probing = false;
  }

  /** The endpoint has answered. */
  reached(endpoint: Endpoint): void {
    if (endpoint.restsUntil === 0) return;
    endpoint.restsUntil = 0;
    endpoint.failures = 0;
    endpoint.probing = false;
  }

  /**
   * Takes other endpoints; those that stay keep their connections, and the others are closed: what runs there
   * breaks and goes on elsewhere.
   */
  replace(addresses: readonly string[], connect: (address: string) => Endpoint): void {
    const known = new Map(this.#endpoints.map((endpoint) => [endpoint.address, endpoint]));
    const next = [...new Set(addresses)].map((address) => known.get(address) ?? connect(address));
    checkSome(next);
    const gone = this.#endpoints.filter((endpoint) => !next.includes(endpoint));
    this.#endpoints = next;
    for (const { transport } of gone) transport.close();
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.transport.close();
  }

  #take(among: readonly Endpoint[]): Endpoint {
    this.#next = (this.#next + 1) % 2 ** 30;
    return among[(this.#next - 1) % among.length]!;
  }

  #probeOnce(endpoint: Endpoint): void {
    if (endpoint.probing) return;
    endpoint.probing = true;
    this.probe(endpoint);
  }
}

function checkSome(endpoints: readonly Endpoint[]): void {
  if (endpoints.length > 0) return;
  throw new EtcdError("BAD_ARGUMENT", "Give at least one endpoint", { argument: "endpoints" });
}
