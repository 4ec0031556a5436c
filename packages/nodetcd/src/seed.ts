import { openDatabase } from "@nodetcd/bolt";
import { type Client, op, type Op } from "@nodetcd/client";
import { KeyValue } from "@nodetcd/messages";
import { isTombstoneKey } from "@nodetcd/mvcc";
import type { Clock } from "@nodetcd/runtime";
import { MemoryDisk } from "@nodetcd/runtime/memory";

/** Keys with what they are to hold: text and bytes as they are, anything else as JSON. */
export type SeedObject = Readonly<Record<string, unknown>>;

/** Operations of one transaction: what etcd takes by default. */
const OPS_PER_TXN = 128;

/**
 * Stores keys and values.
 *
 * @param data keys with values, or a snapshot as `etcdctl snapshot save` writes it: its newest keys, not their history
 */
export async function seed(
  client: Client,
  clock: Clock,
  data: SeedObject | Uint8Array,
): Promise<void> {
  const puts = data instanceof Uint8Array ? putsOfSnapshot(data, clock) : putsOfObject(data);
  for (let first = 0; first < puts.length; first += OPS_PER_TXN) {
    await client
      .txn()
      .then(...puts.slice(first, first + OPS_PER_TXN))
      .commit();
  }
}

function putsOfObject(data: SeedObject): Op[] {
  return Object.entries(data).map(([key, value]) => {
    const asIs = typeof value === "string" || value instanceof Uint8Array;
    return op.put(key, asIs ? value : JSON.stringify(value));
  });
}

function putsOfSnapshot(snapshot: Uint8Array, clock: Clock): Op[] {
  const disk = new MemoryDisk(clock);
  const file = disk.open("/snapshot", "create");
  file.write(snapshot, 0);
  file.close();
  const database = openDatabase(disk, "/snapshot", { readOnly: true });
  try {
    const newest = new Map<string, Op>();
    database.view((tx) => {
      const revisions = tx.bucket(Buffer.from("key"));
      if (revisions === undefined) return;
      const cursor = revisions.cursor();
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        const { key, value } = KeyValue.decode(entry.value!);
        const name = Buffer.from(key).toString("latin1");
        if (isTombstoneKey(entry.key)) newest.delete(name);
        else newest.set(name, op.put(new Uint8Array(key), new Uint8Array(value)));
      }
    });
    return [...newest.values()];
  } finally {
    database.close();
  }
}
