import type { Client } from "@nodetcd/client";

/**
 * Which clusters a compactor of this process serves already. Two clients are of one cluster when they share an
 * endpoint; a client without sockets is told apart by itself.
 */
export class CompactorRegistry {
  readonly #endpoints = new Set<string>();
  readonly #local = new WeakSet<Client>();

  /**
   * Takes the cluster of this client.
   *
   * @returns how to give it back; `undefined` when it is taken
   */
  take(client: Client): (() => void) | undefined {
    const { endpoints } = client;
    if (endpoints.every((endpoint) => endpoint === "local")) {
      if (this.#local.has(client)) return undefined;
      this.#local.add(client);
      return () => void this.#local.delete(client);
    }
    if (endpoints.some((endpoint) => this.#endpoints.has(endpoint))) return undefined;
    for (const endpoint of endpoints) this.#endpoints.add(endpoint);
    return () => {
      for (const endpoint of endpoints) this.#endpoints.delete(endpoint);
    };
  }
}

/** The one that compactors use unless they are told otherwise. */
export const processRegistry: CompactorRegistry = new CompactorRegistry();
