import { concatBytes } from "@nodetcd/bytes";
import type { Client, KeyValue } from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import { keyText, toBase64Url } from "../contract/bytes.ts";
import type { KeyMeta, SearchPage } from "../contract/keys.ts";
import { ConsoleError } from "../errors.ts";
import { LOOK_MS, SEARCH_FOUND, SEARCH_READ } from "../limits.ts";
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

export interface SearchRequest {
  readonly prefix: Uint8Array;
  readonly from: Uint8Array;
  readonly revision: number;
  readonly matches: Matcher;
}

/** Looks through the keys of a prefix for a while; a page says how far it has come. */
export async function searchKeys(
  client: Client,
  clock: Clock,
  { prefix, from, revision, matches }: SearchRequest,
): Promise<SearchPage> {
  const until = clock.monotonic() + LOOK_MS;
  const keys: KeyMeta[] = [];
  let start = from.length > 0 ? from : prefix.length > 0 ? prefix : ALL;
  let [shown, scanned, total] = [revision, 0, -1];
  for (;;) {
    const page = await client.range(start, {
      end: endOf(prefix),
      limit: SEARCH_READ,
      keysOnly: true,
      revision: shown,
      serializable: true,
    });
    shown ||= page.revision;
    if (total < 0) total = page.count;
    for (const keyValue of page.keyValues) {
      scanned++;
      start = concatBytes([keyValue.key, ALL]);
      if (!matches(keyText(keyValue.key))) continue;
      keys.push(keyMeta(keyValue));
      if (keys.length >= SEARCH_FOUND) {
        return { keys, scanned, total, revision: shown, next: toBase64Url(start) };
      }
    }
    if (!page.more) return { keys, scanned, total, revision: shown };
    if (clock.monotonic() > until) {
      return { keys, scanned, total, revision: shown, next: toBase64Url(start) };
    }
  }
}
