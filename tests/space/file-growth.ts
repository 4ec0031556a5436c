/**
 * The symptom that this project began with: keys are written over and over, history is compacted all the time, backups are slow, and
 * the file grows without end. The same on real etcd and on nodetcd: sizes over time as a table and a picture.
 *
 *     SEED=1 SECONDS=60 KEYS=20000 SVG=docs/experiments/file-growth.svg npm run prove -- file-growth
 *
 * Fails when, after the first quarter, the file of nodetcd is 1.5 times what is in use, counted as etcd does: with the pages that
 * the open backup needs. A backup of keys that are all written over meanwhile needs as much as the keys themselves.
 */
import { writeFileSync } from "node:fs";
import { METHODS, SnapshotRequest } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { type ServerProcess, startServer } from "../processes.ts";
import { Connection, type RpcStream } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { growthPicture, type Panel, type Sample } from "./growth-picture.ts";

const seconds = Number(process.env["SECONDS"] ?? 60);
const keys = Number(process.env["KEYS"] ?? 20_000);
const seed = chosenSeed();
const VALUE_BYTES = 2_000;
const TXN_KEYS = 32;
/** Transactions a second, the same for both servers. */
const RATE = 40;
/** History is compacted this often, down to what was newest the time before, in milliseconds. */
const COMPACT_MS = 1_000;
/** A backup is read this slowly: one is open at any time. In milliseconds. */
const BACKUP_MS = 15_000;
const MOST_RATIO = 1.5;
const MIB = 1024 * 1024;

async function main(): Promise<number> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (nodetcd === undefined) return 0;
  console.log(`SEED=${seed} SECONDS=${seconds} KEYS=${keys} of ${VALUE_BYTES} bytes`);
  const panels: Panel[] = [];
  for (const program of [etcd, nodetcd]) {
    if (program === undefined) continue;
    panels.push({ title: `${program.name} ${program.version}`, samples: await grow(program) });
  }
  for (const { title, samples } of panels) console.log(`${title}\n${tableOf(samples)}`);
  const picture = process.env["SVG"];
  if (picture !== undefined) {
    const title = `${keys} keys overwritten and compacted while backups are read slowly`;
    writeFileSync(picture, growthPicture(title, panels));
  }
  const ours = panels.at(-1)!.samples.filter(({ at }) => at > seconds / 4);
  const worst = Math.max(...ours.map(({ file, inUse }) => file / inUse));
  console.log(`nodetcd: at most ${worst.toFixed(2)} times what is in use after the first quarter`);
  return worst < MOST_RATIO ? 0 : 1;
}

async function grow(program: Peer): Promise<Sample[]> {
  const server = await startServer(program, { flags: ["--quota-backend-bytes=8589934592"] });
  const connection = new Connection(server.url);
  const load = new Load(connection);
  const samples: Sample[] = [];
  const backups = new SlowBackups(server);
  try {
    await load.fill();
    const began = performance.now();
    const ticks = (seconds * 1_000) / COMPACT_MS;
    const writing = load.writeFor(seconds * 1_000);
    for (let tick = 1; tick <= ticks; tick++) {
      await until(began + tick * COMPACT_MS);
      backups.turn(performance.now());
      await load.compact();
      const { dbSize, dbSizeInUse } = await connection.call(METHODS.Maintenance.Status, {});
      const inUse = dbSizeInUse + (await pinned(server));
      samples.push({ at: (performance.now() - began) / 1_000, file: dbSize, inUse });
    }
    await writing;
    return samples;
  } finally {
    backups.end();
    connection.close();
    await server.stop();
  }
}

/** Bytes that only the open backup needs: etcd says that they are in use, nodetcd counts them apart. */
async function pinned({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nodetcd_mvcc_db_pinned_size_in_bytes (\S+)$/m.exec(text)?.[1] ?? 0);
}

function until(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
}

class Load {
  readonly #connection: Connection;
  readonly #random = new Seeded(seed);
  #revision = 0;
  #compactNext = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async fill(): Promise<void> {
    for (let first = 0; first < keys; first += TXN_KEYS) {
      await this.#put(Array.from({ length: TXN_KEYS }, (_, i) => first + i));
    }
  }

  /** At a steady rate; what the server cannot take is caught up. */
  async writeFor(milliseconds: number): Promise<void> {
    const began = performance.now();
    const count = (RATE * milliseconds) / 1_000;
    for (let n = 0; n < count; n++) {
      await until(began + (n * 1_000) / RATE);
      await this.#put(Array.from({ length: TXN_KEYS }, () => this.#random.below(keys)));
    }
  }

  async compact(): Promise<void> {
    const revision = this.#compactNext;
    this.#compactNext = this.#revision;
    if (revision > 0) await this.#connection.call(METHODS.KV.Compact, { revision });
  }

  async #put(numbers: readonly number[]): Promise<void> {
    const success = [...new Set(numbers)].map((n) => ({
      requestPut: { key: Buffer.from(`key/${n}`), value: Buffer.alloc(VALUE_BYTES, n) },
    }));
    const { header } = await this.#connection.call(METHODS.KV.Txn, { success });
    this.#revision = header?.revision ?? 0;
  }
}

/** Downloads that stop reading after the first bytes; the next one begins before the last is given up. */
class SlowBackups {
  readonly #url: string;
  #open: { readonly connection: Connection; readonly since: number }[] = [];

  constructor(server: ServerProcess) {
    this.#url = server.url;
  }

  turn(now: number): void {
    if (this.#open.some(({ since }) => now - since < BACKUP_MS / 2)) return;
    // A small window: the server has to wait for it.
    const connection = new Connection(this.#url, 65_535);
    const ignore = (): void => undefined;
    const stream: RpcStream = connection.open(
      METHODS.Maintenance.Snapshot.path,
      () => stream.pause(),
      ignore,
    );
    stream.send(SnapshotRequest.encode({}));
    stream.end();
    this.#open.push({ connection, since: now });
    for (const { connection: old, since } of this.#open) if (now - since >= BACKUP_MS) old.close();
    this.#open = this.#open.filter(({ since }) => now - since < BACKUP_MS);
  }

  end(): void {
    for (const { connection } of this.#open) connection.close();
  }
}

/** Some twelve rows. */
function tableOf(samples: readonly Sample[]): string {
  const step = Math.max(1, Math.floor(samples.length / 12));
  const rows = samples.filter((_, i) => i % step === step - 1);
  const mib = (bytes: number): string => (bytes / MIB).toFixed(0).padStart(8);
  const line = ({ at, file, inUse }: Sample): string =>
    `${at.toFixed(0).padStart(6)} s ${mib(file)} ${mib(inUse)} ${(file / inUse).toFixed(2).padStart(6)}`;
  return ["  time     file   in use  ratio (MiB)", ...rows.map(line)].join("\n");
}

process.exitCode = await main();
