import { concatBytes, prefixEnd } from "@nodetcd/bytes";
import type { Client, KeyValue } from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import { toBase64Url } from "../contract/bytes.ts";
import type { TreeEntry, TreePage } from "../contract/keys.ts";
import { LOOK_MS, TREE_CALLS, TREE_PAGE } from "../limits.ts";
import { rangeAt } from "./range-at.ts";

export interface TreeRequest {
  readonly prefix: Uint8Array;
  /** Where names end; empty: a flat list. */
  readonly delimiter: Uint8Array;
  /** First key of the page; empty: from the beginning. */
  readonly from: Uint8Array;
  /** Revision to show; 0: the newest. */
  readonly revision: number;
}

/** To the end of all keys. */
const ALL = new Uint8Array(1);

/** Where the key range of a prefix ends; `[0]`: never. */
export function endOf(prefix: Uint8Array): Uint8Array {
  return prefix.length === 0 ? ALL : prefixEnd(prefix);
}

/**
 * The end of the name that begins after the prefix: past its delimiter, or -1 for a key. A delimiter
 * right at the beginning belongs to the name: `/registry/` is one folder, not two.
 */
function folderEnd(key: Uint8Array, prefix: Uint8Array, delimiter: Uint8Array): number {
  if (delimiter.length === 0) return -1;
  for (let at = prefix.length + 1; at + delimiter.length <= key.length; at++) {
    if (delimiter.every((byte, offset) => key[at + offset] === byte)) return at + delimiter.length;
  }
  return -1;
}

/**
 * One page of what is right below a prefix. Folders are skipped over, not read: after the first key of
 * a folder the next read begins behind it. Every reply of etcd says how many keys are left in its
 * range, so the difference of two replies is the size of the folder between them, for nothing.
 * Stops after a number of entries, calls or milliseconds, and says where to go on.
 */
export async function treePage(
  client: Client,
  clock: Clock,
  request: TreeRequest,
): Promise<TreePage> {
  const walk = new Walk(client, request);
  const until = clock.monotonic() + LOOK_MS;
  for (let calls = 0; ; calls++) {
    const more = await walk.step();
    if (!more) break;
    if (walk.entries.length >= TREE_PAGE || calls >= TREE_CALLS || clock.monotonic() > until) break;
  }
  return walk.page();
}

class Walk {
  readonly entries: TreeEntry[] = [];
  readonly #client: Client;
  readonly #request: TreeRequest;
  readonly #end: Uint8Array;
  #from: Uint8Array;
  #revision: number;
  /** Keys in the range of the last reply, and the folder that was skipped after it. */
  #left = -1;
  #open: { readonly id: string; readonly seen: number } | undefined;
  #total = 0;
  #done = false;

  constructor(client: Client, request: TreeRequest) {
    this.#client = client;
    this.#request = request;
    this.#end = endOf(request.prefix);
    const { from, prefix } = request;
    this.#from = from.length > 0 ? from : prefix.length > 0 ? prefix : ALL;
    this.#revision = request.revision;
  }

  /** Reads once; false at the end. */
  async step(): Promise<boolean> {
    const { keyValues, count, revision, more } = await rangeAt(this.#client, this.#from, {
      end: this.#end,
      limit: TREE_PAGE,
      keysOnly: true,
      revision: this.#revision,
    });
    this.#revision ||= revision;
    if (this.#left < 0) this.#total = count;
    else if (this.#open !== undefined) {
      this.entries.push({ id: this.#open.id, kind: "folder", count: this.#left - count });
      this.#open = undefined;
    }
    this.#left = count;
    this.#take(keyValues, more);
    return !this.#done;
  }

  page(): TreePage {
    const { entries } = this;
    const next = this.#open === undefined && !this.#done ? this.#from : undefined;
    // A folder whose end was not reached is named without its size; the next page is behind it.
    if (this.#open !== undefined) entries.push({ id: this.#open.id, kind: "folder" });
    const after = this.#open === undefined ? next : this.#from;
    return {
      entries,
      revision: this.#revision,
      total: this.#total,
      ...(after === undefined ? {} : { next: toBase64Url(after) }),
    };
  }

  #take(keyValues: readonly KeyValue[], more: boolean): void {
    const { prefix, delimiter } = this.#request;
    let at = 0;
    while (at < keyValues.length) {
      const { key, modRevision } = keyValues[at]!;
      const end = folderEnd(key, prefix, delimiter);
      if (end < 0) {
        this.entries.push({ id: toBase64Url(key), kind: "key", modRevision });
        this.#left--;
        at++;
        continue;
      }
      const folder = key.subarray(0, end);
      const first = at;
      while (at < keyValues.length && startsWith(keyValues[at]!.key, folder)) at++;
      const seen = at - first;
      if (at < keyValues.length || !more) {
        this.entries.push({ id: toBase64Url(folder), kind: "folder", count: seen });
        this.#left -= seen;
        continue;
      }
      this.#open = { id: toBase64Url(folder), seen };
      this.#from = prefixEnd(folder);
      return;
    }
    const last = keyValues.at(-1);
    if (!more || last === undefined) this.#done = true;
    else this.#from = concatBytes([last.key, ALL]);
  }
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (key[at] !== prefix[at]) return false;
  return true;
}
