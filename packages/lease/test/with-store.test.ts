import { EventType } from "@nodetcd/messages";
import { openStore, revisionKey } from "@nodetcd/mvcc";
import { openBackend } from "@nodetcd/backend";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { VirtualClock } from "@nodetcd/simulator";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLessor } from "../src/lease.ts";
import { bytes, revoke } from "./support.ts";

/** Backend, lessor and store on a real file, wired as a member wires them. */
async function member(path: string, clock: VirtualClock) {
  const backend = openBackend({ clock: nodeClock, disk: nodeDisk }, path);
  const lessor = openLessor({ backend, clock });
  const store = await openStore(backend, { clock: nodeClock, lessor });
  return { backend, lessor, store };
}

test("revoke: the keys go in one revision, watchers see it, and a restart finds neither keys nor lease", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lease-"));
  try {
    const clock = new VirtualClock();
    const first = await member(join(directory, "db"), clock);
    first.lessor.grant(7n, 10);
    first.lessor.grant(8n, 10);
    for (const [key, lease] of [
      ["b", 7n],
      ["a", 7n],
      ["c", 8n],
      ["d", 7n],
    ] as const) {
      const txn = first.store.beginWrite();
      txn.put(bytes(key), bytes("v"), lease);
      txn.end();
    }
    const txn = first.store.beginWrite();
    txn.put(bytes("d"), bytes("v"), 0n); // detaches
    txn.put(bytes("c"), bytes("v"), 7n); // moves
    txn.end();
    await first.store.close();
    await first.backend.close();

    const { backend, lessor, store } = await member(join(directory, "db"), clock);
    expect(lessor.lookup(7n)!.keys.map((key) => Buffer.from(key).toString())).toEqual([
      "a",
      "b",
      "c",
    ]);
    const seen: string[] = [];
    const stream = store.watches.openStream(({ revision, events }) => {
      const names = events.map(({ type, keyValue }) => {
        expect(type).toBe(EventType.DELETE);
        return Buffer.from(keyValue.key).toString();
      });
      seen.push(`${revision}: ${names.join(" ")}`);
      return true;
    });
    stream.watch({ key: bytes("\0"), end: bytes("\0") });
    lessor.onExpired = (ids) => {
      for (const id of ids) {
        const txn = store.beginWrite();
        revoke(lessor, id, (key) => txn.deleteRange(key, undefined));
        txn.end();
      }
    };
    lessor.promote(0);
    clock.advance(10_500);
    expect(seen).toEqual(["7: a b c"]);
    expect(backend.get("key", revisionKey(7, 2, true))).toBeDefined();
    expect(lessor.list()).toEqual([]);
    await store.close();
    await backend.close();

    const last = await member(join(directory, "db"), clock);
    expect([last.store.revision, last.store.keysTotal, last.lessor.size]).toEqual([7, 1, 0]);
    await last.store.close();
    await last.backend.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
