import { type Database, openDatabase, type ReclaimPolicy } from "@nodetcd/bolt";
import type { Disk } from "@nodetcd/runtime";

/** What an experiment writes in each commit. */
export interface Workload {
  /** Keys in the bucket. A commit overwrites one; with more than one, each time another. */
  readonly keys: number;
  /** Bytes of each value. */
  readonly valueSize: number;
}

/** Pages after a commit, as a program that opens the file would count them. */
export interface PageCounts {
  /** Given up, but a reader may see them; those that this commit gave up are always among them. */
  readonly pending: number;
  readonly free: number;
  /** Pages of the file that were ever used: what it cannot shrink below. */
  readonly highWater: number;
}

const BUCKET = Buffer.from("experiment");
/** Commits before the first count, so that every page's allocating transaction is known. */
const COMMITS_BEFORE = 2;
/** A step through the keys that visits all of them: it has no factor in common with any key count. */
const KEY_STEP = 1_000_003;

/**
 * Runs `work` on a fresh database in a temporary folder that is removed afterwards. It is not synced,
 * which changes no count.
 */
export function withExperiment<T>(
  disk: Disk,
  policy: ReclaimPolicy,
  workload: Workload,
  work: (experiment: Experiment) => T,
): T {
  const directory = disk.makeTemporaryDirectory("bolt-experiment-");
  try {
    const db = openDatabase(disk, `${directory}/db`, { reclaimPolicy: policy, noSync: true });
    try {
      return work(new Experiment(db, workload));
    } finally {
      db.close();
    }
  } finally {
    disk.removeTree(directory);
  }
}

/** A database that is written one key a commit. */
export class Experiment {
  readonly db: Database;
  readonly #workload: Workload;
  #commits = 0;

  constructor(db: Database, workload: Workload) {
    this.db = db;
    this.#workload = workload;
    db.update((tx) => {
      const bucket = tx.createBucketIfMissing(BUCKET);
      for (let key = 0; key < workload.keys; key++) bucket.put(keyBytes(key), this.#value());
    });
    for (let i = 0; i < COMMITS_BEFORE; i++) this.commit();
  }

  /** Overwrites one key; returns the counts after it. */
  commit(): PageCounts {
    const key = (this.#commits++ * KEY_STEP) % this.#workload.keys;
    this.db.update((tx) => tx.bucket(BUCKET)!.put(keyBytes(key), this.#value()));
    return this.counts();
  }

  counts(): PageCounts {
    const { pendingPages, freePages } = this.db.stats();
    const highWater = this.db.view((tx) => tx.meta.highWater);
    return { pending: pendingPages, free: freePages, highWater };
  }

  #value(): Uint8Array {
    return Buffer.alloc(this.#workload.valueSize, this.#commits % 256);
  }
}

function keyBytes(key: number): Uint8Array {
  return Buffer.from(`key-${String(key).padStart(8, "0")}`);
}
