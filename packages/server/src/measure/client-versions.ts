import type { Metadata } from "@nodetcd/grpc";

/** Versions that are told apart; more count as `other`, so that clients cannot fill the memory. */
const VERSIONS_MAX = 64;
const NAME = "client-api-version";

/** Calls by what the client says its version is (metadata `client-api-version`). */
export class ClientVersions {
  readonly #counters = new Map<string, { count: number }>();
  #lastMetadata: Metadata | undefined;
  #lastCounter: { count: number } = { count: 0 };

  /** Connections give every call of the same headers the same metadata, so one is remembered. */
  count(metadata: Metadata): void {
    if (metadata !== this.#lastMetadata) {
      this.#lastMetadata = metadata;
      this.#lastCounter = this.#counter(metadata.get(NAME) ?? "unknown");
    }
    this.#lastCounter.count++;
  }

  #counter(version: string): { count: number } {
    const isKnown = this.#counters.has(version);
    const name = isKnown || this.#counters.size < VERSIONS_MAX ? version : "other";
    let counter = this.#counters.get(name);
    if (counter === undefined) this.#counters.set(name, (counter = { count: 0 }));
    return counter;
  }

  *entries(): Generator<[version: string, count: number]> {
    for (const [version, { count }] of this.#counters) yield [version, count];
  }
}
