/** What can befall a cluster of processes; each can be undone. */
import { spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { AlarmAction, METHODS } from "@nodetcd/messages";
import type { Seeded } from "../seeded.ts";
import { ProcessCaller } from "./caller.ts";
import { patiently, sleep } from "./patience.ts";
import type { ProcessCluster, Seat } from "./process-cluster.ts";

const WEIGHTS = {
  "kill one": 20,
  "kill the leader": 15,
  "kill two": 8,
  "kill all": 5,
  "stop one": 12,
  "stop the leader": 12,
  "cut one way": 12,
  "one is not heard": 10,
  "one hears nobody": 10,
  isolate: 10,
  "fill a disk": 6,
};
export type DisasterName = keyof typeof WEIGHTS;

/** Milliseconds that a process stands still, a link is cut. Elections take one to two seconds. */
const LAST_MS = [200, 3_500] as const;
/** Room left on the disk that is full. */
const LEFT_BYTES = 1 << 20;
const SMALL_MB = 900;

/** A file system of its own under a directory, whose size can be changed. */
export class SmallDisk {
  readonly directory: string;
  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Undefined where none can be mounted (it takes root, on Linux). */
  static mount(directory: string): SmallDisk | undefined {
    const disk = new SmallDisk(directory);
    const how = ["-t", "tmpfs", "-o", `size=${SMALL_MB}m,mode=0700`, "nodetcd-test", directory];
    return spawnSync("mount", how).status === 0 ? disk : undefined;
  }

  fill(): void {
    const { bsize, blocks, bfree } = statfsSync(this.directory);
    this.#resize(`${(blocks - bfree) * bsize + LEFT_BYTES}`);
  }

  enlarge(): void {
    this.#resize(`${SMALL_MB}m`);
  }

  unmount(): void {
    spawnSync("umount", [this.directory]);
  }

  #resize(size: string): void {
    spawnSync("mount", ["-o", `remount,size=${size}`, this.directory]);
  }
}

export class Disasters {
  readonly #cluster: ProcessCluster;
  readonly #random: Seeded;
  readonly #disk: SmallDisk | undefined;
  /** Members whose end is no fault. */
  readonly #mayEnd = new Set<Seat>();
  #hadNoSpace = false;

  /** `disk`: that of the last member. */
  constructor(cluster: ProcessCluster, random: Seeded, disk: SmallDisk | undefined) {
    this.#cluster = cluster;
    this.#random = random;
    this.#disk = disk;
  }

  pick(): DisasterName {
    const name = this.#random.weighted(WEIGHTS);
    return name === "fill a disk" && this.#disk === undefined ? "kill one" : name;
  }

  /** Lets it happen and last a while; what is not over by itself `end` ends. */
  async strike(name: DisasterName): Promise<void> {
    const random = this.#random;
    const { seats, links } = this.#cluster;
    const one = random.pick(seats);
    const leader = (await this.#cluster.leader()) ?? one;
    const other = random.pick(seats.filter((seat) => seat !== one));
    const last = (): Promise<void> => sleep(random.between(...LAST_MS));
    switch (name) {
      case "kill one":
        return this.#kill(one);
      case "kill the leader":
        return this.#kill(leader);
      case "kill two":
        return this.#kill(one, other);
      case "kill all":
        return this.#kill(...seats);
      case "stop one":
        return this.#standStill(one, last);
      case "stop the leader":
        return this.#standStill(leader, last);
      case "cut one way":
        links.cut((from, to) => from === one.name && to === other.name);
        return last();
      case "one is not heard":
        links.cut((from) => from === one.name);
        return last();
      case "one hears nobody":
        links.cut((_, to) => to === one.name);
        return last();
      case "isolate":
        links.cut((from, to) => from === leader.name || to === leader.name);
        return last();
      case "fill a disk":
        this.#hadNoSpace = true;
        this.#disk?.fill();
        await sleep(LAST_MS[1]);
        this.#disk?.enlarge();
        // Where it has not ended by itself.
        return this.#kill(seats.at(-1)!);
    }
  }

  /** Everything is whole again: links, disks, and those that ended are started. Returns who should not have ended. */
  async end(): Promise<string[]> {
    this.#cluster.links.heal();
    this.#disk?.enlarge();
    const ended = this.#cluster.seats.filter((seat) => !seat.isRunning);
    const faults = ended
      .filter((seat) => !this.#mayEnd.has(seat))
      .map(({ name, process }) => `${name} ended by itself:\n${process?.tail()}`);
    this.#mayEnd.clear();
    for (const seat of ended) this.#cluster.restart(seat);
    if (this.#hadNoSpace) await this.#withdrawAlarms();
    this.#hadNoSpace = false;
    await this.#cluster.ready();
    return faults;
  }

  /** What an operator does when the disk has room again. The member that raised it was killed, so it stays away. */
  async #withdrawAlarms(): Promise<void> {
    const { name, url } = this.#cluster.seats[0]!;
    const { Alarm } = METHODS.Maintenance;
    const caller = new ProcessCaller(name, url);
    const { alarms } = await patiently(() => caller.call(Alarm, { action: AlarmAction.GET }));
    for (const alarm of alarms)
      await patiently(() => caller.call(Alarm, { action: AlarmAction.DEACTIVATE, ...alarm }));
    caller.close();
  }

  async #kill(...victims: readonly Seat[]): Promise<void> {
    for (const seat of victims) this.#mayEnd.add(seat);
    await Promise.all(victims.map((seat) => seat.kill()));
    await sleep(this.#random.below(2_000));
    for (const seat of victims) this.#cluster.restart(seat);
  }

  async #standStill(seat: Seat, last: () => Promise<void>): Promise<void> {
    seat.process?.signal("SIGSTOP");
    await last();
    seat.process?.signal("SIGCONT");
  }
}
