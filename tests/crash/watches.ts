/**
 * Watches over deaths of the server: fifty with random ranges, filters, previous pairs, fragments, progress and
 * beginnings go on after each, some of them slow readers. In the end each must have been told what
 * reads at every revision show, all of it, once, in order.
 *
 *     SEED=1 ROUNDS=20 npm run prove -- crash-watches
 *
 * `SUBJECT=etcd` tries real etcd instead.
 */
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import { peer } from "../peers.ts";
import { freePort, type ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { readHeld } from "./history.ts";
import { Load } from "./load.ts";
import { Records } from "./record.ts";
import { RangeHistory } from "./watch-history.ts";
import { LoggedWatch, randomWish } from "./watcher.ts";

const WATCHES = 50;
const WATCHES_PER_CONNECTION = 5;
/** Every so many connections one is of slow readers. */
const SLOW_EVERY = 4;
const SLOW_WINDOW_BYTES = 70_000;
const CATCH_UP_TIMEOUT_MS = 60_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Trial {
  readonly #random: Seeded;
  readonly #start: () => Promise<ServerProcess>;
  readonly #records = new Records();
  readonly #history = new RangeHistory();
  readonly #watches: LoggedWatch[] = [];
  #connections: Connection[] = [];
  #slow: LoggedWatch[] = [];
  #compacted = 0;

  constructor(random: Seeded, start: () => Promise<ServerProcess>) {
    this.#random = random;
    this.#start = start;
  }

  get revisions(): number {
    return this.#history.revision;
  }

  get watches(): number {
    return this.#watches.length;
  }

  /** Events and progress. */
  get told(): number {
    return this.#watches.reduce((sum, { told }) => sum + told.length, 0);
  }

  /** Load and a death, then a restart after which everybody catches up. The faults found, in words. */
  async round(): Promise<string[]> {
    const random = this.#random;
    const server = await this.#start();
    this.#openAll(server.url);
    const load = new Load(server.url, this.#records, random, { connections: 4, workers: 24 });
    await this.#live(random.between(50, 1200));
    if (random.chance(25)) server.signal("SIGTERM");
    else server.signal("SIGKILL");
    await load.stop();
    await server.exited;
    this.#closeAll();
    const restarted = await this.#start();
    try {
      this.#openAll(restarted.url);
      return await this.#verify(restarted.url);
    } finally {
      this.#closeAll();
      await restarted.kill();
    }
  }

  /** Watches that are left or were canceled are replaced; new ones begin anywhere, in the future as well. */
  #openAll(url: string): void {
    const random = this.#random;
    for (const watch of this.#watches) if (!watch.over && random.chance(10)) watch.leave();
    const living = this.#watches.filter(({ over }) => !over);
    while (living.length < WATCHES) {
      const { revision } = this.#history;
      const past = 1 + random.below(revision);
      const start = random.pick([0, past, past, revision, revision + random.below(200)]);
      const watch = new LoggedWatch(randomWish(random), start);
      this.#watches.push(watch);
      living.push(watch);
    }
    for (const [index, watch] of living.entries()) {
      const slow = Math.floor(index / WATCHES_PER_CONNECTION) % SLOW_EVERY === 0;
      if (index % WATCHES_PER_CONNECTION === 0) {
        this.#connections.push(new Connection(url, slow ? SLOW_WINDOW_BYTES : undefined));
      }
      if (slow) this.#slow.push(watch);
      watch.open(this.#connections.at(-1)!);
    }
  }

  /** Slow readers do not read for most of the time. */
  async #live(ms: number): Promise<void> {
    for (const watch of this.#slow) watch.pause();
    await sleep(ms * 0.7);
    for (const watch of this.#slow) watch.resume();
    await sleep(ms * 0.3);
  }

  #closeAll(): void {
    for (const watch of this.#watches) watch.close();
    for (const connection of this.#connections) connection.close();
    this.#connections = [];
    this.#slow = [];
  }

  async #verify(url: string): Promise<string[]> {
    const connection = new Connection(url);
    try {
      const { revision } = await readHeld(connection);
      await this.#history.readTo(connection, revision);
      const faults = await this.#catchUp(revision);
      for (const [index, watch] of this.#watches.entries()) {
        const found = [...watch.faults, ...this.#history.check(watch, this.#compacted)];
        const { filters, ...wish } = watch.wish;
        const who = `watch ${index} from ${watch.start}, ${JSON.stringify(wish)}, without ${filters.join() || "-"}`;
        faults.push(...found.map((fault) => `${who}: ${fault}`));
      }
      if (faults.length === 0 && this.#random.chance(40)) await this.#compact(connection, revision);
      return faults;
    } finally {
      connection.close();
    }
  }

  /** Until each has been told that it is at the present. */
  async #catchUp(revision: number): Promise<string[]> {
    const deadline = Date.now() + CATCH_UP_TIMEOUT_MS;
    for (;;) {
      const waiting = this.#watches.filter(({ over, next, start }) => {
        return !over && next <= revision && start <= revision;
      });
      if (waiting.length === 0) return [];
      if (Date.now() > deadline) {
        return waiting.map(({ next }) => `a watch is at ${next} and does not come to ${revision}`);
      }
      for (const watch of waiting) watch.askProgress();
      await sleep(20);
    }
  }

  /** What is compacted was read before; new watches may begin below it, and are told so. */
  async #compact(connection: Connection, revision: number): Promise<void> {
    const at = this.#random.between(Math.max(1, revision - 1000), revision);
    if (at <= this.#compacted) return;
    this.#compacted = at;
    await connection.call(METHODS.KV.Compact, { revision: at });
  }
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 5);
  console.log(`watches at ${subject.name} ${subject.version}: SEED=${seed} ROUNDS=${rounds}`);
  const dataDirectory = temporaryDirectory("nodetcd-watches");
  const ports = { clientPort: await freePort(), peerPort: await freePort() };
  const flags = ["--watch-progress-notify-interval=100ms", "--snapshot-count=2000"];
  const start = (): Promise<ServerProcess> =>
    startServer(subject, { dataDirectory, ...ports, flags });
  const trial = new Trial(new Seeded(seed), start);
  for (let number = 1; number <= rounds; number++) {
    const faults = await trial.round();
    if (faults.length === 0) continue;
    console.log(`FAILED in round ${number} (SEED=${seed}); kept: ${dataDirectory}`);
    for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
    process.exitCode = 1;
    return;
  }
  rmSync(dataDirectory, { recursive: true, force: true });
  console.log(
    `${rounds} rounds, ${trial.revisions} revisions, ${trial.watches} watches told ${trial.told} times: nothing lost, doubled or out of order`,
  );
}

await main();
