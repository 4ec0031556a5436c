import * as fs from "node:fs";
import { join } from "node:path";
import {
  BoltError,
  Bucket,
  type Cursor,
  type Database,
  type DatabaseOptions,
  defragment,
  type Entry,
  openDatabase,
  type Transaction,
} from "@nodetcd/bolt";
import type { BucketStructure } from "@nodetcd/bolt";
import { DiskError } from "@nodetcd/runtime";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";

/** What a script's own functions raise: an error that bbolt would return, and a panic. */
class OwnError extends Error {}
class OwnPanic extends Error {}

type Parent = Transaction | Bucket;

/** What a script made so far, by the names that it gave. */
export class World {
  readonly #directory: string;
  readonly #databases = new Map<string, Database>();
  readonly #transactions = new Map<string, Transaction>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #cursors = new Map<string, Cursor>();
  #hooks: string[] = [];

  /** @param directory where the script's files are */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Plays one command and answers as `peer.go` does: "ok ...", "error ..." or "panic". */
  async answer(line: string): Promise<string> {
    const [command = "", ...words] = line.split(/ +/);
    try {
      const play = COMMANDS[command];
      if (play === undefined) throw new Error(`unknown command ${command}`);
      return `ok ${(await play(this, words)) ?? ""}`.trim();
    } catch (error) {
      if (error instanceof OwnPanic) return "panic";
      if (error instanceof BoltError || error instanceof OwnError) return `error ${error.message}`;
      if (error instanceof DiskError) return `error ${error.code}`;
      throw error;
    }
  }

