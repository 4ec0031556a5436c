/**
 * kill -9 at random moments of compactions and defragmentations, on one directory, again and again. After each the member must go on
 * where it was: the same hashes and the same contents as real etcd that was given the same history and never killed; nothing readable
 * lost, nothing compacted readable again.
 *
 *     SEED=1 KILLS=500 npm run prove -- kill-upkeep      SECONDS=170 ends it earlier, with what was done
 */
import { rmSync } from "node:fs";
import { type KeyValue, METHODS } from "@nodetcd/messages";
import { type Peer, peer, sayMissing } from "../peers.ts";
import { type ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { askHash } from "./hash-history.ts";

const KEYS = 800;
const TXNS = 15;
const TXN_KEYS = 40;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
/** Small steps: many moments to be killed in. */
const FLAGS = ["--heartbeat-interval=20", "--election-timeout=200", "--compaction-batch-limit=100"];

/** What the kills met. */
interface Tally {
  duringCompaction: number;
  duringDefragmentation: number;
  resumed: number;
  after: number;
}

class Upkeep {
  readonly #nodetcd: Peer;
  readonly #random: Seeded;
  readonly #directory = temporaryDirectory("nodetcd-upkeep");
  readonly #etcd: ServerProcess;
  readonly #reference: Connection;
  #subject: ServerProcess | undefined;
  #connection: Connection | undefined;
  #revision = 1;
  #compacted = 0;
  /** How long the work took when it was not killed, in milliseconds: kills fall into it. */
  #workMs = 100;
  readonly tally: Tally = {
    duringCompaction: 0,
    duringDefragmentation: 0,
    resumed: 0,
    after: 0,
  };

  constructor(nodetcd: Peer, etcd: ServerProcess, random: Seeded) {
    this.#nodetcd = nodetcd;
    this.#etcd = etcd;
    this.#random = random;
    this.#reference = new Connection(etcd.url);
  }

  async start(): Promise<Connection> {
    this.#subject = await startServer(this.#nodetcd, {
      dataDirectory: this.#directory,
      flags: FLAGS,
    });
    this.#connection = new Connection(this.#subject.url);
    return this.#connection;
  }

  /** One kill, and what is found after it. */
  async round(isKilled: boolean): Promise<void> {
    const connection = this.#connection ?? (await this.start());
    await this.#write(connection);
    const revision = this.#random.between(this.#compacted + 1, this.#revision - 1);
    const work = this.#begin(connection, revision);
    if (!isKilled) {
      const began = performance.now();
      await work.done;
      this.#workMs = performance.now() - began;
    } else {
      const moment = this.#random.below(Math.ceil(this.#workMs * 1.2));
      await new Promise((resolve) => setTimeout(resolve, moment));
      this.#count(work);
      connection.close();
      await this.#subject!.kill();
      await work.done;
    }
    await this.#compare(isKilled ? await this.start() : connection, revision);
  }

  /** The same changes on both. */
  async #write(connection: Connection): Promise<void> {
    for (let n = 0; n < TXNS; n++) {
      const keys = new Set(Array.from({ length: TXN_KEYS }, () => this.#random.below(KEYS)));
      const value = Buffer.from(`${this.#revision} `.padEnd(this.#random.below(300), "v"));
      const success = [...keys].map((k) => {
        const key = Buffer.from(`k${k}`);
        return this.#random.chance(15)
          ? { requestDeleteRange: { key } }
          : { requestPut: { key, value } };
      });
      const [ours, theirs] = await Promise.all(
        [connection, this.#reference].map((one) => one.call(METHODS.KV.Txn, { success })),
      );
      this.#revision = ours!.header?.revision ?? 0;
      if (this.#revision !== theirs!.header?.revision) throw new Error("the revisions differ");
    }
  }

  #begin(
    connection: Connection,
    revision: number,
  ): { readonly state: { compacting: boolean; defragmenting: boolean }; done: Promise<unknown> } {
    const state = { compacting: true, defragmenting: false };
    const compaction = connection
      .call(METHODS.KV.Compact, { revision, physical: true })
      .then(() => (state.compacting = false), ignore);
    const later = this.#random.below(30);
    const defragment = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, later));
      state.defragmenting = true;
      await connection.call(METHODS.Maintenance.Defragment, {});
      state.defragmenting = false;
    };
    const defragmentation = this.#random.chance(60) ? defragment().catch(ignore) : undefined;
    return { state, done: Promise.all([compaction, defragmentation]) };
  }

  #count({ state }: { readonly state: { compacting: boolean; defragmenting: boolean } }): void {
    if (state.compacting) this.tally.duringCompaction++;
    if (state.defragmenting) this.tally.duringDefragmentation++;
    if (!state.compacting && !state.defragmenting) this.tally.after++;
  }

  async #compare(connection: Connection, revision: number): Promise<void> {
    // Compacted at the revision, or not asked yet: one of the two, whatever was killed.
    const before = await compactRevisionOf(connection);
    if (before !== revision && before !== (this.#compacted || -1)) {
      throw new Error(`compacted at ${before}: neither ${this.#compacted} nor ${revision}`);
    }
    if (before === revision) this.tally.resumed++;
    else await connection.call(METHODS.KV.Compact, { revision, physical: true });
    await this.#reference.call(METHODS.KV.Compact, { revision, physical: true });
    this.#compacted = revision;
    // At the revision itself a member that did the whole compaction gives what it hashed then.
    const asked = [this.#revision, this.#random.between(revision + 1, this.#revision)];
    for (const at of asked) await this.#agree(connection, at, askHash);
    const read = this.#random.between(revision, this.#revision);
    await this.#agree(connection, read, readAll);
    await this.#agree(connection, revision - 1, readAll);
  }

  async #agree(
    connection: Connection,
    revision: number,
    ask: (connection: Connection, revision: number) => Promise<string>,
  ): Promise<void> {
    const expected = await ask(this.#reference, revision);
    const got = await ask(connection, revision);
    if (got !== expected) throw new Error(`at ${revision}: ${got} instead of ${expected}`);
  }

  async end(): Promise<void> {
    this.#connection?.close();
    this.#reference.close();
    await this.#subject?.stop();
    await this.#etcd.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function compactRevisionOf(connection: Connection): Promise<number> {
  return (await connection.call(METHODS.Maintenance.HashKV, {})).compactRevision;
}

/** All pairs at a revision, in one line, or the refusal. */
async function readAll(connection: Connection, revision: number): Promise<string> {
  try {
    const { kvs } = await connection.call(METHODS.KV.Range, { ...ALL, revision });
    return kvs.map(pairText).join(" ");
  } catch (error) {
    return String(error);
  }
}

function pairText({ key, value, createRevision, modRevision, version }: KeyValue): string {
  return `${text(key)}=${text(value)}@${createRevision}/${modRevision}/${version}`;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function ignore(): void {}

async function main(): Promise<void> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (nodetcd === undefined) return;
  if (etcd === undefined) return sayMissing("etcd: nothing was killed, for nothing is beside it");
  const [seed, kills] = [chosenSeed(), Number(process.env["KILLS"] ?? 50)];
  console.log(`SEED=${seed} KILLS=${kills}`);
  const deadline = Date.now() + Number(process.env["SECONDS"] ?? 3_600) * 1_000;
  let done = 0;
  const upkeep = new Upkeep(nodetcd, await startServer(etcd), new Seeded(seed));
  try {
    await upkeep.round(false);
    while (done < kills && Date.now() < deadline) {
      await upkeep.round(true);
      done++;
    }
  } finally {
    await upkeep.end();
  }
  const { duringCompaction, duringDefragmentation, after, resumed } = upkeep.tally;
  console.log(
    `${done} kills, ${duringCompaction} while compacting, ${duringDefragmentation} while defragmenting, ${after} after both; ` +
      `${resumed} times the compaction stood or was taken up again: hashes and contents as etcd's each time`,
  );
}

await main();
