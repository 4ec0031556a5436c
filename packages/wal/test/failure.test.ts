import { describe, expect, it } from "vitest";
import { createWal, openWal, type Wal } from "../src/wal.ts";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import type { Entry } from "@nodetcd/messages";
import {
  entries,
  entry,
  FROM_START,
  inMemory,
  METADATA,
  plain,
  randomEntry,
  seedOf,
  state,
} from "./helpers.ts";

const DIRECTORY = "/data/wal";

async function poisonedBy(
  arrange: (disk: FaultDisk) => void,
): Promise<{ wal: Wal; error: unknown }> {
  const runtime = inMemory();
  const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 4096 });
  await wal.append(state(1, 0), entries(1, 3));
  arrange(runtime.disk);
  const error: unknown = await wal.append(undefined, [entry(4, 1, Buffer.alloc(9000))]).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { wal, error };
}

describe("a failure", () => {
  it("of a write poisons the log: every later call rejects", async () => {
    const { wal, error } = await poisonedBy((disk) => (disk.faults.failWriteAfter = 1));
    expect(error).toMatchObject({
      code: "FAILED",
      message: expect.stringContaining("Cannot write"),
    });
    await expect(wal.append(undefined, entries(4, 4))).rejects.toMatchObject({ code: "FAILED" });
    await expect(wal.append(state(1, 3), [])).rejects.toMatchObject({ code: "FAILED" });
    expect(wal.failure).toBe(error);
    await wal.close();
  });

  it("of a sync poisons the log, even if the next sync would succeed", async () => {
    const { wal, error } = await poisonedBy((disk) => (disk.faults.failSyncAfter = 1));
    expect(error).toMatchObject({
      code: "FAILED",
      message: expect.stringContaining("Cannot sync"),
    });
    await expect(wal.append(undefined, entries(4, 4))).rejects.toMatchObject({ code: "FAILED" });
    await wal.close();
  });

  it("for lack of space says so and acknowledges nothing", async () => {
    const { wal, error } = await poisonedBy(
      (disk) => (disk.faults.capacityBytes = disk.usedBytes() + 100),
    );
    expect(error).toMatchObject({
      code: "NO_SPACE",
      message: expect.stringContaining("free some space"),
    });
    await wal.close();
  });

  it("to begin the next segment is reported by the next append", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 4096 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    runtime.disk.faults.failSyncAfter = 2;
    await wal.append(undefined, [entry(1, 1, Buffer.alloc(9000))]);
    await expect(wal.append(undefined, [entry(2)])).rejects.toMatchObject({ code: "FAILED" });
    await wal.close();
    const opened = await openWal(inMemory(runtime.disk.restart()), DIRECTORY, FROM_START);
    expect(opened.entries.map((e) => e.index)).toEqual([1]);
    await opened.wal.close();
  });
});

describe("a power cut", () => {
  it(
    "at any operation keeps every acknowledged entry and invents none",
    { timeout: 60_000 },
    async () => {
      const seed = seedOf("wal crash");
      const random = new SeededRandom(seed);
      for (let round = 0; round < 400; round++) {
        let disk = new FaultDisk();
        let log: Entry[] = [];
        let acknowledged = 0;
        let created = false;
        for (let life = 0; life < 4; life++) {
          disk.crashAfter(life === 3 ? Infinity : random.below(60));
          const runtime = inMemory(disk);
          try {
            const options = { segmentBytes: 3000 };
            let wal: Wal;
            if (runtime.disk.exists(DIRECTORY)) {
              const opened = await openWal(runtime, DIRECTORY, FROM_START, options);
              ({ wal } = opened);
              const found = plain(opened.entries);
              expect(found.length).toBeGreaterThanOrEqual(acknowledged);
              expect(found).toEqual(plain(log.slice(0, found.length)));
              log = log.slice(0, found.length);
              acknowledged = found.length;
            } else {
              expect(created).toBe(false);
              wal = await createWal(runtime, DIRECTORY, METADATA, options);
              created = true;
            }
            for (let step = 0; step < 20; step++) {
              const batch = Array.from({ length: 1 + random.below(4) }, (_, i) =>
                randomEntry(random, log.length + i + 1, life + 1),
              );
              const hard = random.chance(0.4) ? state(life + 1, acknowledged) : undefined;
              log.push(...batch);
              await wal.append(hard, batch);
              acknowledged = log.length;
              if (random.chance(0.2)) await wal.append(state(life + 1, acknowledged), []);
            }
            await wal.close();
            disk = disk.restart();
          } catch (error) {
            if (!isCrash(error)) throw new Error(`SEED=${seed} round ${round}`, { cause: error });
            disk = disk.crash(random);
          }
        }
      }
    },
  );
});

function isCrash(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof CrashError) return true;
  return false;
}
