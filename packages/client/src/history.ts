import type { BytesLike } from "./bytes-like.ts";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import { checkOptions, isRevision, type OptionChecks } from "./check.ts";
import { EtcdError } from "./errors.ts";
import { KEY_SELECTION, type KeySelection } from "./key-range.ts";
import type { KeyValue } from "./key-value.ts";
import { HISTORY_ANSWERS, HISTORY_PROGRESS_MS, HISTORY_RESTARTS } from "./limits.ts";
import type { Parts } from "./ownership.ts";
import { abortedError, pause } from "./retry.ts";
import { watch } from "./watch.ts";
import type { WatchEvent } from "./watch-queue.ts";
import type { Watcher } from "./watcher.ts";

/** One version of a key, as far as history is kept. */
export interface Version {
  /** `create`: the key came into being, for the first time or again. */
  readonly kind: "create" | "update" | "delete";
  /** Store revision of the change. */
  readonly revision: number;
  /** The key with what it held from then on; for `delete` only the key. */
  readonly keyValue: KeyValue;
}

export interface HistoryOptions extends KeySelection {
  /** Versions of changes before this revision are left out. Default 0: all that are readable. */
  from?: number;
  /** The last revision of interest. Default: that of the store when it was asked. */
  to?: number;
  signal?: AbortSignal;
}

const HISTORY: OptionChecks<HistoryOptions> = {
  ...KEY_SELECTION,
  from: isRevision,
  to: isRevision,
  signal: CALL_OPTIONS.signal,
};

/**
 * Every version of a key, or of a selection of keys, that is still readable, oldest first: deletions
 * and new beginnings included. Of a key that is older than the oldest readable revision the version of
 * that time is the first; of several keys these come in key order, before all changes. Fails with `COMPACTED` when history goes away while it is read.
 */
export async function* history(
  parts: Parts,
  key: BytesLike,
  options: HistoryOptions,
): AsyncGenerator<Version, void, undefined> {
  checkOptions(options, HISTORY);
  const { from = 0, to, signal, ...selection } = options;
  const call: CallOptions = signal === undefined ? {} : { signal };
  const head = await parts.kv.range(key, { ...selection, ...call, countOnly: true });
  const last = Math.min(to ?? head.revision, head.revision);
  const newest = await parts.kv.range(key, {
    ...selection,
    ...call,
    revision: last,
    sortBy: "modRevision",
    order: "descend",
    limit: 1,
    keysOnly: true,
  });
  const end = { last, sure: newest.keyValues[0]?.modRevision ?? 0 };
  const { changes, first, compacted } = await begin(parts, key, { ...selection, ...call }, end);
  try {
    if (compacted > 0 && compacted <= last) {
      const base = { ...selection, ...call, revision: compacted };
      for await (const keyValue of parts.kv.entries(key, base)) {
        if (keyValue.modRevision >= from) yield versionOf(keyValue);
      }
    }
    for (let change = first; change !== undefined; change = await changes.next()) {
      const { keyValue, type } = change;
      if (keyValue.modRevision < from) continue;
      if (type === "put") yield versionOf(keyValue);
      else yield { kind: "delete", revision: keyValue.modRevision, keyValue };
    }
  } finally {
    await changes.end();
  }
}

function versionOf(keyValue: KeyValue): Version {
  const kind = keyValue.version === 1 ? "create" : "update";
  return { kind, revision: keyValue.modRevision, keyValue };
}

/** Where reading ends. */
interface End {
  /** Changes after this revision are not told. */
  readonly last: number;
  /** The newest change up to it that is still to be seen in the store: it has come before the end is believed. */
  readonly sure: number;
}

interface Beginning {
  readonly changes: Changes;
  /** The first change; undefined: there is none. */
  readonly first: WatchEvent | undefined;
  /** History before this revision is gone; 0: it is whole. What is there at it is readable. */
  readonly compacted: number;
}

/** Watches from the oldest revision on; which that is a server says by refusing an older one. */
async function begin(
  parts: Parts,
  key: BytesLike,
  options: KeySelection & { signal?: AbortSignal },
  end: End,
): Promise<Beginning> {
  let compacted = 0;
  for (let attempt = 1; ; attempt++) {
    const changes = new Changes(parts, key, options, { from: compacted + 1, ...end });
    try {
      return { changes, first: await changes.next(), compacted };
    } catch (error) {
      await changes.end();
      const gone = error instanceof EtcdError && error.compactRevision > compacted;
      if (!gone || attempt === HISTORY_RESTARTS) throw error;
      compacted = error.compactRevision;
    }
  }
}

/** The changes from a revision up to another; that all have come the server says when it is asked. */
class Changes {
  readonly #watcher: Watcher;
  readonly #connection: Calls;
  readonly #signal: AbortSignal | undefined;
  readonly #last: number;
  readonly #sure: number;
  #over: boolean;
  #seen = 0;
  /** Answers in a row that say that all was told: etcd 3.4 says so up to 100 ms too early. */
  #told = 0;
  #pending: ReturnType<Watcher["next"]> | undefined;

  constructor(
    { connection }: Parts,
    key: BytesLike,
    options: KeySelection & { signal?: AbortSignal },
    { from, last, sure }: End & { readonly from: number },
  ) {
    this.#connection = connection;
    this.#signal = options.signal;
    this.#last = last;
    this.#sure = sure < from ? 0 : sure;
    // A server says nothing about a watch that begins in the future.
    this.#over = from > last;
    this.#watcher = watch(connection, key, {
      ...options,
      startRevision: from,
      onProgress: (revision) => {
        if (revision >= last) this.#told++;
      },
    });
  }

  /** Undefined after the last one. */
  async next(): Promise<WatchEvent | undefined> {
    while (!this.#over) {
      this.#pending ??= this.#watcher.next();
      const result = await this.#soon(this.#pending);
      if (this.#signal?.aborted === true) throw abortedError(this.#signal);
      if (result !== undefined) {
        this.#pending = undefined;
        if (result.done === true || result.value.keyValue.modRevision > this.#last) break;
        this.#seen = result.value.keyValue.modRevision;
        this.#told = 0;
        return result.value;
      }
      if (this.#told >= HISTORY_ANSWERS && this.#seen >= this.#sure) break;
      this.#watcher.requestProgress();
    }
    this.#over = true;
    return undefined;
  }

  async end(): Promise<void> {
    this.#pending?.catch(() => undefined);
    await this.#watcher.return();
  }

  /** What this resolves with, or undefined when that takes longer than a moment. */
  async #soon<T>(promise: Promise<T>): Promise<T | undefined> {
    const turn = new AbortController();
    const moment = pause(this.#connection.clock, HISTORY_PROGRESS_MS, turn.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([promise, moment]);
    } finally {
      turn.abort();
    }
  }
}
