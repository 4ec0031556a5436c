import { describe, expect, it } from "vitest";
import {
  createWal,
  openWal,
  readValidSnapshots,
  type Wal,
  walExists,
  type WalRuntime,
} from "../src/wal.ts";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import type { Entry, WalSnapshot } from "@nodetcd/messages";
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

  it("of a sync leaves nothing for the next process to build on", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const runtime = inMemory();
      const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 9000 });
      await wal.append(state(1, 0), entries(1, 3));
      runtime.disk.faults.failSyncAfter = 1;
      await expect(wal.append(undefined, entries(4, 5))).rejects.toMatchObject({ code: "FAILED" });
      await wal.close();

      const next = inMemory(runtime.disk.restart());
      const opened = await openWal(next, DIRECTORY, FROM_START, { segmentBytes: 9000 });
      const first = opened.entries.length + 1;
      await opened.wal.append(state(2, 3), entries(first, first + 2, 2));
      const found = inMemory(next.disk.crash(new SeededRandom(seed)));
      const { wal: last, entries: kept } = await openWal(found, DIRECTORY, FROM_START);
      expect(kept.map(({ index }) => index)).toEqual(
        Array.from({ length: first + 2 }, (_, i) => i + 1),
      );
      await last.close();
    }
  });

  it("of the sync at the end leaves nothing for the next process to build on, either", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const runtime = inMemory();
      const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 9000 });
      await wal.append(state(1, 0), entries(1, 3));
      // A commit index alone is written, and not synced.
      await wal.append(state(1, 3), []);
      runtime.disk.faults.failSyncAfter = 1;
      await expect(wal.close()).rejects.toThrow("Cannot sync");

      const next = inMemory(runtime.disk.restart());
      const opened = await openWal(next, DIRECTORY, FROM_START, { segmentBytes: 9000 });
      await opened.wal.append(state(2, 3), entries(4, 5, 2));
      const found = inMemory(next.disk.crash(new SeededRandom(seed)));
      const { wal: last, entries: kept } = await openWal(found, DIRECTORY, FROM_START);
      expect(kept.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
      await last.close();
    }
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
    "or the death of the process keeps every acknowledged entry and snapshot, and invents none",
    { timeout: 60_000 },
    async () => {
      const seed = seedOf("wal crash");
      for (let round = 0; round < 300; round++) {
        const random = new SeededRandom(seed + round);
        try {
          await liveAndDie(random);
        } catch (error) {
          throw new Error(`SEED=${seed + round}`, { cause: error });
        }
      }
    },
  );
});

it("a power cut while segments are removed leaves a log that opens", async () => {
  const options = { segmentBytes: 3_000_000 };
  for (let after = 0; after < 16; after++) {
    const disk = new FaultDisk({ losesNames: true });
    disk.makeDirectory("/data");
    disk.syncDirectory("/");
    const wal = await createWal(inMemory(disk), DIRECTORY, METADATA, options);
    for (let i = 1; i <= 5; i++) await wal.append(state(1, i), [entry(i, 1, Buffer.alloc(3e6))]);
    await wal.append(state(1, 5), []);
    const snapshot = { index: 5, term: 1, confState: CONF_STATE };
    await wal.appendSnapshot(snapshot);
    wal.releaseTo(5);
    disk.crashAfter(after);
    try {
      await wal.purge(1);
      await wal.close();
    } catch (error) {
      if (!isCrash(error)) throw error;
    }
    const found = inMemory(disk.crash(new SeededRandom(after)));
    expect(readValidSnapshots(found.disk, DIRECTORY)).toContainEqual(snapshot);
    const opened = await openWal(found, DIRECTORY, snapshot, options);
    await opened.wal.close();
  }
});

/** What must be found again: grows before an append, becomes certain when it is acknowledged. */
interface Known {
  log: Entry[];
  /** Entries up to here are safe: acknowledged, or found on the disk after a power cut. */
  acknowledged: number;
  snapshots: WalSnapshot[];
  /** What is found at the next opening is on the disk, not only in the system's memory. */
  isSaved: boolean;
  /** Entries up to here may be gone. */
  purgedTo: number;
}

async function liveAndDie(random: SeededRandom): Promise<void> {
  const known: Known = {
    log: [],
    acknowledged: 0,
    snapshots: [FROM_START],
    isSaved: true,
    purgedTo: 0,
  };
  let disk = new FaultDisk({ losesNames: true });
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  for (let life = 0; life < 4; life++) {
    disk.crashAfter(life === 3 ? Infinity : random.below(80));
    const runtime = inMemory(disk);
    try {
      const wal = await reopened(runtime, random, known);
      for (let step = 0; step < 25; step++) await work(wal, random, known, life + 1);
      await wal.close();
      disk = disk.restart();
      known.isSaved = true;
    } catch (error) {
      if (!isCrash(error)) throw error;
      const isPowerCut = random.chance(0.5);
      disk = isPowerCut ? disk.crash(random) : disk.restart();
      known.isSaved = isPowerCut;
    }
  }
}

/** Opens the log from any snapshot that it vouches for, and compares what it says. */
async function reopened(runtime: WalRuntime, random: SeededRandom, known: Known): Promise<Wal> {
  const options = { segmentBytes: 3000 };
  if (!walExists(runtime.disk, DIRECTORY)) {
    expect(known.acknowledged).toBe(0);
    return createWal(runtime, DIRECTORY, METADATA, options);
  }
  const valid = readValidSnapshots(runtime.disk, DIRECTORY);
  expect(known.snapshots).toEqual(expect.arrayContaining(valid));
  const usable = valid.filter((snapshot) => snapshot.index >= known.purgedTo);
  const from = usable.length === 0 ? FROM_START : random.pick(usable);
  const { wal, entries: found } = await openWal(runtime, DIRECTORY, from, options);
  const end = from.index + found.length;
  expect(end).toBeGreaterThanOrEqual(known.acknowledged);
  expect(plain(found)).toEqual(plain(known.log.slice(from.index, end)));
  known.log.length = end;
  if (known.isSaved) known.acknowledged = end;
  return wal;
}

async function work(wal: Wal, random: SeededRandom, known: Known, term: number): Promise<void> {
  const { log } = known;
  if (random.chance(0.7)) {
    const batch: Entry[] = [];
    for (let n = 1 + random.below(4); n > 0; n--) {
      log.push(randomEntry(random, log.length + 1, term));
      batch.push(log[log.length - 1] ?? entry(0));
    }
    await wal.append(random.chance(0.4) ? state(term, known.acknowledged) : undefined, batch);
    known.acknowledged = log.length;
  } else if (random.chance(0.5)) {
    await wal.append(state(term, known.acknowledged), []);
  } else if (known.acknowledged > 0) {
    const index = known.acknowledged;
    const snapshot = { index, term: log[index - 1]?.term ?? 0, confState: CONF_STATE };
    // In raft's order: what is in a snapshot was committed, and the log knew of that before. The sync
    // of the snapshot record covers both, and from then on the entries before it may go.
    await wal.append(state(term, index), []);
    known.snapshots.push(snapshot);
    await wal.appendSnapshot(snapshot);
    known.purgedTo = index;
    wal.releaseTo(index);
    await wal.purge(random.below(3));
  }
}

const CONF_STATE = {
  voters: [1n],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

function isCrash(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof CrashError) return true;
  return false;
}
