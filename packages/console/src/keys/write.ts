import { type Client, compare, type Comparison, type Op, op } from "@nodetcd/client";
import { prefixEnd } from "@nodetcd/bytes";
import type { ImportResult, WriteResult } from "../contract/keys.ts";
import { ConsoleError } from "../errors.ts";
import { TXN_OPS } from "../limits.ts";
import { readValue } from "./value.ts";

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The revision that the writer has seen; 0: no key. */
  readonly expect: number;
  readonly keepLease: boolean;
}

/** Writes if nobody was faster; otherwise answers what is there now. */
export async function putIfSame(client: Client, request: PutRequest): Promise<WriteResult> {
  const { key, value, expect, keepLease } = request;
  const result = await client
    .txn()
    .if(compare.modRevision(key, "=", expect))
    .then(op.put(key, value, { ignoreLease: keepLease && expect > 0 }))
    .commit();
  if (result.succeeded) return { written: true, revision: result.revision, count: 1 };
  return { written: false, current: await readValue(client, key, 0) };
}

/** Deletes keys, all or none, if none has changed. */
export async function deleteIfSame(
  client: Client,
  keys: readonly { readonly key: Uint8Array; readonly expect: number }[],
): Promise<WriteResult> {
  const [first] = keys;
  if (first === undefined) throw new ConsoleError("BAD_REQUEST", "No key was named");
  if (keys.length > TXN_OPS) {
    throw new ConsoleError("TOO_LARGE", `At most ${TXN_OPS} keys go in one deletion`);
  }
  const result = await client
    .txn()
    .if(...keys.map(({ key, expect }) => compare.modRevision(key, "=", expect)))
    .then(...keys.map(({ key }) => op.delete(key)))
    .commit();
  if (result.succeeded) return { written: true, revision: result.revision, count: keys.length };
  return { written: false, current: await readValue(client, first.key, 0) };
}

/**
 * Deletes a whole prefix in one transaction, if no key under it has changed since the preview's
 * revision. (A key that was deleted since only means less to delete.)
 */
export async function deletePrefixIfSame(
  client: Client,
  prefix: Uint8Array,
  expectCount: number,
  revision: number,
): Promise<{ readonly deleted: number; readonly revision: number }> {
  if (prefix.length === 0) {
    throw new ConsoleError("BAD_REQUEST", "Deleting all keys of a cluster is not done here");
  }
  const end = prefixEnd(prefix);
  const { count } = await client.range(prefix, { end, countOnly: true });
  if (count !== expectCount) changed();
  const result = await client
    .txn()
    .if(compare.modRevision(prefix, "<", revision + 1, { prefix: true }))
    .then(op.delete(prefix, { prefix: true }))
    .commit();
  const [answer] = result.results;
  if (!result.succeeded || answer?.kind !== "delete") changed();
  return { deleted: answer.deleted, revision: result.revision };
}

function changed(): never {
  throw new ConsoleError(
    "CONFLICT",
    "Keys under this prefix changed since the preview; nothing was deleted",
    "Look at the preview again.",
  );
}

/** Writes many keys, up to 128 in a transaction; existing ones are kept or replaced. */
export async function importKeys(
  client: Client,
  lines: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
  existing: "keep" | "replace",
): Promise<ImportResult> {
  let [written, kept, revision] = [0, 0, 0];
  for (let at = 0; at < lines.length; at += TXN_OPS) {
    const batch = lines.slice(at, at + TXN_OPS);
    const result = await client
      .txn()
      .then(...batch.map(({ key, value }) => importOp(key, value, existing)))
      .commit();
    ({ revision } = result);
    for (const answer of result.results) {
      if (answer.kind === "txn" && !answer.succeeded) kept++;
      else written++;
    }
  }
  return { written, kept, revision };
}

function importOp(key: Uint8Array, value: Uint8Array, existing: "keep" | "replace"): Op {
  const put = op.put(key, value);
  const absent: Comparison = compare.version(key, "=", 0);
  return existing === "replace" ? put : op.txn([absent], [put]);
}
