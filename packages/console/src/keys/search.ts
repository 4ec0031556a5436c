import { compareBytes, concatBytes, equalBytes, prefixEnd } from "@nodetcd/bytes";
import type { Client, KeyValue, RangeResult } from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import { keyText, toBase64Url } from "../contract/bytes.ts";
import type { KeyMeta, SearchPage } from "../contract/keys.ts";
import { ConsoleError } from "../errors.ts";
import { LOOK_MS, SEARCH_FIRST, SEARCH_FOUND, SEARCH_READ } from "../limits.ts";
import { rangeAt } from "./range-at.ts";
import { endOf } from "./tree.ts";

const ALL = new Uint8Array(1);

/** Says whether a key's text is meant. */
export type Matcher = (text: string) => boolean;

/**
 * What people type: words that must all be in the key (upper and lower case alike), a word with `-`
 * in front that must not, or a regular expression between slashes that has a letter after the first.
 */
export function matcher(pattern: string): Matcher {
  const expression = /^\/(.+)\/(i?)$/.exec(pattern);
  if (expression !== null && /[\\^$*+?()[\]|]/.test(expression[1]!)) {
    return expressionMatcher(expression[1]!, expression[2]!);
  }
  const words = pattern
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const wanted = words.filter((word) => !word.startsWith("-") || word === "-");
  const unwanted = words
    .filter((word) => word.startsWith("-") && word !== "-")
    .map((word) => word.slice(1));
  return (text) => {
    const lower = text.toLowerCase();
    return (
      wanted.every((word) => lower.includes(word)) && !unwanted.some((word) => lower.includes(word))
    );
  };
}

/** Nested repetition can take forever in a backtracking engine: such patterns are refused. */
const NESTED_REPEAT = /\([^)]*[*+{][^)]*\)[*+{]/;

function expressionMatcher(source: string, flags: string): Matcher {
  if (source.length > 200 || NESTED_REPEAT.test(source)) {
    throw new ConsoleError(
      "BAD_REQUEST",
      "This pattern is too costly to search with",
      "Repeat less.",
    );
  }
  try {
    const expression = new RegExp(source, `u${flags}`);
    return (text) => text.length <= 2_048 && expression.test(text);
  } catch (error) {
    throw new ConsoleError("BAD_REQUEST", error instanceof Error ? error.message : String(error));
  }
}

export function keyMeta(keyValue: KeyValue): KeyMeta {
  const { key, createRevision, modRevision, version, lease, value } = keyValue;
  return {
    id: toBase64Url(key),
    createRevision,
    modRevision,
    version,
    ...(lease === 0n ? {} : { lease: lease.toString(16) }),
    size: value.length,
  };
}

export interface KeyPages {
  readonly prefix: Uint8Array;
  /** Where to begin; empty: at the beginning. */
  readonly from: Uint8Array;
  /** 0: as it is now; all pages show one revision. */
  readonly revision: number;
  /** Keys of one read. Default `SEARCH_READ`. */
  readonly read?: number;
}

/** One read of keys without values. */
export interface KeysRead {
  readonly keyValues: readonly KeyValue[];
  readonly revision: number;
  /** Keys of the whole prefix. */
  readonly total: number;
  /** Where the next read begins; undefined behind the last. */
  readonly next: Uint8Array | undefined;
}

/** The keys of a prefix, read by read. */
export async function* keyPages(client: Client, request: KeyPages): AsyncGenerator<KeysRead> {
  const { prefix, from, revision, read = SEARCH_READ } = request;
  const window = new Window(prefix, from, read);
  let [shown, total] = [revision, -1];
  for (let more = true; more;) {
    const { start, end } = window;
    // The first read counts all keys, which takes its time.
    const limit = total < 0 ? Math.min(read, SEARCH_FIRST) : read;
    const options = { keysOnly: true, revision: shown, end, limit };
    const page = await rangeAt(client, start, options);
    shown ||= page.revision;
    if (total < 0) total = page.count;
    more = window.move(page);
    const next = more ? window.start : undefined;
    yield { keyValues: page.keyValues, revision: shown, total, next };
  }
}

export interface SearchRequest extends KeyPages {
  readonly matches: Matcher;
}

/** Looks through the keys of a prefix for a while; a page says how far it has come. */
export async function searchKeys(
  client: Client,
  clock: Clock,
  { matches, ...request }: SearchRequest,
): Promise<SearchPage> {
  const until = clock.monotonic() + LOOK_MS;
  const keys: { id: string }[] = [];
  let [scanned, all, shown] = [0, 0, request.revision];
  for await (const { keyValues, revision, total, next } of keyPages(client, request)) {
    [all, shown] = [total, revision];
    for (const { key } of keyValues) {
      scanned++;
      if (!matches(keyText(key))) continue;
      keys.push({ id: toBase64Url(key) });
      if (keys.length < SEARCH_FOUND) continue;
      const behind = toBase64Url(concatBytes([key, ALL]));
      return { keys, scanned, total, revision, next: behind };
    }
    if (next !== undefined && clock.monotonic() > until) {
      return { keys, scanned, total, revision, next: toBase64Url(next) };
    }
  }
  return { keys, scanned, total: all, revision: shown };
}

/**
 * Where a search reads next. etcd counts the whole range of each read, so that reading a million keys page
 * by page up to their end counts them hundreds of times. Behind the first page a read ends where keys
 * stop beginning like the last one that was seen, in as many bytes as make ranges of a few pages.
 */
class Window {
  start: Uint8Array;
  end: Uint8Array;
  readonly #last: Uint8Array;
  readonly #least: number;
  readonly #read: number;
  #shared: number | undefined;

  constructor(prefix: Uint8Array, from: Uint8Array, read: number) {
    this.start = from.length > 0 ? from : prefix.length > 0 ? prefix : ALL;
    this.#last = endOf(prefix);
    this.end = this.#last;
    this.#least = Math.max(1, prefix.length);
    this.#read = read;
  }

  /** Moves behind a page; false when there is nothing left. */
  move({ keyValues, more, count }: RangeResult): boolean {
    const key = keyValues.at(-1)?.key;
    if (!more) {
      if (equalBytes(this.end, this.#last)) return false;
      this.start = this.end;
      // What was shared was too much: one byte less covers more.
      this.#shared = Math.max(this.#least, (this.#shared ?? 1) - 1);
      const wider = this.#shared <= this.#least ? this.#last : this.#bound(this.start);
      this.end = compareEnd(wider, this.start) ? wider : this.#last;
      return true;
    }
    this.start = concatBytes([key!, ALL]);
    if (this.#shared === undefined) this.#shared = Math.max(this.#least, key!.length - 4);
    else if (count > this.#read * 16) this.#shared++;
    this.end = this.#bound(key!);
    return true;
  }

  /** The end of the keys that begin as this one does; never past the end of the search. */
  #bound(key: Uint8Array): Uint8Array {
    const end = prefixEnd(key.subarray(0, Math.min(key.length, this.#shared ?? key.length)));
    const open = equalBytes(this.#last, ALL);
    return equalBytes(end, ALL) || (!open && compareBytes(end, this.#last) > 0) ? this.#last : end;
  }
}

/** Whether a range from `start` to `end` can hold a key. */
function compareEnd(end: Uint8Array, start: Uint8Array): boolean {
  return equalBytes(end, ALL) || compareBytes(start, end) < 0;
}
