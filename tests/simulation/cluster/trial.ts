/** The life of one simulated cluster, from a seed: work, disasters, and what must hold at the end. */
import { METHODS } from "@nodetcd/messages";
import type { MemberConfig } from "@nodetcd/server";
import { SeededRandom } from "@nodetcd/simulator";
import { Book, Load, pairOf } from "../../clusters/load.ts";
import { isSame, type Operation, Timeline } from "../../clusters/timeline.ts";
import { Seeded } from "../../seeded.ts";
import type { Plant } from "../planted.ts";
import type { SimulatedCaller } from "./client.ts";
import { Disasters } from "./disasters.ts";
import { Fleet } from "./fleet.ts";
import { Invariants } from "./invariants.ts";
import type { Seat } from "./seat.ts";
import { ClusterWorld } from "./world.ts";

const SIZE = 3;
/** Virtual time that a cluster has to become one again, in milliseconds. */
const SETTLE_MS = 60_000;
/** Between two looks at all members. */
const LOOK_MS = 20;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

export interface TrialOptions {
  readonly seed: number;
  /** The bug to be found. Default: none. */
  readonly plant?: Plant;
  /** Told what happens, with the virtual time in milliseconds. Default: nobody. */
  readonly trace?: (line: string) => void;
  /** The trace has what members say, too. Default false. */
  readonly tracesLines?: boolean;
  /** What clients were told, on its way to the check. Default: as it is. */
  readonly tamper?: (operations: Operation[]) => Operation[];
}

export interface Trial {
  /** In words; none when all is well. */
  readonly faults: readonly string[];
  readonly revision: number;
  readonly answered: number;
  readonly disasters: readonly string[];
  readonly virtualMs: number;
}

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { plant } = options;
  const undo = plant?.begin?.();
  const cluster = new Simulated(options);
  try {
    await cluster.run();
  } catch (error) {
    cluster.faults.push(describe(error));
  } finally {
    undo?.();
  }
  return cluster.outcome;
}

class Simulated {
  readonly faults: string[] = [];
  readonly #options: TrialOptions;
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #fleet: Fleet;
  readonly #invariants = new Invariants();
  readonly #timeline = new Timeline();
  readonly #book = new Book();
  readonly #disasters: string[] = [];
  #answered = 0;

