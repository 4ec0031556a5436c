import { BoltError, type Bucket, type Database, openDatabase } from "@nodetcd/bolt";
import {
  clearElements,
  freelistIds,
  inspectMetas,
  openRawFile,
  pageElements,
  pageTable,
  revertMeta,
} from "@nodetcd/bolt/inspect";
import { DiskError } from "@nodetcd/runtime";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { changeRandomly, newModel } from "./history.ts";
import { ImageDisk, LimitError } from "./image-disk.ts";
import { mutate } from "./mutate.ts";

/** A healthy file to damage. */
export interface BaseImage {
  readonly bytes: Uint8Array;
  readonly pageSize: number;
}

/** A healthy walk of one of the images takes far less of each. */
const MAX_READS = 20_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_STEPS = 50_000;
const MAX_DEPTH = 40;

/** Small files of all kinds of page: buckets nested and inline, branches, overflow, free pages. */
export function baseImages(seed: number): BaseImage[] {
  const random = new SeededRandom(seed);
  const images: BaseImage[] = [];
  for (const pageSize of [1024, 4096]) {
    for (const noFreelistSync of [false, true]) {
      const disk = new FaultDisk();
      const db = openDatabase(disk, "/db", { pageSize, noFreelistSync, noGrowSync: true });
      const model = newModel();
      for (let i = 0; i < 12; i++) db.update((tx) => changeRandomly(random, tx, model, pageSize));
      db.close();
      images.push({ bytes: disk.readFile("/db"), pageSize });
    }
  }
  return images;
}

/**
 * One damaged file, opened and used in every way that reads, and in some that write. Raises when
 * something goes wrong in another way than with a `BoltError` or a `DiskError`.
 *
 * @returns how each part ended: "OK" or an error's code
 */
export function runCase(images: readonly BaseImage[], seed: number): string[] {
  const random = new SeededRandom(seed);
  const { bytes, pageSize } = random.pick(images);
  const image = mutate(bytes.slice(), pageSize, random);
  const disk = (): ImageDisk => new ImageDisk(image.slice(), MAX_READS, MAX_FILE_BYTES);
  const outcomes = [outcome(() => readAll(disk(), random))];
  if (random.chance(0.3)) outcomes.push(outcome(() => change(disk(), random)));
  if (random.chance(0.3)) outcomes.push(outcome(() => inspectAll(disk(), random)));
  return outcomes;
}

function outcome(work: () => void): string {
  try {
    work();
    return "OK";
  } catch (error) {
    if (error instanceof BoltError || error instanceof DiskError) return error.code;
    throw error;
  }
}

/** Spends one of a case's steps. */
class Steps {
  #left = MAX_STEPS;

  take(): void {
    if (--this.#left < 0) throw new LimitError(`more than ${MAX_STEPS} steps`);
  }
}

function withDatabase(disk: ImageDisk, readOnly: boolean, work: (db: Database) => void): void {
  const db = openDatabase(disk, "/db", { readOnly, cacheBytes: 65_536, noGrowSync: true });
  try {
    work(db);
  } finally {
    db.close();
  }
}

function readAll(disk: ImageDisk, random: SeededRandom): void {
  withDatabase(disk, true, (db) => {
    // Each part on its own: an error in one must not hide what another does.
    const parts = [
      () => db.view((tx) => takeAll(tx.check())),
      () => db.view((tx) => walk(tx.root, random, new Steps(), 0)),
      () => db.view((tx) => void tx.root.stats()),
      () => db.view((tx) => void tx.root.inspect()),
      () => db.view((tx) => takeAll(tx.check({ pageId: random.below(40) }))),
    ];
    const failed = parts.map(outcome).filter((code) => code !== "OK");
    if (failed.length > 0) throw new BoltError("CORRUPT", failed.join(" "));
  });
}

function takeAll(items: Iterable<unknown>): void {
  const steps = new Steps();
  for (const _ of items) steps.take();
}

/** Forwards, backwards, and by key; into nested buckets as far as a healthy file has them. */
function walk(bucket: Bucket, random: SeededRandom, steps: Steps, depth: number): void {
  const cursor = bucket.cursor();
  const keys: Uint8Array[] = [];
  for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
    steps.take();
    keys.push(entry.key);
    if (entry.value !== undefined || depth >= MAX_DEPTH || random.chance(0.5)) continue;
    const nested = bucket.bucket(entry.key);
    if (nested !== undefined) walk(nested, random, steps, depth + 1);
  }
  for (let entry = cursor.last(); entry !== undefined; entry = cursor.prev()) steps.take();
  for (let i = 0; i < 8 && keys.length > 0; i++) {
    const key = random.pick(keys);
    bucket.get(key);
    cursor.seek(key);
    cursor.prev();
    cursor.seek(random.bytes(1 + random.below(4)));
    cursor.next();
  }
}

/** A transaction or two of puts, deletes, new and deleted buckets. */
function change(disk: ImageDisk, random: SeededRandom): void {
  withDatabase(disk, false, (db) => {
    for (let i = 0; i < 2; i++) {
      db.update((tx) => {
        for (const name of ["a", "b", "key", "new"]) {
          const bucket = tx.createBucketIfMissing(Buffer.from(name));
          const cursor = bucket.cursor();
          for (let j = 0; j < 6; j++) {
            bucket.put(random.bytes(1 + random.below(4)), random.bytes(random.below(200)));
            const entry = cursor.seek(random.bytes(1));
            if (entry?.value !== undefined) cursor.delete();
          }
        }
        if (random.chance(0.5)) tx.deleteBucket(Buffer.from(random.pick(["a", "b", "key"])));
      });
    }
    db.view((tx) => takeAll(tx.check()));
  });
}

/** The functions for looking at raw pages, and surgery. */
function inspectAll(disk: ImageDisk, random: SeededRandom): void {
  const steps = new Steps();
  inspectMetas(disk, "/db");
  const raw = openRawFile(disk, "/db", "write");
  const pages = Math.min(raw.highWater, Math.ceil(raw.size() / raw.pageSize));
  for (let id = 0; id < pages; id++) {
    outcome(() => {
      const page = raw.page(id);
      for (const _ of page.flags === 0x10 ? freelistIds(page) : pageElements(page)) steps.take();
    });
  }
  outcome(() => {
    for (const _ of pageTable(raw, raw.highWater, new Float64Array(0))) steps.take();
  });
  outcome(() => void clearElements(raw, random.below(40), random.below(3), random.below(8) - 1));
  outcome(() => revertMeta(raw));
  outcome(() => withDatabase(disk, true, (db) => db.view((tx) => takeAll(tx.check()))));
}
