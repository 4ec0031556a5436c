import { SeededRandom } from "@nodetcd/simulator";
import type { Bucket, Database, DatabaseOptions, Transaction } from "@nodetcd/bolt";

/** A naive bucket: what a test believes the database holds. Keys are latin1 strings. */
export interface ModelBucket {
  sequence: number;
  readonly entries: Map<string, Uint8Array | ModelBucket>;
}

export function newModel(): ModelBucket {
  return { sequence: 0, entries: new Map() };
}

export function cloneModel(model: ModelBucket): ModelBucket {
  const entries = new Map<string, Uint8Array | ModelBucket>();
  for (const [key, value] of model.entries) {
    entries.set(key, value instanceof Uint8Array ? value : cloneModel(value));
  }
  return { sequence: model.sequence, entries };
}

function bytes(key: string): Uint8Array {
  return Buffer.from(key, "latin1");
}

export interface HistoryOptions {
  /** Operations in one transaction at most. */
  readonly operations?: number;
  /** Longest value, in pages. */
  readonly valuePages?: number;
}

/** Random changes of one transaction, made to the database and to the model alike. */
export function changeRandomly(
  random: SeededRandom,
  tx: Transaction,
  model: ModelBucket,
  pageSize: number,
  options: HistoryOptions = {},
): void {
  const names = ["a", "b", "key"];
  const name = random.pick(names);
  const bucket = tx.createBucketIfMissing(bytes(name));
  let within = model.entries.get(name) as ModelBucket | undefined;
  if (within === undefined) model.entries.set(name, (within = newModel()));
  bucket.fillPercent = random.pick([0.1, 0.5, 0.9, 1]);
  const count = 1 + random.below(options.operations ?? 60);
  const style = random.below(4);
  for (let i = 0; i < count; i++) {
    if (style === 0) append(random, bucket, within, pageSize);
    else changeOne(random, bucket, within, pageSize, options);
  }
  if (style === 1) deleteRun(random, bucket, within);
  if (random.chance(0.05)) moveOne(random, tx, model);
  if (random.chance(0.04) && model.entries.has(name)) {
    tx.deleteBucket(bytes(name));
    model.entries.delete(name);
  }
}

function append(random: SeededRandom, bucket: Bucket, model: ModelBucket, pageSize: number): void {
  const sequence = bucket.nextSequence();
  model.sequence = sequence;
  const key = `s${String(sequence).padStart(12, "0")}`;
  const value = random.bytes(random.below(pageSize / 8));
  bucket.put(bytes(key), value);
  model.entries.set(key, value);
}

function changeOne(
  random: SeededRandom,
  bucket: Bucket,
  model: ModelBucket,
  pageSize: number,
  options: HistoryOptions,
): void {
  const long = random.chance(0.02) ? "x".repeat(random.below(Math.min(pageSize, 8000))) : "";
  const key = `k${random.below(300)}${long}`;
  const existing = model.entries.get(key);
  const dice = random.below(100);
  if (dice < 8) {
    if (existing === undefined) {
      bucket.createBucket(bytes(key));
      model.entries.set(key, newModel());
    } else if (!(existing instanceof Uint8Array)) {
      bucket.deleteBucket(bytes(key));
      model.entries.delete(key);
    }
  } else if (existing !== undefined && !(existing instanceof Uint8Array)) {
    changeOne(random, bucket.bucket(bytes(key))!, existing, pageSize, options);
  } else if (dice < 30) {
    bucket.delete(bytes(key));
    model.entries.delete(key);
  } else {
    const limit = random.chance(0.05) ? pageSize * (options.valuePages ?? 3) : pageSize / 16;
    const value = random.bytes(random.below(limit));
    bucket.put(bytes(key), value);
    model.entries.set(key, value);
  }
}

/** Deletes entries with a cursor that walks on from each. */
function deleteRun(random: SeededRandom, bucket: Bucket, model: ModelBucket): void {
  const cursor = bucket.cursor();
  let entry = cursor.seek(bytes(`k${random.below(300)}`));
  for (let left = random.below(200); left > 0 && entry !== undefined; left--) {
    if (entry.value !== undefined) {
      cursor.delete();
      model.entries.delete(Buffer.from(entry.key).toString("latin1"));
    }
    entry = cursor.next();
  }
}

/** Moves a nested bucket to the top level, or a top-level one into another. */
function moveOne(random: SeededRandom, tx: Transaction, model: ModelBucket): void {
  const tops = [...model.entries.keys()];
  const from = random.pick(tops);
  const source = model.entries.get(from) as ModelBucket;
  const nested = [...source.entries].find(([, value]) => !(value instanceof Uint8Array));
  if (nested !== undefined && !model.entries.has(nested[0])) {
    tx.moveBucket(bytes(nested[0]), tx.bucket(bytes(from)), undefined);
    source.entries.delete(nested[0]);
    model.entries.set(nested[0], nested[1]);
    return;
  }
  const to = random.pick(tops);
  const target = model.entries.get(to) as ModelBucket;
  if (to === from || target.entries.has(from)) return;
  tx.moveBucket(bytes(from), undefined, tx.bucket(bytes(to)));
  model.entries.delete(from);
  target.entries.set(from, source);
}

