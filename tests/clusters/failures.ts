/**
 * Three members under load while they are killed, stand still, lose each other one way or both, and one
 * disk is full. After each round what clients were answered must be one linearizable history, watches through
 * every member complete and in order, and all members equal, also in etcdctl's eyes.
 *
 *     SEED=1 ROUNDS=200 npm run prove -- cluster-failures
 *
 * `SUBJECT=etcd` holds real etcd to the same; `ONLY="kill all"` strikes with that alone. The order of events between
 * processes is not repeated by the seed, what befalls them is.
 */
import { peer, sayMissing } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { ProcessCaller } from "./caller.ts";
import { type DisasterName, Disasters, SmallDisk } from "./disaster.ts";
import { Book, Load } from "./load.ts";
import { Observer } from "./observer.ts";
import { sleep } from "./patience.ts";
import { ProcessCluster } from "./process-cluster.ts";

const SIZE = 3;
/** Quiet work before and after what happens, in milliseconds. */
const WORK_MS = 400;
const PROGRESS_EVERY = 10;

class Campaign {
  readonly #cluster: ProcessCluster;
  readonly #random: Seeded;
  readonly #disasters: Disasters;
  readonly #observer: Observer;
  readonly #book = new Book();
  acknowledged = 0;

  constructor(cluster: ProcessCluster, random: Seeded, disk: SmallDisk | undefined) {
    this.#cluster = cluster;
    this.#random = random;
    this.#disasters = new Disasters(cluster, random, disk);
    this.#observer = new Observer(cluster, this.#book, { etcdctl: peer("etcdctl") });
  }

  get revision(): number {
    return this.#observer.timeline.revision;
  }

  /** Works, lets one or two things happen, and checks. Faults in words. */
  async round(names: readonly DisasterName[]): Promise<string[]> {
    const random = this.#random;
    const callers = this.#cluster.seats.map(({ name, url }) => new ProcessCaller(name, url));
    const world = {
      random,
      now: () => performance.now(),
      sleep,
      watched: () => this.#observer.watched,
    };
    // Only large values fill a disk in time.
    const valueSizes = names.includes("fill a disk") ? [100, 60_000] : [8, 100, 1_000];
    const load = new Load(callers, world, this.#book, { valueSizes });
    await sleep(WORK_MS);
    for (const name of names) await this.#disasters.strike(name);
    await sleep(WORK_MS);
    const faults = await this.#disasters.end();
    await load.stop();
    for (const caller of callers) caller.close();
    this.acknowledged += load.acknowledged;
    return [...faults, ...(await this.#observer.check(load.operations))];
  }

  pick(): DisasterName[] {
    const only = process.env["ONLY"] as DisasterName | undefined;
    if (only !== undefined) return [only];
    const count = this.#random.chance(30) ? 2 : 1;
    return Array.from({ length: count }, () => this.#disasters.pick());
  }

  close(): void {
    this.#observer.close();
  }
}

async function main(): Promise<void> {
  const program = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (program === undefined) return;
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 20);
  console.log(`three members of ${program.name} ${program.version}: SEED=${seed} ROUNDS=${rounds}`);
  const directories = Array.from({ length: SIZE }, () => temporaryDirectory("nodetcd-cluster"));
  const disk = SmallDisk.mount(directories.at(-1)!);
  if (disk === undefined) sayMissing("a disk that can be filled (a tmpfs: root on Linux)");
  const members = directories.map((dataDirectory) => ({
    program,
    dataDirectory,
    flags: ["--snapshot-count=2000"],
  }));
  const cluster = await ProcessCluster.found(members);
  const campaign = new Campaign(cluster, new Seeded(seed), disk);
  try {
    await run(campaign, rounds, cluster);
  } finally {
    campaign.close();
    await cluster.stop();
    disk?.unmount();
    if (process.exitCode === undefined) cluster.remove();
    else console.log(`kept: ${directories.join(" ")}`);
  }
}

async function run(campaign: Campaign, rounds: number, cluster: ProcessCluster): Promise<void> {
  const began = performance.now();
  const happened = new Map<string, number>();
  for (let round = 1; round <= rounds; round++) {
    const names = campaign.pick();
    for (const name of names) happened.set(name, (happened.get(name) ?? 0) + 1);
    const faults = await campaign.round(names);
    if (round % PROGRESS_EVERY === 0)
      console.log(`  ${round} rounds: ${campaign.acknowledged} calls`);
    if (faults.length === 0) continue;
    console.log(`FAILED in round ${round} (${names.join(", ")}):`);
    for (const fault of faults.slice(0, 10)) console.log(`  ${fault.slice(0, 1_000)}`);
    for (const { name, process } of cluster.seats) console.log(`-- ${name}:\n${process?.tail()}`);
    process.exitCode = 1;
    return;
  }
  const counts = [...happened].map(([name, count]) => `${name} ${count}`).join(", ");
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(
    `${rounds} rounds (${counts}): ${campaign.acknowledged} calls answered, ` +
      `history of ${campaign.revision} revisions linearizable, watches complete, members equal: ${seconds} s`,
  );
}

await main();
