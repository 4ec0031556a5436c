import { expect, test } from "vitest";
import { noLeases, openStore } from "../src/mvcc.ts";
import { BusyClock } from "./support/busy-clock.ts";
import { MemoryBackend } from "./support/memory-backend.ts";
import { open } from "./support/open.ts";
import { settle } from "./support/settle.ts";

const RECORDS = 48;

/** Each look takes longer than a slice, and turns of the loop are counted. */
class CountingClock extends BusyClock {
  turns = 0;

  override yield(): Promise<void> {
    this.turns++;
    return super.yield();
  }
}

test("long records are read and hashed few at a time, however few they are", async () => {
  const backend = new MemoryBackend();
  const { store: filled } = await open(backend);
  for (let i = 0; i < RECORDS; i++) {
    const txn = filled.beginWrite();
    txn.put(Buffer.from(`k${i}`), new Uint8Array(1024 * 1024), 0n);
    txn.end();
  }
  const clock = new CountingClock(10);
  const store = await settle(clock, openStore(backend, { clock, lessor: noLeases }));
  expect(clock.turns).toBeGreaterThanOrEqual(RECORDS);
  clock.turns = 0;
  await settle(clock, store.hashKv(0));
  expect(clock.turns).toBeGreaterThanOrEqual(RECORDS);
});
