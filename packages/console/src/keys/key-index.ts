import type { Client } from "@nodetcd/client";
import type { Clock, Logger } from "@nodetcd/runtime";
import { keyText, parseKeyText, toBase64Url } from "../contract/bytes.ts";
import type { SearchPage } from "../contract/keys.ts";
import { INDEX_CHANGES, INDEX_IDLE_MS, INDEX_KEYS, SEARCH_FOUND } from "../limits.ts";
import { reasonOf } from "../members/ask-members.ts";
import { keyPages, type Matcher } from "./search.ts";

/** Keys that are looked through before others have their turn. */
const TURN = 50_000;
const ALL = new Uint8Array(0);

interface Loaded {
  /** Texts of the keys that were there at `revision`, in order of their bytes. */
  readonly texts: readonly string[];
  readonly revision: number;
  /** What came and went since. */
  readonly came: Set<string>;
  readonly gone: Set<string>;
}

/**
 * All keys of a cluster as texts in memory, kept true by a watch, so that a search through a million of them takes a part
 * of a second: about 100 bytes a key. It begins with the first search, and goes when nobody searches any more, when there
 * are too many keys, or when so many have changed that it is better read anew. Without it a search reads the cluster.
 */
export class KeyIndex {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #loaded: Loaded | undefined;
  #stop: AbortController | undefined;
  #asked = 0;

  constructor(client: Client, clock: Clock, logger: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
  }

  get isReady(): boolean {
    return this.#loaded !== undefined;
  }

  /** Whoever may see all keys has searched: the next search will find an index. */
  wake(): void {
    this.#asked = this.#clock.monotonic();
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal).finally(() => this.close());
  }

  /** The first matches; undefined while there is no index. What is more is for a search of the cluster, from `next`. */
  async search(matches: Matcher): Promise<SearchPage | undefined> {
    const index = this.#loaded;
    if (index === undefined) return undefined;
    const { texts, came, gone, revision } = index;
    const total = texts.length + came.size - gone.size;
    const found = [...came].filter(matches).slice(0, SEARCH_FOUND);
    for (let at = 0; at < texts.length; at++) {
      if (at % TURN === TURN - 1) await this.#clock.yield();
      const text = texts[at]!;
      if (!matches(text) || gone.has(text)) continue;
      found.push(text);
      if (found.length < SEARCH_FOUND) continue;
      const next = toBase64Url(parseKeyText(`${text}\\x00`));
      return { keys: found.map(pageKey), scanned: at + 1, total, revision, next };
    }
    return { keys: found.map(pageKey), scanned: total, total, revision };
  }

  close(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#loaded = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      const index = await this.#load(signal);
      if (index === undefined || signal.aborted) return;
      this.#loaded = index;
      await this.#follow(index, signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#logger.info("searches go without an index", { because: reasonOf(error) });
      }
    }
  }

  async #load(signal: AbortSignal): Promise<Loaded | undefined> {
    const texts: string[] = [];
    let revision = 0;
    for await (const page of keyPages(this.#client, { prefix: ALL, from: ALL, revision: 0 })) {
      if (signal.aborted) return undefined;
      if (page.total > INDEX_KEYS) throw new Error(`more than ${INDEX_KEYS} keys`);
      ({ revision } = page);
      for (const { key } of page.keyValues) texts.push(keyText(key));
      await this.#clock.yield();
    }
    return { texts, revision, came: new Set(), gone: new Set() };
  }

  /** Takes in changes until nobody asks any more, or there are too many. */
  async #follow({ revision, came, gone }: Loaded, signal: AbortSignal): Promise<void> {
    const options = { prefix: true, startRevision: revision + 1, signal };
    const timer = this.#clock.setRepeating(INDEX_IDLE_MS / 4, () => {
      if (this.#clock.monotonic() - this.#asked > INDEX_IDLE_MS) this.close();
    });
    try {
      for await (const { events } of this.#client.watch("", options).batches()) {
        for (const { type, keyValue } of events) {
          if (type === "put" && keyValue.version !== 1) continue;
          const text = keyText(keyValue.key);
          const [to, from] = type === "put" ? [came, gone] : [gone, came];
          if (!from.delete(text)) to.add(text);
        }
        if (came.size + gone.size > INDEX_CHANGES) return;
      }
    } finally {
      timer.cancel();
    }
  }
}

function pageKey(text: string): SearchPage["keys"][number] {
  return { id: toBase64Url(parseKeyText(text)) };
}