/** The first difference between what the transaction sees and the model, or undefined. */
export function difference(tx: Transaction, model: ModelBucket): string | undefined {
  return bucketDifference(tx.root, model, "");
}

function bucketDifference(bucket: Bucket, model: ModelBucket, path: string): string | undefined {
  if (bucket.sequence !== model.sequence) return `${path}: sequence ${bucket.sequence}`;
  const keys = [...model.entries.keys()].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
  const cursor = bucket.cursor();
  let entry = cursor.first();
  for (const key of keys) {
    const at = `${path}/${key}`;
    if (entry === undefined) return `${at}: missing`;
    const found = Buffer.from(entry.key).toString("latin1");
    if (found !== key) return `${at}: found ${found}`;
    const value = model.entries.get(key)!;
    if (value instanceof Uint8Array) {
      if (entry.value === undefined || Buffer.compare(entry.value, value) !== 0)
        return `${at}: value`;
      if (Buffer.compare(bucket.get(bytes(key))!, value) !== 0) return `${at}: get`;
    } else {
      if (entry.value !== undefined) return `${at}: value instead of a bucket`;
      const inner = bucketDifference(bucket.bucket(bytes(key))!, value, at);
      if (inner !== undefined) return inner;
    }
    entry = cursor.next();
  }
  return entry === undefined ? undefined : `${path}: more than expected`;
}

export interface History {
  readonly open: (options: DatabaseOptions) => Database;
  readonly options: DatabaseOptions;
  readonly random: SeededRandom;
  readonly transactions: number;
  readonly change?: HistoryOptions;
  /** After each commit. */
  readonly committed?: (db: Database, model: ModelBucket) => void;
}

/**
 * Runs transactions with random changes, some rolled back, some committed asynchronously, with
 * reopening now and then, while readers of older states look on. Raises at the first difference.
 */
export async function runHistory(history: History): Promise<ModelBucket> {
  const { random, options } = history;
  let db = history.open(options);
  let model = newModel();
  const readers: { tx: Transaction; model: ModelBucket }[] = [];
  const expect = (tx: Transaction, expected: ModelBucket, when: string): void => {
    const found = difference(tx, expected);
    if (found !== undefined) throw new Error(`${when}: ${found}`);
  };
  const dropReader = (): void => {
    const [reader] = readers.splice(random.below(readers.length), 1);
    expect(reader!.tx, reader!.model, "older reader");
    reader!.tx.rollback();
  };
  for (let i = 0; i < history.transactions; i++) {
    const tx = db.begin(true);
    const changed = cloneModel(model);
    const parts = 1 + random.below(3);
    for (let part = 0; part < parts; part++) {
      changeRandomly(random, tx, changed, db.pageSize, history.change);
    }
    if (random.chance(0.3)) expect(tx, changed, `uncommitted ${i}`);
    if (random.chance(0.1)) tx.rollback();
    else {
      if (random.chance(0.3)) await tx.commitAsync({ sliceMs: 1 });
      else tx.commit();
      model = changed;
      history.committed?.(db, model);
    }
    if (random.chance(0.3)) readers.push({ tx: db.begin(false), model });
    if (readers.length > 0 && random.chance(0.3)) dropReader();
    if (random.chance(0.05)) {
      while (readers.length > 0) dropReader();
      db.close();
      db = history.open(options);
    }
  }
  while (readers.length > 0) dropReader();
  const findings = db.view((tx) => [...tx.check()]);
  if (findings.length > 0) throw new Error(`check: ${findings.map((f) => f.message).join(", ")}`);
  db.view((tx) => expect(tx, model, "at the end"));
  db.close();
  return model;
}

export const HISTORY_PAGE_SIZES: readonly number[] = [1024, 4096, 16_384, 65_536];

/** Options drawn from a seed, so that all combinations come up. */
export function randomOptions(random: SeededRandom): DatabaseOptions {
  return {
    pageSize: random.pick(HISTORY_PAGE_SIZES),
    freelistType: random.pick(["array", "hashmap"] as const),
    reclaimPolicy: random.pick(["between-readers", "oldest-reader"] as const),
    noFreelistSync: random.chance(0.25),
    noGrowSync: random.chance(0.25),
    cacheBytes: random.pick([4096, 256 * 1024, 64 * 1024 * 1024]),
  };
}
