import { type Backend, openBackend } from "@nodetcd/backend";
import type { Clock } from "@nodetcd/runtime";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { noLeases, openStore, type Store } from "../src/mvcc.ts";
import { bytes, put, remove } from "./support/open.ts";

const seed = Number(process.env["SEED"] ?? 1);
const KEYS = 40;
const COMPACTIONS = [60, 110];

/** Time that stands; every wait is a turn of the loop, so that a run repeats from its seed. */
const turnClock: Clock = {
  monotonic: () => 0,
  wallTime: () => 0,
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  setTimer: (_, callback) => {
    const immediate = setImmediate(callback);
    return { cancel: () => clearImmediate(immediate) };
  },
  setRepeating: () => ({ cancel: () => undefined }),
  defer: (callback) => void setImmediate(callback),
};

interface Member {
  readonly backend: Backend;
  readonly store: Store;
}

async function openMember(disk: FaultDisk): Promise<Member> {
  const backend = openBackend({ clock: turnClock, disk }, "/db", { defragmentRecords: 40 });
  const store = await openStore(backend, {
    clock: turnClock,
    lessor: noLeases,
    compactionBatchLimit: 25,
    compactionSleepMs: 0,
    cacheBytes: 0,
  });
  return { backend, store };
}

/** The history that all runs have; on disk when it resolves. */
async function writeHistory({ backend, store }: Member): Promise<void> {
  const random = new SeededRandom(seed);
  while (store.revision < 160) {
    const key = `k${random.below(KEYS)}`;
    if (random.chance(0.2)) remove(store, key);
    else put(store, key, `${store.revision} `.padEnd(random.below(400), "v"));
  }
  await backend.commit();
}

/** Two compactions, and a defragmentation beside them. */
async function upkeep({ backend, store }: Member): Promise<void> {
  const work = COMPACTIONS.map((revision) => store.compact(revision).done);
  await Promise.all([...work, backend.defragment()]);
  await store.close();
  await backend.close();
}

/** What can be read at a revision, as text; the code of the refusal where it is refused. */
function readAt(store: Store, revision: number): string {
  try {
    const { keyValues } = store.range(bytes("k"), bytes("l"), { revision });
    return keyValues.map((pair) => Buffer.from(pair.bytes).toString("latin1")).join("|");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

interface Truth {
  readonly reads: readonly string[];
  /** By the compaction: the hashes at and after it. */
  readonly hashes: ReadonlyMap<number, readonly number[]>;
  /** Keys of the records that are left after the second compaction. */
  readonly records: readonly string[];
}

const HASHED = [120, 140, 160];

function recordsOf(backend: Backend): string[] {
  const found: string[] = [];
  const visit = (key: Uint8Array): void => void found.push(Buffer.from(key).toString("hex"));
  backend.range("key", new Uint8Array(0), undefined, 0, visit);
  return found;
}

async function hashesOf(store: Store): Promise<number[]> {
  const hashes: number[] = [];
  for (const revision of HASHED) hashes.push((await store.hashKv(revision)).hash);
  return hashes;
}

/** From a run on a disk that does not fail. */
async function findTruth(): Promise<Truth> {
  const member = await openMember(new FaultDisk());
  await writeHistory(member);
  const reads = Array.from({ length: 161 }, (_, revision) => readAt(member.store, revision));
  const hashes = new Map([[-1, await hashesOf(member.store)]]);
  for (const revision of COMPACTIONS) {
    await member.store.compact(revision).done;
    hashes.set(revision, await hashesOf(member.store));
  }
  const records = recordsOf(member.backend);
  await member.store.close();
  await member.backend.close();
  return { reads, hashes, records };
}

test("compaction and defragmentation survive a power cut at every operation of the disk", async () => {
  const truth = await findTruth();
  const found = new Map<number, number>();
  let points = 0;
  for (let finished = false; !finished; points++) {
    const disk = new FaultDisk();
    const member = await openMember(disk);
    await writeHistory(member);
    disk.crashAfter(points);
    finished = await upkeep(member).then(() => !disk.crashed, isCrash);
    const after = disk.crash(new SeededRandom(seed * 1_009 + points));
    const compacted = await checkMember(after, truth, `SEED=${seed}, operation ${points}`);
    found.set(compacted, (found.get(compacted) ?? 0) + 1);
  }
  expect(points).toBeGreaterThan(60);
  // Some cuts came before each compaction was noted, and some after.
  expect([...found.keys()].toSorted((a, b) => a - b)).toEqual([-1, 110]);
}, 120_000);

/** What a member that is started again shows, before and after what it takes up is done. */
async function checkMember(disk: FaultDisk, truth: Truth, hint: string): Promise<number> {
  const { backend, store } = await openMember(disk);
  const compacted = store.compactRevision;
  const check = (): void => {
    for (let revision = 1; revision <= 160; revision++) {
      const expected = revision < compacted ? "COMPACTED" : truth.reads[revision];
      expect(readAt(store, revision), `${hint}, revision ${revision}`).toBe(expected);
    }
  };
  check();
  expect(await hashesOf(store), hint).toEqual(truth.hashes.get(compacted));
  if (compacted < 110) await store.compact(110).done;
  // What was taken up again ends by itself, and leaves nothing that it had to remove.
  const left = (): number => recordsOf(backend).length - truth.records.length;
  for (let turn = 0; left() > 0 && turn < 1_000; turn++) await turnClock.yield();
  expect(recordsOf(backend), hint).toEqual(truth.records);
  await store.close();
  await backend.close();
  expect(
    disk.list("/").map(({ name }) => name),
    hint,
  ).toEqual(["db"]);
  return compacted;
}

function isCrash(error: unknown): false {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CrashError) return false;
    if ("code" in cause && cause.code === "CLOSED") return false;
  }
  throw error;
}
