/** A member of a simulated cluster, over its lives. */
import { type Logger, sleep } from "@nodetcd/runtime";
import { nodeDigests, nodeKeys } from "@nodetcd/runtime/node";
import { type Member, type MemberConfig, startMember } from "@nodetcd/server";
import { FaultDisk, HostClock, SeededRandom } from "@nodetcd/simulator";
import { honest, type Plant } from "../planted.ts";
import type { ClusterWorld } from "./world.ts";

export class Seat {
  readonly name: string;
  readonly place: number;
  readonly host: string;
  readonly #world: ClusterWorld;
  readonly #plant: Plant;
  readonly #onLine: (seat: Seat, line: string) => void;
  config: MemberConfig;
  #disk = new FaultDisk({ losesNames: true });
  #clock: HostClock;
  /** While it serves. */
  member: Member | undefined;
  /** Why it ended by itself, once it had served: a newcomer that is refused tries again. */
  end: Error | undefined;
  hasServed = false;
  /** Why it was not let in, the last time. */
  refusal: unknown;
  /** Its removal was asked for: that it ends then is no fault. */
  mayGo = false;
  /** It is no member any more. */
  isDismissed = false;
  /** Until it serves or has died. */
  #starting: Promise<void> | undefined;
  isPaused = false;
  /** Wait for the process to go on. */
  #waiting: (() => void)[] = [];
  /** Longest wait of its disk, in milliseconds. */
  diskMaxMs = 2;
  life = 0;

  constructor(
    place: number,
    world: ClusterWorld,
    config: MemberConfig,
    onLine: (seat: Seat, line: string) => void,
    plant: Plant = honest,
  ) {
    this.name = config.name;
    this.place = place;
    this.host = `10.0.0.${place}`;
    this.#world = world;
    this.#plant = plant;
    this.#onLine = onLine;
    this.config = config;
    this.#clock = new HostClock(world.clock);
  }

  /** It has been told of the cluster that it belongs to. */
  get isTold(): boolean {
    return this.config.initialCluster !== "";
  }

  get isStarting(): boolean {
    return this.#starting !== undefined;
  }

  /** Starts on what the disk has, unless it runs. Resolves when it serves, or has died before. */
  start(): Promise<void> {
    if (this.member !== undefined) return Promise.resolve();
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<void> {
    const life = ++this.life;
    const { random, network } = this.#world;
    const clock = new HostClock(this.#world.clock);
    clock.wallSkewMs = this.#clock.wallSkewMs;
    this.#clock = clock;
    const disk = this.#disk;
    disk.latency = () =>
      random.chance(0.4) ? Promise.resolve() : sleep(clock, random.below(this.diskMaxMs + 1));
    const runtime = {
      clock,
      disk: this.#plant.disk(disk, clock),
      network: network.join(this.host, clock),
      resolver: { addresses: async (host: string) => [host], services: async () => [] },
      random: new SeededRandom(random.uint32()),
      digests: nodeDigests,
      keys: nodeKeys,
    };
    const starting = startMember(runtime, this.config, this.#logger(life)).then(
      (member) => {
        if (life !== this.life) return;
        this.member = member;
        this.hasServed = true;
        this.#starting = undefined;
        member.failed.then(
          (error) => this.#ended(life, error),
          () => undefined,
        );
      },
      (error: unknown) => this.#ended(life, error),
    );
    // A process that dies while it starts says nothing any more.
    await Promise.race([starting, this.#death]);
  }

  /** Tells what the process says while it lives. */
  #logger(life: number): Logger {
    const say = (line: string): void => {
      if (life === this.life) this.#onLine(this, line);
    };
    return { debug: () => undefined, info: say, warn: say, error: say };
  }

  #ended(life: number, error: unknown): void {
    if (life !== this.life) return;
    if (this.hasServed) this.end = error instanceof Error ? error : new Error(String(error));
    else this.refusal = error;
    this.die(false);
  }

  #sayDead: () => void = () => undefined;
  #death: Promise<void> = new Promise((resolve) => (this.#sayDead = resolve));

  /** Nothing of the process happens any more; with a power cut the disk loses what was not synced. */
  die(isPowerCut: boolean): void {
    this.life++;
    this.member = undefined;
    this.#starting = undefined;
    this.isPaused = false;
    this.#clock.die();
    this.#world.network.leave(this.host, isPowerCut);
    const { random } = this.#world;
    this.#disk = isPowerCut
      ? this.#disk.crash(new SeededRandom(random.uint32()))
      : this.#disk.restart();
    this.#wake();
    this.#sayDead();
    this.#death = new Promise((resolve) => (this.#sayDead = resolve));
  }

  pause(): void {
    this.isPaused = true;
    this.#clock.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.#clock.resume();
    this.#wake();
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves at once unless the process stands still; then when it goes on, or dies. */
  running(): Promise<void> {
    if (!this.isPaused) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  jumpClock(ms: number): void {
    this.#clock.wallSkewMs += ms;
  }
}
