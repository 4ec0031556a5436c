/**
 * A disk that fails: every kind of call that a member makes of its disk, for every kind of file, is made to fail
 * with every error that it may fail with, once and from then on, at a random place from the start to the last sync.
 * The member goes on, or says why and ends; what it acknowledged is there when it is started again. A disk that is
 * interrupted (EINTR), or slow, ends nothing.
 *
 *     SEED=1 ROUNDS=100 npm run prove -- crash-faults [part of a plan's name...]
 *
 * Without ROUNDS each plan has one. `SUBJECT=etcd` tries real etcd where its calls go through the C library.
 */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer, sayMissing } from "../../peers.ts";
import { ServerProcess, freePort, startServer, temporaryDirectory } from "../../processes.ts";
import { Connection } from "../../rpc.ts";
import { chosenSeed, Seeded } from "../../seeded.ts";
import { Load } from "../load.ts";
import { Records } from "../record.ts";
import { checkFile } from "../round.ts";
import { newVerified, verify } from "../verify.ts";
import { FaultyDisk, kindOf, readTrace } from "./faulty-disk.ts";
import { type Named, plansFor } from "./plans.ts";

/** Many snapshots of the log, so that their files are made and removed all the time. */
const FLAGS = ["--snapshot-count=100", "--max-snapshots=1", "--max-wals=1"];
const FILLER_BYTES = 1024 * 1024;
/** So many of them leave little room in the first segment of the log: the load begins the second one. */
const FILLERS = 63;
/** Milliseconds in which a member that was hit must serve again, or have ended. */
const DECISION_MS = 20_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A directory that every trial begins with a copy of, and what was acknowledged in it. */
interface Base {
  readonly directory: string;
  readonly revision: number;
}

class Proof {
  readonly subject: Peer;
  readonly random: Seeded;
  readonly #disk: FaultyDisk;
  readonly #folder: string;
  #base: Base | undefined;

  constructor(subject: Peer, disk: FaultyDisk, folder: string, random: Seeded) {
    this.subject = subject;
    this.random = random;
    this.#disk = disk;
    this.#folder = folder;
  }

  /** A member whose log is nearly at the end of its first segment, and whose history is compacted. */
  async prepare(): Promise<void> {
    const directory = join(this.#folder, "base");
    const server = await startServer(this.subject, { dataDirectory: directory, flags: FLAGS });
    const connection = new Connection(server.url);
    const [key, value] = [Buffer.from("filler"), Buffer.alloc(FILLER_BYTES, "f")];
    for (let count = 0; count < FILLERS; count++) {
      await connection.call(METHODS.KV.Put, { key, value });
    }
    const { header } = await connection.call(METHODS.KV.DeleteRange, { key });
    const revision = header?.revision ?? 0;
    await connection.call(METHODS.KV.Compact, { revision, physical: true });
    await connection.call(METHODS.Maintenance.Defragment, {}, 60_000);
    connection.close();
    await server.stop();
    this.#base = { directory, revision };
  }

  /** Runs a member with a load on the disk of `plan`; answers what is wrong, and what it asked its disk for. */
  async trial(number: number, plan: Named | undefined): Promise<Trial> {
    const base = this.#base;
    if (base === undefined) throw new Error("not prepared");
    const trial = new Trial(this.subject, this.#disk, join(this.#folder, `trial-${number}`));
    trial.begin(base);
    await trial.run(plan, this.random);
    await trial.judge();
    return trial;
  }
}

class Trial {
  readonly directory: string;
  readonly records = new Records();
  readonly faults: string[] = [];
  /** How the member took it: "went on", or how it ended. */
  outcome = "went on";
  readonly trace: string;
  readonly #subject: Peer;
  readonly #disk: FaultyDisk;
  readonly #verified = newVerified();

  constructor(subject: Peer, disk: FaultyDisk, directory: string) {
    this.#subject = subject;
    this.#disk = disk;
    this.directory = directory;
    this.trace = `${directory}.trace`;
  }

  begin({ directory, revision }: Base): void {
    cpSync(directory, this.directory, { recursive: true });
    this.records.compacted = revision;
    this.records.compactionSent = revision;
    this.records.newestAcknowledged = revision;
    this.records.verified = revision;
    this.#verified.revision = revision;
  }

  async run(plan: Named | undefined, random: Seeded): Promise<void> {
    const ports = { client: await freePort(), peer: await freePort() };
    const server = new ServerProcess(this.#subject, ports, {
      dataDirectory: this.directory,
      flags: FLAGS,
      env: this.#disk.environment(this.directory, plan, this.trace),
    });
    const started = await server.ready(60_000).then(
      () => true,
      () => false,
    );
    if (started) {
      const load = new Load(server.url, this.records, random);
      await sleep(random.between(100, 300));
      await this.#defragment(server);
      await sleep(random.between(300, 700));
      await load.stop();
      await this.#decide(server, plan);
    } else if (!server.hasExited) {
      this.faults.push("neither served nor ended at its start");
    }
    await this.#end(server, plan, random);
  }

  async #defragment(server: ServerProcess): Promise<void> {
    const connection = new Connection(server.url);
    await connection.call(METHODS.Maintenance.Defragment, {}, 60_000).catch(() => undefined);
    connection.close();
  }

