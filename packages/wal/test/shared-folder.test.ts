import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWal, openWal, type Wal, type WalRuntime } from "../src/wal.ts";
import { entry, FROM_START, inMemory, METADATA, state } from "./helpers.ts";

const options = { segmentBytes: 4096 };
let folder = "";
beforeEach(() => {
  folder = nodeDisk.makeTemporaryDirectory("shared-wal-");
});
afterEach(() => nodeDisk.removeTree(folder));

/** Appends until the log has begun `count` more segments. */
async function cut(wal: Wal, from: number, count: number): Promise<number> {
  for (let i = from; i < from + count; i++) {
    await wal.append(state(1, i - 1), [entry(i, 1, Buffer.alloc(5000))]);
  }
  // A cut goes on behind the append that made it necessary; the next waits for it.
  await wal.append(state(1, from + count - 1), []);
  return from + count;
}

async function stayLocked(runtime: WalRuntime, directory: string): Promise<void> {
  const refused = async (): Promise<void> =>
    expect(openWal(runtime, directory, FROM_START, options)).rejects.toMatchObject({
      code: "LOCKED",
    });
  const first = await createWal(runtime, directory, METADATA, options);
  await refused();
  let next = await cut(first, 1, 1);
  await refused();
  next = await cut(first, next, 3);
  await refused();
  first.releaseTo(next);
  await first.purge(1);
  await expect(
    openWal(runtime, directory, { index: next - 1, term: 1, confState: undefined }, options),
  ).rejects.toMatchObject({ code: "LOCKED" });
  await first.close();
}

test("a log stays locked whatever is cut and purged, until it is closed", async () => {
  await stayLocked(inMemory(), "/data/wal");
  const runtime = { clock: nodeClock, disk: nodeDisk };
  const directory = `${folder}/wal`;
  await stayLocked(runtime, directory);
});

test("a log that was opened again stays locked after its cuts, too", async () => {
  const runtime = { clock: nodeClock, disk: nodeDisk };
  const directory = `${folder}/wal`;
  await (await createWal(runtime, directory, METADATA, options)).close();
  const { wal } = await openWal(runtime, directory, FROM_START, options);
  await cut(wal, 1, 3);
  await expect(openWal(runtime, directory, FROM_START, options)).rejects.toMatchObject({
    code: "LOCKED",
  });
  await wal.close();
  const { wal: again, entries } = await openWal(runtime, directory, FROM_START, options);
  expect(entries.map(({ index }) => index)).toEqual([1, 2, 3]);
  await again.close();
});
