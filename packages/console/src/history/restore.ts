import { type Client, compare, type Op, op } from "@nodetcd/client";
import { fromBase64 } from "../contract/bytes.ts";
import type { ChangeView, RestoreResult } from "../contract/history.ts";

/** Keys in one transaction; each is a transaction of its own inside, so etcd counts two operations. */
const BATCH = 48;

/**
 * Brings keys back to what they were at a revision: `changes` is the difference from now to then. Each key
 * is written only if it is still what the difference says it is now; others are counted and left alone.
 */
export async function restoreKeys(
  client: Client,
  changes: readonly ChangeView[],
  revision: number,
): Promise<RestoreResult> {
  const result = { restored: 0, removed: 0, skipped: 0, revision: 0 };
  for (let at = 0; at < changes.length; at += BATCH) {
    const batch = changes.slice(at, at + BATCH);
    const ops = await Promise.all(batch.map((change) => restoreOp(client, change, revision)));
    const answer = await client
      .txn()
      .then(...ops)
      .commit();
    result.revision = answer.revision;
    answer.results.forEach((one, index) => {
      if (one.kind !== "txn" || !one.succeeded) result.skipped++;
      else if (batch[index]!.kind === "removed") result.removed++;
      else result.restored++;
    });
  }
  return result;
}

/** The difference runs from now to then: what it calls removed is there now, and was not then. */
async function restoreOp(client: Client, change: ChangeView, revision: number): Promise<Op> {
  const key = fromBase64(change.id);
  const same = compare.modRevision(key, "=", change.beforeRevision ?? 0);
  if (change.kind === "removed") return op.txn([same], [op.delete(key)]);
  const was = await client.get(key, { revision });
  // The lease of then may have ended: the key comes back without one.
  return op.txn([same], was === undefined ? [] : [op.put(key, was.value)]);
}
