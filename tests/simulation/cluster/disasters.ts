/** What befalls a simulated cluster. */
import type { SeededRandom } from "@nodetcd/simulator";
import { ELECTED, Elections, VOTED } from "./elections.ts";
import { befall, kill, powerCut } from "./fates.ts";
import type { Fleet } from "./fleet.ts";
import { Newcomers } from "./newcomers.ts";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

/** Longest that something lasts, in milliseconds; elections take one to two seconds. */
const LAST_MS = 4_500;
/** Longest that a link or a disk takes when all is well. */
const CALM_MS = 2;

/** What members say right before something that must survive anything. */
const MOMENTS: readonly RegExp[] = [
  ELECTED,
  VOTED,
  /^receiving database snapshot/,
  /^received and saved database snapshot/,
  /^applying snapshot/,
  /^applied snapshot/,
  /^sending merged snapshot/,
  /^triggering snapshot/,
  /^saved snapshot to disk/,
  /^created a new WAL segment/,
  /^(promote|added|removed) member/,
  /^leadership transfer starting/,
];

type Strike = (disasters: Disasters) => Promise<string>;

export class Disasters {
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #fleet: Fleet;
  readonly #newcomers: Newcomers;
  readonly elections: Elections;
  readonly #trace: (line: string) => void;

  constructor(
    world: ClusterWorld,
    random: SeededRandom,
    fleet: Fleet,
    trace: (line: string) => void,
  ) {
    this.#world = world;
    this.#random = random;
    this.#fleet = fleet;
    this.#trace = trace;
    this.#newcomers = new Newcomers(world, random, fleet);
    this.elections = new Elections(world, random, fleet, trace);
  }

  /** One of all kinds; says which. */
  async strike(): Promise<string> {
    this.#fleet.isBusy = this.#random.chance(0.3);
    const kind = this.#random.pick(KINDS);
    const what = await kind(this);
    this.#trace(`over: ${what}`);
    return what;
  }

  /** All is whole again. */
  async end(): Promise<void> {
    this.#world.heal();
    this.#world.delayMaxMs = CALM_MS;
    for (const seat of this.#fleet.seats) {
      seat.diskMaxMs = CALM_MS;
      if (seat.isPaused) seat.resume();
    }
    const down = this.#fleet.seats.filter(({ end }) => end === undefined);
    await Promise.all(down.map((seat) => seat.start()));
  }