  /** Closes what a script left open. */
  close(): void {
    for (const database of this.#databases.values()) database.close();
  }

  path(name: string): string {
    return join(this.#directory, name.split("@")[0]!);
  }

  addDatabase(name: string, database: Database): void {
    this.#databases.set(name, database);
  }

  database(name: string): Database {
    return this.#databases.get(name)!;
  }

  addTransaction(name: string, transaction: Transaction): void {
    this.#transactions.set(name, transaction);
  }

  transaction(name: string): Transaction {
    return this.#transactions.get(name)!;
  }

  addBucket(name: string, bucket: Bucket): void {
    this.#buckets.set(name, bucket);
  }

  bucket(name: string): Bucket {
    return this.#buckets.get(name)!;
  }

  /** A bucket, or undefined for the top level. */
  bucketOrTop(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  parent(name: string): Parent {
    return this.#transactions.get(name) ?? this.bucket(name);
  }

  addCursor(name: string, cursor: Cursor): void {
    this.#cursors.set(name, cursor);
  }

  cursor(name: string): Cursor {
    return this.#cursors.get(name)!;
  }

  hook(label: string): void {
    this.#hooks.push(label);
  }

  takeHooks(): string {
    const said = this.#hooks.join(" ");
    this.#hooks = [];
    return said;
  }
}

type Command = (world: World, words: string[]) => string | void | Promise<string>;

/**
 * Names before what they name: `begin T DB w`, `bucket B PARENT NAME`, `cursor C PARENT`; a parent is
 * a transaction or a bucket. Bytes: `-` for none, `97*3` for three of a byte, else a text.
 */
const COMMANDS: Readonly<Record<string, Command>> = {
  open: (world, words) => openFile(world, words),
  file: (world, [name, bytes]) => fs.writeFileSync(world.path(name!), parse(bytes!)),
  directory: (world, [name]) => fs.mkdirSync(world.path(name!)),
  close: (world, [name]) => world.database(name!).close(),

  begin: (world, [name, database, kind]) => {
    const tx = world.database(database!).begin(kind === "w");
    world.addTransaction(name!, tx);
    return `${tx.id} ${tx.writable}`;
  },
  commit: (world, [name]) => world.transaction(name!).commit(),
  rollback: (world, [name]) => world.transaction(name!).rollback(),
  size: (world, [name]) => String(world.transaction(name!).size()),

  bucket: (world, [name, parent, key]) => {
    const bucket = world.parent(parent!).bucket(parse(key!));
    if (bucket === undefined) return "nil";
    world.addBucket(name!, bucket);
    return "";
  },
  create: (world, [name, parent, key]) =>
    world.addBucket(name!, world.parent(parent!).createBucket(parse(key!))),
  createif: (world, [name, parent, key]) =>
    world.addBucket(name!, world.parent(parent!).createBucketIfMissing(parse(key!))),
  drop: (world, [parent, key]) => world.parent(parent!).deleteBucket(parse(key!)),
  move: (world, [tx, key, from, to]) =>
    world
      .transaction(tx!)
      .moveBucket(parse(key!), world.bucketOrTop(from!), world.bucketOrTop(to!)),

  get: (world, [name, key]) => show(world.bucket(name!).get(parse(key!))),
  put: (world, [name, key, value]) => world.bucket(name!).put(parse(key!), parse(value!)),
  delete: (world, [name, key]) => world.bucket(name!).delete(parse(key!)),
  sequence: (world, [name]) => String(world.bucket(name!).sequence),
  setsequence: (world, [name, sequence]) => world.bucket(name!).setSequence(Number(sequence)),
  nextsequence: (world, [name]) => String(world.bucket(name!).nextSequence()),
  fill: (world, [name, share]) => {
    world.bucket(name!).fillPercent = Number(share);
  },
  foreach: (world, words) => forEach(world, words),
  inspect: (world, [name]) => {
    const parent = world.parent(name!);
    return structure((parent instanceof Bucket ? parent : parent.root).inspect());
  },

  stats: (world, [name]) => bucketStats(world.bucket(name!)),
  dbstats: (world, [name]) => {
    const s = world.database(name!).stats();
    const readers = `${s.readTransactions} ${s.openReadTransactions}`;
    return `free ${s.freePages} pending ${s.pendingPages} alloc ${s.freeBytes} readers ${readers}`;
  },
  txstats: (world, [name]) => {
    const s = world.transaction(name!).stats();
    return (
      `pages ${s.pages} bytes ${s.pageBytes} rebalances ${s.rebalances} splits ${s.splits} ` +
      `spills ${s.spills} writes ${s.writes}`
    );
  },

  cursor: (world, [name, parent]) => world.addCursor(name!, world.parent(parent!).cursor()),
  first: (world, [name]) => pair(world.cursor(name!).first()),
  last: (world, [name]) => pair(world.cursor(name!).last()),
  next: (world, [name]) => pair(world.cursor(name!).next()),
  prev: (world, [name]) => pair(world.cursor(name!).prev()),
  seek: (world, [name, key]) => pair(world.cursor(name!).seek(parse(key!))),
  cursordelete: (world, [name]) => world.cursor(name!).delete(),

  hook: (world, [name, label]) =>
    world.transaction(name!).onCommit(() => {
      world.hook(label!);
      if (label === "panics") throw new OwnPanic("hook");
    }),
  hooks: (world) => world.takeHooks(),
  update: (world, words) => managed(world, "update", words),
  view: (world, words) => managed(world, "view", words),
  batch: (world, words) => batch(world, words),

  compact: (world, [to, from, max]) =>
    world.database(from!).view((tx) => {
      const steps = defragment(tx, world.database(to!), { maxBytesPerTransaction: Number(max) });
      while (steps.next().done !== true);
    }),
  check: (world, [name]) =>
    world
      .database(name!)
      .view((tx) => Array.from(tx.check(), (finding) => finding.message).join("; ")),
  dump: (world, [name]) => dump(world.database(name!)),
  writeto: (world, [name, to]) => {
    const tx = world.transaction(name!);
    const file = nodeDisk.open(world.path(to!), "create");
    try {
      tx.copyTo(file);
      return String(file.size());
    } finally {
      file.close();
    }
  },
};

function parse(word: string): Uint8Array {
  if (word === "-") return new Uint8Array(0);
  const [byte, count] = word.split("*");
  if (count !== undefined) return Buffer.alloc(Number(count), Number(byte));
  return Buffer.from(word);
}

function show(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return "nil";
  if (bytes.length === 0) return "-";
  const text = Buffer.from(bytes).toString("latin1");
  if (bytes.length > 40) return `${text.slice(0, 4)}..*${bytes.length}`;
  if (/[^!-~]/.test(text)) return `0x${Buffer.from(bytes).toString("hex")}`;
  return text;
}

function pair(entry: Pick<Entry, "key" | "value"> | undefined): string {
  return entry === undefined ? "nil" : `${show(entry.key)}=${show(entry.value)}`;
}

function openFile(world: World, [name, ...words]: string[]): string {
  const options: DatabaseOptions = { lockTimeoutMs: 30, clock: nodeClock };
  for (const word of words) {
    const [option, value] = word.split("=");
    if (option === "hashmap") options.freelistType = "hashmap";
    else Object.assign(options, { [option!]: value === undefined ? true : Number(value) });
  }
  const database = openDatabase(nodeDisk, world.path(name!), options);
  world.addDatabase(name!, database);
  return `${database.pageSize} ${database.readOnly}`;
}

function forEach(world: World, [name, stopAt]: string[]): string {
  const said: string[] = [];
  const visit = (key: Uint8Array, value: Uint8Array | undefined): void => {
    said.push(pair({ key, value }));
    if (stopAt !== undefined && Buffer.from(key).toString() === stopAt) {
      throw new OwnError("own error");
    }
  };
  const parent = world.parent(name!);
  if (parent instanceof Bucket) parent.forEach(visit);
  else parent.forEach((key) => visit(key, undefined));
  return said.join(" ");
}

function structure({ name, keys, buckets }: BucketStructure): string {
  const children = buckets.map((child) => ` (${structure(child)})`).join("");
  return `${show(Buffer.from(name))}:${keys}${children}`;
}

function bucketStats(bucket: Bucket): string {
  const s = bucket.stats();
  return (
    `BranchPageN:${s.branchPages} BranchOverflowN:${s.branchOverflowPages} ` +
    `LeafPageN:${s.leafPages} LeafOverflowN:${s.leafOverflowPages} KeyN:${s.keys} ` +
    `Depth:${s.depth} BranchAlloc:${s.branchAllocated} BranchInuse:${s.branchUsed} ` +
    `LeafAlloc:${s.leafAllocated} LeafInuse:${s.leafUsed} BucketN:${s.buckets} ` +
    `InlineBucketN:${s.inlineBuckets} InlineBucketInuse:${s.inlineBucketUsed}`
  );
}

/** `update DB KIND BUCKET KEY VALUE`: a transaction that does this, and what KIND says. */
function managed(
  world: World,
  command: "update" | "view",
  [name, kind, bucket, key, value]: string[],
): void {
  const work = (tx: Transaction): void => {
    if (command === "update") {
      tx.createBucketIfMissing(parse(bucket!)).put(parse(key!), parse(value!));
    }
    if (kind === "error") throw new OwnError("own error");
    if (kind === "panic") throw new OwnPanic("own panic");
    if (kind === "commit") tx.commit();
    if (kind === "rollback") tx.rollback();
    if (kind === "hook") tx.onCommit(() => world.hook(key!));
    if (kind === "create") tx.createBucketIfMissing(parse(bucket!));
  };
  world.database(name!)[command](work);
}

/** `batch DB KIND,KIND`: as many calls at once, each with its own end. */
async function batch(world: World, [name, kinds]: string[]): Promise<string> {
  const database = world.database(name!);
  const calls = kinds!.split(",").map((kind, index) =>
    database.batch((tx) => {
      const bucket = tx.createBucketIfMissing(Buffer.from("batch"));
      bucket.put(Buffer.from(`k${index}`), Buffer.from(kind));
      if (kind === "error") throw new OwnError("own error");
      if (kind === "panic") throw new OwnPanic("own panic");
      if (kind === "emptykey") bucket.put(new Uint8Array(0), new Uint8Array(0));
    }),
  );
  const outcomes = await Promise.allSettled(calls);
  return outcomes
    .map((outcome) => {
      if (outcome.status === "fulfilled") return "ok";
      const error: unknown = outcome.reason;
      return error instanceof OwnPanic ? "panic" : `error(${(error as Error).message})`;
    })
    .join(" ");
}

/** All buckets with their sequences, keys and values. */
function dump(database: Database): string {
  return database.view((tx) => {
    const said: string[] = [];
    tx.forEach((name, bucket) => said.push(dumpBucket(name, bucket)));
    return said.join(" ");
  });
}

function dumpBucket(name: Uint8Array, bucket: Bucket): string {
  let said = `${show(name)}#${bucket.sequence}{`;
  bucket.forEach((key, value) => {
    said += ` ${value === undefined ? dumpBucket(key, bucket.bucket(key)!) : pair({ key, value })}`;
  });
  return `${said} }`;
}
