import type { Client, KeyValue } from "@nodetcd/client";
import { type Clock, type Logger, sleep } from "@nodetcd/runtime";
import { foldersOf, latin1 } from "./folders.ts";
import { type TopKey, TopKeys } from "./top-keys.ts";

/** Prefixes that are counted by at most; what is more goes together with its parent. */
const MAX_GROUPS = 20_000;
/** Keys that are counted by themselves. */
const TOP_COUNTED = 256;

/**
 * Counts changes by prefix, from a watch over all keys. It begins when somebody first asks, and goes on as
 * long as the console runs: asked again later, it has seen what happened meanwhile.
 */
export class Heat {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counts = new Map<string, number>();
  readonly #top = new TopKeys(TOP_COUNTED);
  readonly #stop = new AbortController();
  #since = 0;
  #sinceMonotonic = 0;
  #events = 0;

  constructor(client: Client, clock: Clock, logger: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
  }

  get since(): number {
    return this.#since;
  }

  get seconds(): number {
    return this.#since === 0 ? 0 : (this.#clock.monotonic() - this.#sinceMonotonic) / 1_000;
  }

  get events(): number {
    return this.#events;
  }

  begin(): void {
    if (this.#since > 0) return;
    this.#since = this.#clock.wallTime();
    this.#sinceMonotonic = this.#clock.monotonic();
    void this.#run();
  }

  /** Changes a second under a prefix since it began. */
  rate(prefix: Uint8Array): number | undefined {
    const { seconds } = this;
    if (seconds < 1) return undefined;
    return (this.#counts.get(latin1(prefix)) ?? 0) / seconds;
  }

  /** The keys that were written most since it began. */
  top(number: number): TopKey[] {
    return this.#top.most(number);
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let from = 0;
    while (!signal.aborted) {
      const watcher = this.#client.watch("", { prefix: true, startRevision: from, signal });
      try {
        for await (const { events } of watcher.batches()) {
          for (const { keyValue } of events) this.#count(keyValue);
        }
      } catch (error) {
        if (signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        this.#logger.warn("the watch for heat ended, it begins again", { error: text });
        from = 0;
        await sleep(this.#clock, 5_000);
      }
    }
  }

  #count({ key, value, lease }: KeyValue): void {
    this.#events++;
    for (const group of foldersOf(key)) this.#add(group);
    this.#top.add(latin1(key), key, key.length + value.length, lease);
  }

  #add(group: string): void {
    const known = this.#counts.get(group);
    if (known === undefined && this.#counts.size >= MAX_GROUPS) return;
    this.#counts.set(group, (known ?? 0) + 1);
  }
}