  /** After a fault the member serves, or it is gone: never neither. */
  async #decide(server: ServerProcess, plan: Named | undefined): Promise<void> {
    const deadline = Date.now() + DECISION_MS;
    let refusal: unknown;
    while (!server.hasExited && Date.now() < deadline) {
      const connection = new Connection(server.url);
      try {
        const value = `decided ${Date.now()}`;
        this.records.sentValues.add(value);
        const put = { key: Buffer.from("decided"), value: Buffer.from(value) };
        const reply = await connection.call(METHODS.KV.Put, put, 5_000);
        this.records.acknowledge(reply.header?.revision ?? 0, [{ key: "decided", value }]);
        return;
      } catch (error) {
        refusal = error;
        await sleep(100);
      } finally {
        connection.close();
      }
    }
    if (!server.hasExited) this.faults.push(`neither serves nor ends: ${String(refusal)}`);
    else if (plan?.harmless === true) this.faults.push("ended for nothing");
  }

  async #end(server: ServerProcess, plan: Named | undefined, random: Seeded): Promise<void> {
    if (server.hasExited) {
      const status = await server.exited;
      const last = lastWords(server, plan);
      this.outcome = `ended with ${status}: ${last ?? "without a word"}`;
      if (last === undefined) this.faults.push(`ended with ${status} and no word why`);
      if (status === 0) this.faults.push("ended with 0");
    } else if (random.chance(50)) await server.kill();
    else await server.stop();
  }

  /** The disk is well again: the member starts, and has all that was acknowledged. */
  async judge(): Promise<void> {
    this.faults.push(...(await checkFile(this.directory)));
    try {
      const server = await startServer(this.#subject, {
        dataDirectory: this.directory,
        flags: FLAGS,
      });
      try {
        this.faults.push(...(await verify(server.url, this.records, this.#verified, true)));
      } finally {
        await server.kill();
      }
    } catch (error) {
      this.faults.push(`does not start afterwards: ${String(error)}`);
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.trace, { force: true });
  }
}

/** The line of its log that says what has ended it. */
function lastWords(server: ServerProcess, plan: Named | undefined): string | undefined {
  const error = plan?.error ?? "-";
  const lines = server.log.split("\n").filter((line) => line.includes(error));
  const line = lines.findLast((each) => /fatal|panic|error/i.test(each));
  return line === undefined ? undefined : (/Cannot [^"]*/.exec(line)?.[0] ?? line).slice(0, 160);
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const folder = temporaryDirectory("nodetcd-faults");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const disk = FaultyDisk.build(folder);
  if (disk === undefined) {
    sayMissing("a disk that fails (Linux and a C compiler, `cc`)");
    return;
  }
  const seed = chosenSeed();
  console.log(`a failing disk under ${subject.name} ${subject.version}: SEED=${seed}`);
  const proof = new Proof(subject, disk, folder, new Seeded(seed));
  await proof.prepare();
  await prove(proof);
}

async function prove(proof: Proof): Promise<void> {
  const quiet = await proof.trial(0, undefined);
  if (quiet.faults.length > 0) throw new Error(`without a fault: ${quiet.faults.join("\n")}`);
  const calls = readTrace(quiet.trace).map(({ call, name }) => ({ call, kind: kindOf(name) }));
  quiet.remove();
  const parts = process.argv.slice(2);
  const plans = plansFor(calls, proof.random).filter(
    ({ title }) => parts.length === 0 || parts.some((part) => title.includes(part)),
  );
  const rounds = Number(process.env["ROUNDS"] ?? plans.length);
  console.log(`${plans.length} plans for ${calls.length} calls of the disk; ROUNDS=${rounds}`);
  let [acknowledged, struck, ended] = [0, 0, 0];
  for (let number = 1; number <= rounds; number++) {
    const plan = plans[(number - 1) % plans.length];
    const trial = await proof.trial(number, plan);
    const hits = readTrace(trial.trace).filter((each) => each.struck).length;
    acknowledged += trial.records.acknowledged.size;
    if (hits > 0) struck++;
    if (trial.outcome !== "went on") ended++;
    console.log(`  ${plan?.title}, ${plan?.first}: struck ${hits} times, ${trial.outcome}`);
    if (trial.faults.length > 0) {
      console.log(`FAILED; ${trial.faults.slice(0, 10).join("\n  ")}`);
      process.exitCode = 1;
    }
    trial.remove();
  }
  console.log(
    `${rounds} rounds, ${struck} struck, ${ended} ended the member; ${acknowledged} acknowledged writes, none lost`,
  );
}

await main();
