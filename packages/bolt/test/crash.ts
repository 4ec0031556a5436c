import { BoltError, type Database, type DatabaseOptions, openDatabase } from "@nodetcd/bolt";
import type { Disk, DiskFile } from "@nodetcd/runtime";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { changeRandomly, cloneModel, difference, type ModelBucket, newModel } from "./history.ts";

const PATH = "/db";

export interface CrashHistory {
  readonly seed: number;
  readonly transactions: number;
  /** Wraps the disk, to plant a bug. */
  readonly wrap?: (disk: Disk) => Disk;
}

/** What may be found after a crash: the last committed state, or the one being committed. */
interface Outcome {
  committed: ModelBucket;
  underWay: ModelBucket | undefined;
  finished: boolean;
}

function optionsOf(seed: number): DatabaseOptions {
  const random = new SeededRandom(seed);
  return {
    pageSize: random.pick([1024, 4096]),
    freelistType: random.pick(["array", "hashmap"] as const),
    reclaimPolicy: random.pick(["between-readers", "oldest-reader"] as const),
    noFreelistSync: random.chance(0.3),
    noGrowSync: random.chance(0.5),
    shrink: random.chance(0.5),
  };
}

/** Runs the history of a seed until it ends or the disk crashes. Always the same for the same seed. */
async function play(history: CrashHistory, disk: FaultDisk): Promise<Outcome> {
  const random = new SeededRandom(history.seed);
  const outcome: Outcome = { committed: newModel(), underWay: undefined, finished: false };
  try {
    const wrapped = history.wrap?.(disk) ?? disk;
    const db = openDatabase(wrapped, PATH, optionsOf(history.seed));
    for (let i = 0; i < history.transactions; i++) {
      const tx = db.begin(true);
      const model = cloneModel(outcome.committed);
      changeRandomly(random, tx, model, db.pageSize, { operations: 20 });
      outcome.underWay = model;
      if (random.chance(0.4)) await tx.commitAsync();
      else tx.commit();
      outcome.committed = model;
      outcome.underWay = undefined;
    }
    db.close();
    outcome.finished = true;
  } catch (error) {
    if (!isCrash(error)) throw error;
  }
  return outcome;
}

function isCrash(error: unknown): boolean {
  if (error instanceof CrashError) return true;
  return error instanceof BoltError && isCrash(error.cause);
}

/** Opens what the crash left and says what is wrong with it, if anything. */
function verdict(disk: FaultDisk, history: CrashHistory, outcome: Outcome): string | undefined {
  let db: Database;
  try {
    db = openDatabase(disk, PATH, optionsOf(history.seed));
  } catch (error) {
    return `cannot be opened: ${String(error)}`;
  }
  const fault = db.view((tx): string | undefined => {
    const finding = tx.check().next();
    if (finding.done !== true) return `check: ${finding.value.message}`;
    const fromCommitted = difference(tx, outcome.committed);
    if (fromCommitted === undefined) return undefined;
    if (outcome.underWay === undefined) return `is not the last commit: ${fromCommitted}`;
    const fromUnderWay = difference(tx, outcome.underWay);
    if (fromUnderWay === undefined) return undefined;
    return `is neither the last commit (${fromCommitted}) nor the next (${fromUnderWay})`;
  });
  if (fault !== undefined) return fault;
  db.update((tx) => tx.createBucketIfMissing(Buffer.from("after")).put(PATH_KEY, PATH_KEY));
  const later = db.view((tx) => tx.check().next());
  db.close();
  return later.done === true ? undefined : `check after a write: ${later.value.message}`;
}

const PATH_KEY = Buffer.from(PATH);

/**
 * Crashes a history at every operation of the disk, one run for each, and looks at what is found
 * after power returns. Returns the number of crash points; raises at the first bad one.
 */
export async function crashEverywhere(history: CrashHistory): Promise<number> {
  const whole = new FaultDisk();
  const complete = await play(history, whole);
  if (!complete.finished) throw new Error("the history crashed without a crash");
  for (let point = 0; point < whole.operations; point++) {
    const disk = new FaultDisk();
    disk.crashAfter(point);
    const outcome = await play(history, disk);
    const found = disk.crash(new SeededRandom(history.seed * 100_003 + point));
    const fault = verdict(found, history, outcome);
    if (fault !== undefined) {
      throw new Error(`SEED=${history.seed}, crash after operation ${point}: ${fault}`);
    }
  }
  return whole.operations;
}

/** The kind of page in byte 8 of its header. */
const META_FLAG = 0x04;

/** The planted bug: the sync between pages and meta does not happen. */
export function metaBeforeSync(disk: Disk): Disk {
  const wrapFile = (file: DiskFile): DiskFile => {
    let metaWritten = false;
    const after = (page: Uint8Array): void => {
      metaWritten = page[8] === META_FLAG;
    };
    const wrapped: DiskFile = {
      path: file.path,
      read: (into, position) => file.read(into, position),
      readAsync: (into, position) => file.readAsync(into, position),
      write: (from, position) => {
        file.write(from, position);
        after(from);
      },
      writeAsync: async (chunks, position) => {
        await file.writeAsync(chunks, position);
        after(chunks[0]!);
      },
      writeSynced: async (chunks, position) => {
        after(chunks[0]!);
        if (metaWritten) await file.writeSynced(chunks, position);
        else await file.writeAsync(chunks, position);
      },
      sync: () => {
        if (metaWritten) file.sync();
      },
      syncAsync: async () => {
        if (metaWritten) await file.syncAsync();
      },
      truncate: (size) => file.truncate(size),
      truncateAsync: (size) => file.truncateAsync(size),
      allocate: (size) => file.allocate(size),
      size: () => file.size(),
      lock: (kind, timeoutMs) => file.lock(kind, timeoutMs),
      lockAsync: (kind) => file.lockAsync(kind),
      close: () => file.close(),
    };
    return wrapped;
  };
  return new Proxy(disk, {
    get(target, name, receiver): unknown {
      if (name === "open") {
        return (path: string, mode: Parameters<Disk["open"]>[1]): DiskFile =>
          wrapFile(target.open(path, mode));
      }
      const member: unknown = Reflect.get(target, name, receiver);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
