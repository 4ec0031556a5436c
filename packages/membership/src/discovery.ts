import { hexId } from "@nodetcd/peers";
import { type Clock, goDuration, type Logger, sleep } from "@nodetcd/runtime";
import { MembershipError, textOf } from "./errors.ts";
import { initialClusterText, parseInitialCluster } from "./initial-cluster.ts";
import { DISCOVERY_BACKOFF_MAX, DISCOVERY_SIZE_MAX } from "./limits.ts";

export interface RegistryPair {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
}

/** What discovery needs of the etcd that keeps the registry. All reject when it cannot be reached. */
export interface Registry {
  get(key: string): Promise<RegistryPair | undefined>;
  /** All under a prefix, and the revision that they are of. */
  list(
    prefix: string,
  ): Promise<{ readonly pairs: readonly RegistryPair[]; readonly revision: number }>;
  put(key: string, value: string): Promise<void>;
  /** What is put under a prefix from a revision on, until the reader stops. */
  watch(prefix: string, fromRevision: number): AsyncIterable<readonly RegistryPair[]>;
}

export interface DiscoveryOptions {
  readonly registry: Registry;
  readonly token: string;
  readonly memberId: bigint;
  /** `name=url`, as `--initial-cluster` has this member. */
  readonly self: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

function refused(text: string): MembershipError {
  return new MembershipError("DISCOVERY", text);
}

/** Members that have registered, by the time of it; a key counts once. */
class Registered {
  readonly #members = new Map<string, RegistryPair>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get sorted(): RegistryPair[] {
    return [...this.#members.values()].sort((a, b) => a.createRevision - b.createRevision);
  }

  get size(): number {
    return this.#members.size;
  }

  add(pair: RegistryPair): void {
    const key = pair.key.trim();
    const value = pair.value.trim();
    const fields = { memberKey: key, memberInfo: value };
    if (!value.includes("="))
      this.#logger.warn("invalid peer info returned from discovery service", fields);
    else if (this.#members.has(key))
      this.#logger.warn("found duplicate peer from discovery service", fields);
    else {
      this.#members.set(key, { ...pair, key, value });
      this.#logger.info("found peer from discovery service", fields);
    }
  }
}

/**
 * Finds the other members of a new cluster through a registry in another etcd: registers itself under the token,
 * and waits until as many have as the registry's owner wants. The result is an `--initial-cluster`. The registry
 * is tried without end while it cannot be reached; raises DISCOVERY for what it says.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #prefix: string;
  #retries = 0;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#prefix = `/_etcd/registry/${options.token}`;
  }

  async join(): Promise<string> {
    const { logger, self } = this.#options;
    await this.#retrying("cluster status check", () => this.#check());
    await this.#retrying("register member itself", () => this.#register());
    const cluster = await this.#retrying("cluster status check", async () => {
      const state = await this.#check();
      await this.#wait(state);
      return state;
    });
    const members = cluster.registered.sorted.slice(0, cluster.size).map(({ value }) => value);
    const text = members.join(",");
    try {
      parseInitialCluster(text);
    } catch (error) {
      throw new MembershipError("DISCOVERY", "discovery: invalid peer URL", { cause: error });
    }
    logger.info("discovery joined cluster successfully", { cluster: text, self });
    return initialClusterText(parseInitialCluster(text));
  }

  get #memberKey(): string {
    return `${this.#prefix}/members/${hexId(this.#options.memberId)}`;
  }

  async #check(): Promise<{ size: number; registered: Registered; revision: number }> {
    const { registry, logger } = this.#options;
    const size = await this.#size();
    const { pairs, revision } = await registry.list(`${this.#prefix}/members`);
    const registered = new Registered(logger);
    for (const pair of pairs) registered.add(pair);
    const place = registered.sorted.findIndex(({ key }) => key === this.#memberKey);
    if ((place < 0 ? registered.size : place) >= size) throw refused("discovery: cluster is full");
    return { size, registered, revision };
  }

  async #size(): Promise<number> {
    const pair = await this.#options.registry.get(`${this.#prefix}/_config/size`);
    if (pair === undefined) throw refused("discovery: size key not found");
    const size = /^\d{1,6}$/.test(pair.value) ? Number(pair.value) : 0;
    if (size < 1 || size > DISCOVERY_SIZE_MAX) throw refused("discovery: size key is bad");
    return size;
  }

  async #register(): Promise<void> {
    const { registry, logger, self } = this.#options;
    await registry.put(this.#memberKey, self);
    logger.info("register member itself successfully", {
      memberKey: this.#memberKey,
      memberInfo: self,
    });
  }

  async #wait(state: { size: number; registered: Registered; revision: number }): Promise<void> {
    const { registry, logger } = this.#options;
    const { size, registered, revision } = state;
    const fields = (): Record<string, number> => ({
      clusterSize: size,
      "found-peers": registered.size,
    });
    if (registered.size < size) {
      logger.info("waiting for peers from discovery service", fields());
      for await (const pairs of registry.watch(`${this.#prefix}/members`, revision + 1)) {
        for (const pair of pairs) registered.add(pair);
        if (registered.size >= size) break;
      }
      if (registered.size < size) throw new Error("the watch of the registry has ended");
    }
    logger.info("found all needed peers from discovery service", fields());
  }

  /** What the registry says ends it; that it does not answer does not. */
  async #retrying<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.#options;
    for (;;) {
      try {
        const result = await work();
        this.#retries = 0;
        return result;
      } catch (error) {
        if (error instanceof MembershipError) throw error;
        const backoffMs = 2 ** Math.min(++this.#retries, DISCOVERY_BACKOFF_MAX) * 1000;
        logger.warn("retry connecting to discovery service", {
          reason: step,
          backoff: goDuration(backoffMs),
          error: textOf(error),
        });
        await sleep(clock, backoffMs);
      }
    }
  }
}
