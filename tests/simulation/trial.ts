/** Some lives of one member on one disk, each ended by a power cut or its own death, from a seed. */
import { silentLogger } from "@nodetcd/runtime";
import { defaultConfig, type Member, type MemberConfig, startMember } from "@nodetcd/server";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { Client } from "./client.ts";
import { History } from "./history.ts";
import { work } from "./load.ts";
import { honest, type Plant } from "./planted.ts";
import { Records } from "./records.ts";
import { checkFiles, type Files, readDatabase, verify } from "./verify.ts";
import { World } from "./world.ts";

/** Operations of a disk in a life of average length, about: where crashes fall. */
const OPERATIONS = 700;
/** Operations until a member serves, about. */
const START_OPERATIONS = 60;
/** Ends of paths, and how many operations on them to let through at most. */
const RARER: readonly (readonly [string, number])[] = [
  ["/db", 20],
  [".snap", 12],
  [".tmp", 12],
  ["/snap", 8],
];
/** Virtual time between two lives, in milliseconds. */
const BETWEEN_LIVES_MS = 3_600_000;

export interface TrialOptions {
  readonly seed: number;
  /** How often the member dies. */
  readonly deaths?: number;
  /** The bug to be found. Default: none. */
  readonly plant?: Plant;
  /** The last death comes after so many operations of its life, by a power cut. Default: by chance. */
  readonly lastCrashAfter?: number;
}

export interface Trial {
  /** In words; none when all is well. */
  readonly faults: readonly string[];
  readonly answers: number;
  readonly revision: number;
  /** Power cuts and deaths of the process that came before the member had ended by itself. */
  readonly crashes: number;
  /** Those that came before it served. */
  readonly crashesAtStart: number;
  /** Operations of the disk in each life. */
  readonly operations: readonly number[];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const campaign = new Campaign(options);
  const undo = campaign.plant.begin?.();
  try {
    await campaign.run(options.deaths ?? 4, options.lastCrashAfter);
  } finally {
    undo?.();
  }
  return campaign.outcome;
}

class Campaign {
  readonly plant: Plant;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #config: MemberConfig;
  readonly #files: Files;
  readonly #records = new Records();
  readonly #history = new History();
  #disk = new FaultDisk({ losesNames: true });
  #life = 0;
  /** The disk shows nothing that a power cut might take. */
  #isAllSaved = true;
  readonly outcome: Mutable<Trial> & { operations: number[]; faults: string[] } = {
    faults: this.#records.faults,
    answers: 0,
    revision: 0,
    crashes: 0,
    crashesAtStart: 0,
    operations: [],
  };

  constructor({ seed, plant = honest }: TrialOptions) {
    this.#seed = seed;
    this.plant = plant;
    this.#random = new SeededRandom(seed);
    this.#config = configOf(this.#random);
    const snapshots = `${this.#config.dataDir}/member/snap`;
    const wal = this.#config.walDir || `${this.#config.dataDir}/member/wal`;
    this.#files = { snapshots, wal, database: `${snapshots}/db` };
  }

  async run(deaths: number, lastCrashAfter: number | undefined): Promise<void> {
    for (let death = 1; death <= deaths && !this.#isFaulty; death++) {
      const isLast = death === deaths && lastCrashAfter !== undefined;
      const isPowerCut = this.#random.chance(0.6);
      if (isLast) this.#disk.crashAfter(lastCrashAfter);
      else this.#planCrash();
      await this.#live((world, member) => this.#stopSometimes(world, member));
      this.#die(isLast || isPowerCut);
      await this.#look();
    }
    if (!this.#isFaulty) await this.#live((world, member) => this.#end(world, member));
    this.outcome.answers = this.#records.answers;
    this.outcome.revision = this.#history.revision;
  }

  /** Anywhere in a life, at its start, or among the rarer operations on some files. */
  #planCrash(): void {
    const random = this.#random;
    const dice = random.below(7);
    if (dice === 6 && this.#isAllSaved) this.#planFault();
    else if (dice < 2) this.#disk.crashAfter(random.below(OPERATIONS));
    else if (dice < 4) this.#disk.crashAfter(random.below(START_OPERATIONS));
    else {
      const [suffix, limit] = random.pick(RARER);
      this.#disk.crashAfter(random.below(limit), (path) => path.endsWith(suffix));
    }
  }

  /**
   * The disk refuses one write or sync and goes on; the member should not. Only where nothing is found
   * that was not saved: a sync that fails loses that as well, and nobody can tell.
   */
  #planFault(): void {
    const { faults } = this.#disk;
    const after = 1 + this.#random.below(OPERATIONS / 3);
    if (this.#random.chance(0.5)) faults.failSyncAfter = after;
    else faults.failWriteAfter = after;
  }

  get #isFaulty(): boolean {
    return this.#records.faults.length > 0;
  }

