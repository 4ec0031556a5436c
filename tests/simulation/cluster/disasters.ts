/** What befalls a simulated cluster. */
import type { SeededRandom } from "@nodetcd/simulator";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

/** Longest that something lasts, in milliseconds; elections take one to two seconds. */
const LAST_MS = 4_500;

type Strike = (disasters: Disasters) => Promise<string>;

export class Disasters {
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #seats: readonly Seat[];
  readonly #trace: (line: string) => void;

  constructor(
    world: ClusterWorld,
    random: SeededRandom,
    seats: readonly Seat[],
    trace: (line: string) => void,
  ) {
    this.#world = world;
    this.#random = random;
    this.#seats = seats;
    this.#trace = trace;
  }

  /** One of all kinds; says which. */
  async strike(): Promise<string> {
    const kind = this.#random.pick(KINDS);
    const what = await kind(this);
    this.#trace(`over: ${what}`);
    return what;
  }

  /** All is whole again. */
  async end(): Promise<void> {
    const { network } = this.#world;
    network.heal();
    this.#world.delayMaxMs = 2;
    const down = this.#seats.filter(({ member, end }) => member === undefined && end === undefined);
    await Promise.all(down.map((seat) => seat.start()));
    for (const seat of this.#seats) seat.diskMaxMs = 2;
  }

  #begin(what: string): string {
    this.#trace(what);
    return what;
  }

  async #last(): Promise<void> {
    await this.#world.sleep(this.#random.below(LAST_MS));
  }

  /** One or more die, and are started again a little later. */
  async die(count: number): Promise<string> {
    const random = this.#random;
    const victims = shuffled(this.#seats, random).slice(0, count);
    const isPowerCut = random.chance(0.6);
    const names = victims.map(({ name }) => name).join(" ");
    const what = this.#begin(`${isPowerCut ? "power cut" : "kill -9"} of ${names}`);
    for (const seat of victims) seat.die(isPowerCut);
    await this.#world.sleep(random.below(2_500));
    const down = victims.filter(({ end }) => end === undefined);
    await Promise.race([
      Promise.all(down.map((seat) => seat.start())),
      // Without a majority none gets ready.
      this.#world.sleep(LAST_MS),
    ]);
    return what;
  }

  async standStill(): Promise<string> {
    const seat = this.#leaderOrAny();
    const what = this.#begin(`${seat.name} stands still`);
    seat.pause();
    await this.#last();
    seat.resume();
    return what;
  }

  async cut(): Promise<string> {
    const { network } = this.#world;
    const one = this.#leaderOrAny();
    const other = this.#random.pick(this.#seats.filter((seat) => seat !== one));
    const [how, isCut] = this.#random.pick([
      [
        `${one.name} to ${other.name}`,
        (from: string, to: string) => from === one.host && to === other.host,
      ],
      [`what ${one.name} sends`, (from: string) => from === one.host],
      [`what ${one.name} hears`, (_: string, to: string) => to === one.host],
      [`all of ${one.name}`, (from: string, to: string) => from === one.host || to === one.host],
    ] as const);
    const what = this.#begin(`cut: ${how}`);
    network.cut(isCut);
    await this.#last();
    network.heal();
    return what;
  }

  async breakConnections(): Promise<string> {
    const seat = this.#random.pick(this.#seats);
    const what = this.#begin(`connections of ${seat.name} break`);
    this.#world.network.reset((from, to) => from === seat.host || to === seat.host);
    return what;
  }

  async slowNetwork(): Promise<string> {
    const what = this.#begin("a slow network");
    this.#world.delayMaxMs = this.#random.pick([50, 200, 600]);
    await this.#last();
    this.#world.delayMaxMs = 2;
    return what;
  }

  async slowDisk(): Promise<string> {
    const seat = this.#leaderOrAny();
    const what = this.#begin(`a slow disk under ${seat.name}`);
    seat.diskMaxMs = this.#random.pick([50, 400]);
    await this.#last();
    seat.diskMaxMs = 2;
    return what;
  }

  async jumpClock(): Promise<string> {
    const seat = this.#random.pick(this.#seats);
    const ms = this.#random.pick([-86_400_000, -5_000, 5_000, 86_400_000]);
    seat.jumpClock(ms);
    return this.#begin(`the clock of ${seat.name} jumps by ${ms} ms`);
  }

  /** The leader more often than not: what happens to it matters most. */
  #leaderOrAny(): Seat {
    const leader = this.#seats.find(
      ({ member }) => member?.status().leader === member?.id && member !== undefined,
    );
    return leader !== undefined && this.#random.chance(0.6)
      ? leader
      : this.#random.pick(this.#seats);
  }
}

const KINDS: readonly Strike[] = [
  (d) => d.die(1),
  (d) => d.die(1),
  (d) => d.die(2),
  (d) => d.die(3),
  (d) => d.standStill(),
  (d) => d.cut(),
  (d) => d.cut(),
  (d) => d.cut(),
  (d) => d.breakConnections(),
  (d) => d.slowNetwork(),
  (d) => d.slowDisk(),
  (d) => d.jumpClock(),
];

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.uint32() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
