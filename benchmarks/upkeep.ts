/**
 * What upkeep costs those who use a member meanwhile, on real etcd and on nodetcd, one after the other: a compaction of a million
 * revisions, and the defragmentation of 1 GiB, each under a steady load.
 *
 *     FOLDER=/tmp/upkeep npm run bench:upkeep -- prepare      fills data directories, once; both start from copies of them
 *     FOLDER=/tmp/upkeep npm run bench:upkeep -- compact defragment
 *     REVISIONS=1000000 MIB=1024 RATE=400 SECONDS=10
 *
 * Requests are sent at their times whether or not the ones before were answered, half of them puts and half linearizable
 * reads, and latencies count from the time that each was due.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Backend, openBackend } from "@nodetcd/backend";
import { Client } from "@nodetcd/client";
import { noLeases, openStore, type Store, type WriteTransaction } from "@nodetcd/mvcc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Peer, peer } from "../tests/peers.ts";
import { startServer } from "../tests/processes.ts";

const REVISIONS = Number(process.env["REVISIONS"] ?? 1_000_000);
const MIB = Number(process.env["MIB"] ?? 1024);
const RATE = Number(process.env["RATE"] ?? 400);
const SECONDS = Number(process.env["SECONDS"] ?? 10);
const folder = process.env["FOLDER"] ?? "/tmp/nodetcd-upkeep";
const KEYS = 100_000;
const LARGE_BYTES = 4_000;
const FLAGS = ["--quota-backend-bytes=8589934592", "--snapshot-count=100000"];

type Kind = "compact" | "defragment";

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly count: number;
}

async function main(words: readonly string[]): Promise<void> {
  const programs = [peer("etcd"), peer("nodetcd")].filter((each) => each !== undefined);
  for (const kind of ["compact", "defragment"] as const) {
    if (words.includes("prepare")) await prepare(kind);
    else if (words.includes(kind)) for (const program of programs) await measure(program, kind);
  }
}

/** Makes a data directory, if it is not there: a member founds it, and its database is filled while it is stopped. */
async function prepare(kind: Kind): Promise<void> {
  const [filled, nodetcd] = [join(folder, kind), peer("nodetcd")];
  if (existsSync(filled) || nodetcd === undefined) return;
  mkdirSync(folder, { recursive: true });
  const dataDirectory = `${filled}-filling`;
  rmSync(dataDirectory, { recursive: true, force: true });
  await (await startServer(nodetcd, { dataDirectory, flags: FLAGS })).stop();
  const began = performance.now();
  const path = join(dataDirectory, "member", "snap", "db");
  const backend = openBackend(nodeRuntime, path, { noSync: true });
  const store = await openStore(backend, {
    clock: nodeRuntime.clock,
    lessor: noLeases,
    cacheBytes: 0,
  });
  const fill = new Filler(store, backend);
  await (kind === "compact" ? fill.history() : fill.space());
  await store.close();
  await backend.close();
  renameSync(dataDirectory, filled);
  console.log(`${filled}: ${((performance.now() - began) / 1_000).toFixed(0)} s`);
}

class Filler {
  readonly #store: Store;
  readonly #backend: Backend;

  constructor(store: Store, backend: Backend) {
    this.#store = store;
    this.#backend = backend;
  }

  async #write(work: (txn: WriteTransaction) => void): Promise<void> {
    const txn = this.#store.beginWrite();
    work(txn);
    txn.end();
    await this.#backend.whenWritable();
  }

  /** Revisions of keys that all have ten of them. */
  async history(): Promise<void> {
    const value = Buffer.alloc(100, "v");
    for (let n = 0; n < REVISIONS; n++) {
      await this.#write((txn) => txn.put(Buffer.from(`key/${n % KEYS}`), value, 0n));
    }
  }

  /** Keys of some 4 KB, of which a quarter is deleted and compacted: pages to be given back. */
  async space(): Promise<void> {
    const value = Buffer.alloc(LARGE_BYTES, "v");
    const name = (n: number): Buffer => Buffer.from(`large/${String(n).padStart(9, "0")}`);
    const keys = Math.floor((MIB * 1024 * 1024) / 4_300);
    for (let n = 0; n < keys; n++) await this.#write((txn) => txn.put(name(n), value, 0n));
    for (let n = 0; n < keys; n += 4)
      await this.#write((txn) => txn.deleteRange(name(n), undefined));
    await this.#store.compact(this.#store.revision).done;
  }
}

async function measure(program: Peer, kind: Kind): Promise<void> {
  const dataDirectory = join(folder, `${program.name}-${kind}`);
  rmSync(dataDirectory, { recursive: true, force: true });
  cpSync(join(folder, kind), dataDirectory, { recursive: true });
  const server = await startServer(program, { dataDirectory, flags: FLAGS });
  const client = new Client({ runtime: nodeRuntime, endpoints: server.url, timeoutMs: 120_000 });
  try {
    await load(client, 2_000);
    const without = await load(client, SECONDS * 1_000);
    report(program, "without", without);
    const began = performance.now();
    const work = upkeep(client, kind).then(() => performance.now() - began);
    const during = await load(client, work);
    const took = ((await work) / 1_000).toFixed(1);
    report(program, `${kind}, ${took} s, ${sizes(await client.maintenance.status())}`, during);
  } finally {
    client.close();
    await server.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

async function upkeep(client: Client, kind: Kind): Promise<void> {
  if (kind === "defragment") return await client.maintenance.defragment();
  const { revision } = await client.maintenance.status();
  await client.compact(revision - 1_000, { physical: true, timeoutMs: 600_000 });
}

/** At a steady rate for so long, or until something is over. */
async function load(
  client: Client,
  span: number | Promise<unknown>,
): Promise<{ puts: Latencies; reads: Latencies }> {
  let over = false;
  const ended = typeof span === "number" ? sleep(span) : span;
  void ended.then(() => (over = true));
  const [puts, reads]: [number[], number[]] = [[], []];
  const pending = new Set<Promise<unknown>>();
  const began = performance.now();
  const value = Buffer.alloc(100, "w");
  for (let n = 0; !over; n++) {
    const due = began + (n * 1_000) / RATE;
    if (due > performance.now()) await sleep(due - performance.now());
    const key = `key/${(n * 7919) % KEYS}`;
    const [list, call] = n % 2 === 0 ? [puts, client.put(key, value)] : [reads, client.get(key)];
    const done = call.then(() => list.push(performance.now() - due));
    pending.add(done);
    void done.finally(() => pending.delete(done));
  }
  await Promise.all(pending);
  return { puts: latenciesOf(puts), reads: latenciesOf(reads) };
}

function latenciesOf(list: number[]): Latencies {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), most: at(1), count: sorted.length };
}

function report(
  program: Peer,
  what: string,
  { puts, reads }: { readonly puts: Latencies; readonly reads: Latencies },
): void {
  const text = ({ p50, p99, most, count }: Latencies): string =>
    `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} most ${most.toFixed(1)} (${count})`;
  console.log(`${program.name} ${what}\n  puts  ${text(puts)}\n  reads ${text(reads)}`);
}

function sizes({ dbSize, dbSizeInUse }: { dbSize: number; dbSizeInUse: number }): string {
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
  return `${mib(dbSize)} MiB, ${mib(dbSizeInUse)} in use`;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

await main(process.argv.slice(2));