  /** From start to the end of the work, or to the crash. */
  async #live(end: (world: World, member: Member) => Promise<void>): Promise<void> {
    const life = this.#life++;
    const world = new World(
      this.#disk,
      this.#seed * 1_000 + life,
      1_700_000_000_000 + life * BETWEEN_LIVES_MS,
    );
    const { faults } = this.#records;
    const forceNewCluster = this.#random.chance(0.1);
    try {
      const runtime = { ...world.runtime, disk: this.plant.disk(world.disk, world.clock) };
      const member = await world.run(
        startMember(runtime, { ...this.#config, forceNewCluster }, silentLogger),
      );
      if (member === undefined) this.outcome.crashesAtStart++;
      else await this.#serve(world, member, end);
    } catch (error) {
      if (!world.isExcused) faults.push(`life ${life}: ${describe(error)}`);
    }
    if (world.disk.crashed) this.outcome.crashes++;
    this.outcome.operations.push(world.disk.operations);
  }

  async #serve(
    world: World,
    member: Member,
    end: (world: World, member: Member) => Promise<void>,
  ): Promise<void> {
    const client = new Client(member, world);
    const [records, history] = [this.#records, this.#history];
    const faults = await world.run(verify(client, records, history));
    if (faults === undefined) return;
    records.faults.push(...faults);
    if (this.#isFaulty) return;
    const random = new SeededRandom(this.#random.uint32());
    const [clients, requestsEach] = [1 + random.below(6), 5 + random.below(25)];
    await world.run(work({ client, world, records, history, random, clients, requestsEach }));
    if (!world.isExcused) await end(world, member);
    else if (!world.disk.crashed) await world.run(member.stop());
  }

  /** Half of the members that lived so long stop in order, if they get that far. */
  async #stopSometimes(world: World, member: Member): Promise<void> {
    if (this.#random.chance(0.5)) await world.run(member.stop());
  }

  #die(isPowerCut: boolean): void {
    const random = new SeededRandom(this.#random.uint32());
    this.#isAllSaved = isPowerCut;
    this.#disk = isPowerCut ? this.#disk.crash(random) : this.#disk.restart();
  }

  async #look(): Promise<void> {
    try {
      this.#records.faults.push(...(await checkFiles(this.#disk, this.#files)));
    } catch (error) {
      this.#records.faults.push(`the files after life ${this.#life - 1}: ${describe(error)}`);
    }
  }

  /** What goes on in the background comes to its end, and the files hold what they should. */
  async #end(world: World, member: Member): Promise<void> {
    const { faults, compacted } = this.#records;
    await world.pass(35_000);
    faults.push(
      ...((await world.run(verify(new Client(member, world), this.#records, this.#history))) ?? []),
    );
    const late = [...this.#records.maybeRevoked].filter((id) => this.#records.short.has(id));
    if (late.length > 0) faults.push(`leases ${late.join()} are there, though their time is up`);
    const { appliedIndex } = member.status();
    await world.run(member.stop());
    this.#die(true);
    await this.#look();
    const { records, consistentIndex } = readDatabase(this.#disk, this.#files.database);
    if (consistentIndex > appliedIndex) {
      faults.push(`the database is at ${consistentIndex}, the member was at ${appliedIndex}`);
    }
    const expected = this.#history.recordsAfter(this.#records.compacted);
    if (records.join() !== expected.join()) {
      faults.push(
        `after the compaction at ${compacted} there are ${records.length} records, not ${expected.length}`,
      );
    }
  }
}

function configOf(random: SeededRandom): MemberConfig {
  return {
    ...defaultConfig,
    listenClientUrls: [],
    listenPeerUrls: [],
    // A long one takes the first entry of the log beyond a sector.
    name: "m".repeat(random.pick([1, 400])),
    dataDir: "/var/lib/nodetcd",
    walDir: random.pick(["", "/log/of/nodetcd"]),
    walSegmentBytes: random.pick([4_000, 16_000, 60_000]),
    maxWals: 1 + random.below(3),
    maxSnapshots: 1 + random.below(3),
    snapshotCount: 5 + random.below(30),
    snapshotCatchupEntries: 5,
    backendBatchIntervalMs: random.pick([1, 5, 20, 100]),
    backendBatchLimit: random.pick([20, 10_000]),
    backendFreelistType: random.pick(["array", "hashmap"] as const),
    compactionBatchLimit: random.pick([2, 10, 1_000]),
    cacheBytes: 1024 * 1024,
  };
}

function describe(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message);
  return parts.length === 0 ? String(error) : parts.join(" < ");
}
