/** What befalls members, controllers, workers and the API. */
import type { Seat, ProcessCluster } from "../../clusters/process-cluster.ts";
import { sleep } from "../../clusters/patience.ts";
import type { Seeded } from "../../seeded.ts";
import type { Company, Part } from "./company.ts";

const WEIGHTS = {
  "kill a member": 4,
  "kill a controller": 6,
  "kill a worker": 6,
  "kill the API": 1,
  "kill two of all": 4,
  "kill all controllers": 1,
  "kill all workers": 1,
  "kill two members": 1,
  "stop a controller": 2,
  "lose a worker": 1,
} as const;
export type DisasterName = keyof typeof WEIGHTS;

/** Longest time until what was killed starts again, in milliseconds. */
const DOWN_MS = 2_000;
/** How long a controller stands still: others lead by then. */
const STILL_MS = 8_000;
/** Long enough that the pods of a lost worker count as failed: a lease, and five compressed minutes. */
const LOST_MS = 65_000;

/** Ends the process of a seat or part and starts it again. */
interface Victim {
  readonly isRunning: boolean;
  kill(): Promise<void>;
  restart(): void;
}

export class Disasters {
  readonly happened = new Map<DisasterName, number>();
  readonly #cluster: ProcessCluster;
  readonly #company: Company;
  readonly #random: Seeded;
  /** Parts that are on their way back. */
  readonly #returning = new Set<Promise<void>>();
  #lost: Part | undefined;

  constructor(cluster: ProcessCluster, company: Company, random: Seeded) {
    this.#cluster = cluster;
    this.#company = company;
    this.#random = random;
  }

  pick(): DisasterName {
    return (process.env["ONLY"] as DisasterName | undefined) ?? this.#random.weighted(WEIGHTS);
  }

  async strike(name: DisasterName): Promise<void> {
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
    const random = this.#random;
    const { seats } = this.#cluster;
    const member = (seat: Seat): Victim => this.#member(seat);
    const there = this.#company.parts.filter((each) => each !== this.#lost);
    const of = (kind: Part["kind"]): Part[] => there.filter((each) => each.kind === kind);
    const all = [...seats.map(member), ...there.map(part)];
    switch (name) {
      case "kill a member":
        return await this.#kill([member(random.pick(seats))]);
      case "kill two members":
        return await this.#kill(random.shuffled(seats).slice(1).map(member));
      case "kill a controller":
        return await this.#kill([part(random.pick(of("controllers")))]);
      case "kill all controllers":
        return await this.#kill(of("controllers").map(part));
      case "kill a worker":
        return await this.#kill([part(random.pick(of("worker")))]);
      case "kill all workers":
        return await this.#kill(of("worker").map(part));
      case "kill the API":
        return await this.#kill(of("api").map(part));
      case "kill two of all":
        return await this.#kill(random.shuffled(all).slice(0, 2));
      case "stop a controller":
        return this.#standStill(random.pick(of("controllers")));
      case "lose a worker":
        return await this.#lose(random.pick(of("worker")));
    }
  }

  /** All that was struck is back. */
  async end(): Promise<void> {
    await Promise.all(this.#returning);
    for (const seat of this.#cluster.seats) this.#cluster.restart(seat);
    for (const each of this.#company.parts) each.start();
    await this.#cluster.ready();
  }

  #member(seat: Seat): Victim {
    return {
      isRunning: seat.isRunning,
      kill: () => seat.kill(),
      restart: () => this.#cluster.restart(seat),
    };
  }

  async #kill(victims: readonly Victim[]): Promise<void> {
    await Promise.all(victims.filter(({ isRunning }) => isRunning).map((each) => each.kill()));
    for (const victim of victims) {
      this.#later(this.#random.below(DOWN_MS), () => victim.restart());
    }
  }

  #standStill({ process }: Part): void {
    process?.signal("SIGSTOP");
    this.#later(STILL_MS, () => process?.signal("SIGCONT"));
  }

  async #lose(worker: Part): Promise<void> {
    if (this.#lost !== undefined) return;
    this.#lost = worker;
    await worker.kill();
    this.#later(LOST_MS, () => {
      this.#lost = undefined;
      worker.start();
    });
  }

  #later(milliseconds: number, action: () => void): void {
    const returning = sleep(milliseconds).then(action);
    this.#returning.add(returning);
    void returning.then(() => this.#returning.delete(returning));
  }
}

function part(each: Part): Victim {
  return {
    isRunning: each.isRunning,
    kill: () => each.kill(),
    restart: () => each.start(),
  };
}