  constructor(options: TrialOptions) {
    const { seed, plant } = options;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#world = new ClusterWorld(seed + 1);
    const world = this.#world;
    const config = commonConfig(this.#random);
    this.#fleet = new Fleet({
      world,
      config,
      plant,
      onLine: (seat, line) => this.#heard(seat, line),
    });
    this.#fleet.found(SIZE);
  }

  get outcome(): Trial {
    return {
      faults: [...this.faults, ...this.#invariants.faults],
      revision: this.#timeline.revision,
      answered: this.#answered,
      disasters: this.#disasters,
      virtualMs: this.#world.clock.monotonic(),
    };
  }

  #heard(seat: Seat, line: string): void {
    if (this.#options.tracesLines === true) this.#trace(`  ${seat.name}: ${line}`);
    this.#invariants.said(seat, line);
    this.#world.moments.said(seat, line);
  }

  async run(): Promise<void> {
    const world = this.#world;
    await world.run(Promise.all(this.#fleet.seats.map((seat) => seat.start())));
    this.#look();
    const load = this.#newLoad();
    this.#fleet.load = load;
    await world.run(this.#suffer());
    await world.run(load.stop());
    this.#answered = load.acknowledged;
    for (const [what, count] of load.failures) this.#trace(`${count} calls failed: ${what}`);
    const operations = this.#options.tamper?.(load.operations) ?? load.operations;
    await world.run(this.#settle(operations));
  }

  #trace(line: string): void {
    this.#options.trace?.(`${this.#world.clock.monotonic().toFixed(0).padStart(7)} ${line}`);
  }

  /** Looks at all members again and again. */
  #look(): void {
    this.#invariants.look(this.#fleet.seats);
    this.#world.clock.setTimer(LOOK_MS, () => this.#look());
  }

  #newLoad(): Load {
    const world = this.#world;
    const random = this.#random;
    const load = {
      random: new Seeded(random.uint32()),
      now: () => world.clock.monotonic(),
      sleep: (ms: number) => world.sleep(this.#fleet.isBusy ? ms / 10 : ms),
      watched: () => this.#fleet.watched,
    };
    const options = {
      workersEach: random.pick([1, 2, 3]),
      valueSizes: [8, 40],
      pauseMs: random.pick([200, 600, 1_000]),
      failurePauseMs: 150,
      keptRevisions: 15,
    };
    return new Load(this.#fleet.callers, load, this.#book, options);
  }

  async #suffer(): Promise<void> {
    const random = this.#random;
    const disasters = new Disasters(this.#world, random, this.#fleet, (line) => this.#trace(line));
    const count = 2 + random.below(4);
    for (let i = 0; i < count; i++) {
      await this.#world.sleep(random.below(800));
      this.#disasters.push(await disasters.strike());
    }
    await this.#world.sleep(random.below(500));
    await disasters.end();
    await this.#fleet.becomeAsListed();
    for (const { name, end, mayGo } of this.#fleet.seats) {
      if (end === undefined || mayGo) continue;
      this.faults.push(`${name} ended by itself: ${describe(end)}`);
    }
    await this.#world.sleep(random.below(500));
  }

  /** Everybody is whole and nobody writes: all become equal, and what was told was true. */
  async #settle(operations: readonly Operation[]): Promise<void> {
    const world = this.#world;
    const deadline = world.clock.monotonic() + SETTLE_MS;
    const isLate = (): boolean => world.clock.monotonic() > deadline;
    const { header } = await this.#fleet.ask(METHODS.KV.Range, ALL);
    const revision = header?.revision ?? 0;
    const isTold = (): boolean => this.#fleet.watched >= revision;
    while (!isTold() && !isLate()) await world.sleep(20);
    this.#readWatches(revision);
    if (this.faults.length > 0) return;
    this.faults.push(...this.#timeline.check(operations));
    await this.#checkHashes(revision, isLate);
    for (const caller of this.#fleet.callers) await this.#checkState(caller);
  }

  #readWatches(revision: number): void {
    const { present, gone } = this.#fleet.watches;
    const logs = [...present, ...gone].map(({ log }) => log);
    this.faults.push(...logs.flatMap(({ faults }) => faults));
    for (const { log } of present) {
      if (log.revision < revision)
        this.faults.push(`${log.name} told nothing after ${log.revision}`);
    }
    for (let at = 2; at <= revision; at++) {
      const told = logs.filter(({ from }) => from < at).map(({ changes }) => changes.get(at));
      const [first, ...others] = told.filter((changes) => changes !== undefined);
      if (first === undefined) return void this.faults.push(`no watch was told of revision ${at}`);
      if (others.some((other) => !isSame(other, first))) {
        this.faults.push(`watches were told different things of revision ${at}`);
      }
      this.#timeline.add(at, first);
    }
  }

  async #checkHashes(revision: number, isLate: () => boolean): Promise<void> {
    for (;;) {
      const answers = await Promise.all(
        this.#fleet.callers.map((caller) => caller.call(METHODS.Maintenance.HashKV, { revision })),
      );
      const told = new Set(
        answers.map(({ hash, compactRevision }) => `${hash} ${compactRevision}`),
      );
      if (told.size === 1) return;
      if (isLate()) return void this.faults.push(`hashes differ: ${[...told].join(", ")}`);
      await this.#world.sleep(100);
    }
  }

  async #checkState(caller: SimulatedCaller): Promise<void> {
    const { kvs } = await caller.call(METHODS.KV.Range, { ...ALL, serializable: true });
    const due = [...this.#timeline.pairs().values()];
    const name = (pair: (typeof due)[number]): string =>
      `${pair.key}=${pair.value}@${pair.modRevision}`;
    const [told, wanted] = [kvs.map(pairOf).map(name).toSorted(), due.map(name).toSorted()];
    if (told.join() !== wanted.join()) {
      this.faults.push(`${caller.name} has ${told.join(" ")}, not ${wanted.join(" ")}`);
    }
    const { leases } = await caller.call(METHODS.Lease.LeaseLeases, {});
    const present = new Set(leases.map(({ id }) => id));
    const { granted, maybeGone, gone } = this.#book;
    for (const id of granted) {
      if (!present.has(id) && !maybeGone.has(id)) {
        this.faults.push(`lease ${id} is gone from ${caller.name}, before its time`);
      }
    }
    for (const id of gone) {
      if (present.has(id)) this.faults.push(`lease ${id}, revoked, is there on ${caller.name}`);
    }
  }
}

/** Small, so that segments are cut, snapshots made and sent, and old files removed all the time. */
function commonConfig(random: SeededRandom): Partial<MemberConfig> {
  return {
    walSegmentBytes: random.pick([8_000, 16_000, 200_000]),
    snapshotCount: random.pick([10, 30, 1_000]),
    snapshotCatchupEntries: random.pick([2, 20]),
    appendMessageBytes: random.pick([1, 1, 1024 * 1024]),
    backendBatchIntervalMs: random.pick([5, 100, 100]),
    compactionBatchLimit: random.pick([10, 1_000]),
    cacheBytes: 1024 * 1024,
    preVote: random.chance(0.8),
    strictReconfigCheck: false,
  };
}

export function describe(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message);
  return parts.length === 0 ? String(error) : parts.join(" < ");
}