  #begin(what: string): string {
    this.#trace(what);
    return what;
  }

  async #last(): Promise<void> {
    await this.#world.sleep(this.#random.below(LAST_MS));
  }

  /** Often at once, now and then much later. */
  async #soon(): Promise<void> {
    const most = this.#random.pick([0, 3, 10, 100, 1_000]);
    if (most > 0) await this.#world.sleep(this.#random.below(most));
  }

  /** One or more die, and are started again a little later. */
  async die(count: number): Promise<string> {
    const random = this.#random;
    const victims = shuffled(this.#fleet.seats, random).slice(0, count);
    const strike = random.chance(0.6) ? powerCut : kill;
    const fates = victims.map((seat) => strike(seat, this.#world));
    const what = this.#begin(fates.map((fate) => fate.what).join(", "));
    await this.#world.sleep(random.below(2_500));
    for (const { end } of fates) end();
    await Promise.race([
      Promise.all(victims.filter((seat) => seat.isStarting).map((seat) => seat.start())),
      // Without a majority none gets ready.
      this.#world.sleep(LAST_MS),
    ]);
    return what;
  }

  async befallOne(): Promise<string> {
    const fate = befall(this.#leaderOrAny(), this.#world, this.#random);
    this.#begin(fate.what);
    await this.#last();
    fate.end();
    return fate.what;
  }

  async cutLink(): Promise<string> {
    const one = this.#leaderOrAny();
    const other = this.#random.pick(this.#fleet.seats.filter((seat) => seat !== one));
    const what = this.#begin(`cut: ${one.name} to ${other.name}`);
    const heal = this.#world.cut((from, to) => from === one.host && to === other.host);
    await this.#last();
    heal();
    return what;
  }

  async breakConnections(): Promise<string> {
    const seat = this.#random.pick(this.#fleet.seats);
    const what = this.#begin(`connections of ${seat.name} break`);
    this.#world.network.reset((from, to) => from === seat.host || to === seat.host);
    return what;
  }

  async slowNetwork(): Promise<string> {
    const what = this.#begin("a slow network");
    this.#world.delayMaxMs = this.#random.pick([50, 200, 600]);
    await this.#last();
    this.#world.delayMaxMs = CALM_MS;
    return what;
  }

  async slowDisk(): Promise<string> {
    const seat = this.#leaderOrAny();
    const what = this.#begin(`a slow disk under ${seat.name}`);
    seat.diskMaxMs = this.#random.pick([50, 400]);
    await this.#last();
    seat.diskMaxMs = CALM_MS;
    return what;
  }

  async jumpClock(): Promise<string> {
    const seat = this.#random.pick(this.#fleet.seats);
    const ms = this.#random.pick([-86_400_000, -5_000, 5_000, 86_400_000]);
    seat.jumpClock(ms);
    return this.#begin(`the clock of ${seat.name} jumps by ${ms} ms`);
  }

  /** Something befalls a member in the middle of what it does. */
  async ambush(): Promise<string> {
    const moment = this.#random.pick(MOMENTS);
    const what = this.#begin(`an ambush at ${moment.source}`);
    this.#shakeDisks();
    const seat = await this.#world.moments.next(moment, LAST_MS);
    if (seat === undefined) return `${what}: nobody came`;
    await this.#soon();
    const fate = befall(seat, this.#world, this.#random);
    this.#trace(fate.what);
    await this.#last();
    fate.end();
    this.#calmDisks();
    return `${what}: ${fate.what}`;
  }

  #shakeDisks(): void {
    for (const seat of this.#fleet.seats)
      seat.diskMaxMs = this.#random.pick([CALM_MS, CALM_MS, 20, 100]);
  }

  #calmDisks(): void {
    for (const seat of this.#fleet.seats) seat.diskMaxMs = CALM_MS;
  }

  /** Members come or go, by themselves or while something else befalls the cluster. */
  async changeMembers(): Promise<string> {
    this.#begin("members change");
    const changing = this.#newcomers.change();
    if (this.#random.chance(0.5)) return changing;
    await this.#soon();
    const [change, strike] = await Promise.all([changing, this.#random.pick(UNDER_FIRE)(this)]);
    return `${change} (${strike})`;
  }

  /** The leader more often than not: what happens to it matters most. */
  #leaderOrAny(): Seat {
    const { leader, seats } = this.#fleet;
    return leader !== undefined && this.#random.chance(0.6) ? leader : this.#random.pick(seats);
  }
}

const UNDER_FIRE: readonly Strike[] = [
  (d) => d.die(1),
  (d) => d.befallOne(),
  (d) => d.slowNetwork(),
  (d) => d.ambush(),
];

const KINDS: readonly Strike[] = [
  (d) => d.die(1),
  (d) => d.die(2),
  (d) => d.die(3),
  (d) => d.befallOne(),
  (d) => d.befallOne(),
  (d) => d.befallOne(),
  (d) => d.cutLink(),
  (d) => d.breakConnections(),
  (d) => d.slowNetwork(),
  (d) => d.slowDisk(),
  (d) => d.jumpClock(),
  (d) => d.ambush(),
  (d) => d.ambush(),
  (d) => d.elections.shortLeaders(),
  (d) => d.elections.shortLeaders(),
  (d) => d.elections.lostVote(),
  (d) => d.elections.oldEntries(),
  (d) => d.elections.oldEntries(),
  (d) => d.changeMembers(),
  (d) => d.changeMembers(),
];

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, at: random.uint32() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
