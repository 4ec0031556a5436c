import type { BytesLike } from "./bytes-like.ts";
import { CALL_OPTIONS } from "./call-options.ts";
import { checkOptions, isPositive, isRevision, type OptionChecks } from "./check.ts";
import type { KeyValue } from "./key-value.ts";
import type { Parts } from "./ownership.ts";
import { watch } from "./watch.ts";
import type { WatchBatch } from "./watch-queue.ts";

export interface MirrorOptions {
  /** The revision to begin at. Default 0: the store as it is now. */
  revision?: number;
  /** Keys a page. Default 1,000. */
  pageSize?: number;
  signal?: AbortSignal;
}

const MIRROR: OptionChecks<MirrorOptions> = {
  revision: isRevision,
  pageSize: isPositive,
  signal: CALL_OPTIONS.signal,
};

/** Everything for a copy of a prefix that stays up to date: first the keys, then all changes, none left out. */
export class Mirror {
  /** Of the keys of `base()`; `updates()` goes on after it. */
  readonly revision: number;
  readonly #parts: Parts;
  readonly #prefix: BytesLike;
  readonly #options: MirrorOptions;

  constructor(parts: Parts, prefix: BytesLike, revision: number, options: MirrorOptions) {
    this.#parts = parts;
    this.#prefix = prefix;
    this.revision = revision;
    this.#options = options;
  }

  /** All keys, in key order, page by page, as they were at `revision`. */
  base(): AsyncGenerator<KeyValue, void, undefined> {
    const { pageSize = 1_000 } = this.#options;
    const read = { prefix: true, revision: this.revision, pageSize, ...this.#signal() };
    return this.#parts.kv.entries(this.#prefix, read);
  }

  /** All changes after `revision`, what one revision changed together. `COMPACTED` when that is too long ago. */
  updates(): AsyncIterableIterator<WatchBatch, undefined> {
    const { connection } = this.#parts;
    const options = { prefix: true, startRevision: this.revision + 1, ...this.#signal() };
    return watch(connection, this.#prefix, options).batches();
  }

  #signal(): { signal?: AbortSignal } {
    return this.#options.signal === undefined ? {} : { signal: this.#options.signal };
  }
}

export async function mirror(
  parts: Parts,
  prefix: BytesLike,
  options: MirrorOptions,
): Promise<Mirror> {
  checkOptions(options, MIRROR);
  const { revision = 0, signal } = options;
  const call = signal === undefined ? {} : { signal };
  const found = await parts.kv.range(prefix, { prefix: true, limit: 1, keysOnly: true, ...call });
  return new Mirror(parts, prefix, revision === 0 ? found.revision : revision, options);
}
