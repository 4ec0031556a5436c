/**
 * A disk that stands still for seconds, as cloud disks do: writes wait, reads are answered all the same, since
 * nothing in the server's loop waits for the disk; and what was acknowledged is there afterwards, also after
 * a kill -9 that came meanwhile. (etcd's linearizable reads wait with the writes.)
 *
 *     SEED=1 ROUNDS=5 npm run prove -- crash-frozen-disk
 *
 * The disk is a file with ext4 on a loop device, stopped by `fsfreeze`: Linux and root only.
 */
import { spawnSync } from "node:child_process";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer, sayMissing } from "../peers.ts";
import { type ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { Load } from "./load.ts";
import { Records } from "./record.ts";
import { newVerified, verify } from "./verify.ts";

const DISK_BYTES = 2 * 1024 ** 3;
/** Many snapshots of the log and segments, so that files are made and removed while the disk stops. */
const FLAGS = ["--snapshot-count=100"];
/** Longest read on a disk that stands still, in milliseconds: garbage collections and a busy machine. */
const READ_MAX_MS = 1_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

class FreezableDisk {
  readonly #folder = temporaryDirectory("nodetcd-frozen");
  readonly directory: string = join(this.#folder, "mounted");
  readonly data: string = join(this.directory, "etcd");

  /** False when this system or user cannot. */
  mount(): boolean {
    const image = join(this.#folder, "image");
    writeFileSync(image, "");
    truncateSync(image, DISK_BYTES);
    return (
      succeeds("mkdir", this.directory) &&
      succeeds("mkfs.ext4", "-q", image) &&
      succeeds("mount", "-o", "loop", image, this.directory)
    );
  }

  freeze(): void {
    if (!succeeds("fsfreeze", "-f", this.directory)) throw new Error("fsfreeze has failed");
  }

  thaw(): void {
    succeeds("fsfreeze", "-u", this.directory);
  }

  remove(): void {
    this.thaw();
    succeeds("umount", this.directory);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Reads one after the other, of both kinds, for `ms` milliseconds; answers how long the slowest took. */
async function slowestRead(server: ServerProcess, ms: number): Promise<number> {
  const connection = new Connection(server.url);
  const end = performance.now() + ms;
  let slowest = 0;
  for (let number = 0; performance.now() < end; number++) {
    const begun = performance.now();
    const key = Buffer.from(`key${number % 64}`);
    await connection.call(
      METHODS.KV.Range,
      { key, serializable: number % 2 === 0 },
      ms + READ_MAX_MS,
    );
    slowest = Math.max(slowest, performance.now() - begun);
    await sleep(2);
  }
  connection.close();
  return slowest;
}

async function round(
  server: ServerProcess,
  disk: FreezableDisk,
  records: Records,
  random: Seeded,
): Promise<void> {
  const connection = new Connection(server.url);
  if (random.chance(50))
    connection.call(METHODS.Maintenance.Defragment, {}, 60_000).catch(() => undefined);
  await sleep(random.between(0, 500));
  disk.freeze();
  // What the disk took with the freeze may still be answered.
  await sleep(1_000);
  const before = records.acknowledged.size;
  const slowest = await slowestRead(server, random.pick([1_000, 3_000, 9_000]));
  const early = records.acknowledged.size - before;
  disk.thaw();
  connection.close();
  if (early > 0) throw new Error(`${early} writes were acknowledged that no disk has taken`);
  console.log(`  the slowest read on a disk that stands still: ${slowest.toFixed(0)} ms`);
  if (slowest > READ_MAX_MS) throw new Error(`a read took ${slowest.toFixed(0)} ms`);
}

async function prove(subject: Peer, disk: FreezableDisk): Promise<void> {
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 3);
  console.log(
    `a frozen disk under ${subject.name} ${subject.version}: SEED=${seed} ROUNDS=${rounds}`,
  );
  const random = new Seeded(seed);
  const records = new Records();
  const verified = newVerified();
  const options = { dataDirectory: disk.data, flags: FLAGS };
  let server = await startServer(subject, options);
  try {
    for (let number = 1; number <= rounds; number++) {
      const load = new Load(server.url, records, random);
      await sleep(500);
      await round(server, disk, records, random);
      const before = load.acknowledged;
      await sleep(1_000);
      if (load.acknowledged <= before) throw new Error("nothing was acknowledged afterwards");
      if (number === rounds) {
        disk.freeze();
        server.signal("SIGKILL");
        await sleep(200);
        disk.thaw();
        await server.exited;
        await load.stop();
        server = await startServer(subject, options);
      } else await load.stop();
      const faults = await verify(server.url, records, verified, true);
      if (faults.length > 0) throw new Error(`round ${number}:\n${faults.join("\n")}`);
    }
    console.log(`${rounds} rounds, ${records.acknowledged.size} acknowledged writes, none lost`);
  } finally {
    disk.thaw();
    await server.stop();
  }
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const disk = new FreezableDisk();
  try {
    if (disk.mount()) await prove(subject, disk);
    else
      sayMissing("a disk that can be frozen (root on Linux, mkfs.ext4, a loop device, fsfreeze)");
  } finally {
    disk.remove();
  }
}

await main();
