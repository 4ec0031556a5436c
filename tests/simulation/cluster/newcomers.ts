/** Members come and go: a voter or a learner is added, starts, is promoted; another one is removed. */
import { METHODS } from "@nodetcd/messages";
import type { SeededRandom } from "@nodetcd/simulator";
import type { Fleet } from "./fleet.ts";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

/** Enough for what is to be seen: each costs time. */
const MEMBERS_MAX = 5;
const MEMBERS_MIN = 2;
/** Virtual milliseconds between two tries, and how many there are. */
const RETRY_MS = 300;
const TRIES = 10;
const { MemberAdd, MemberPromote, MemberRemove } = METHODS.Cluster;

export class Newcomers {
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #fleet: Fleet;

  constructor(world: ClusterWorld, random: SeededRandom, fleet: Fleet) {
    this.#world = world;
    this.#random = random;
    this.#fleet = fleet;
  }

  /** Says what came of it. */
  async change(): Promise<string> {
    const { seats } = this.#fleet;
    const mayGrow = seats.length < MEMBERS_MAX;
    const mayShrink = seats.length > MEMBERS_MIN;
    if (mayGrow && (!mayShrink || this.#random.chance(0.7))) return this.#grow();
    return this.#shrink();
  }

  async #grow(): Promise<string> {
    const isLearner = this.#random.chance(0.5);
    const seat = this.#fleet.newcomer();
    const what = `${seat.name} is added as a ${isLearner ? "learner" : "voter"}`;
    const peerUrls = [...seat.config.initialAdvertisePeerUrls];
    const added = await this.#try((caller) => caller.call(MemberAdd, { peerUrls, isLearner }), 2);
    if (added === undefined) return `${what}: no answer`;
    this.#fleet.learns(seat, added.members);
    await this.#world.sleep(this.#random.below(500));
    // A cluster that has lost its quorum to the newcomer waits for it.
    await Promise.race([seat.start(), this.#world.sleep(RETRY_MS * TRIES)]);
    if (seat.member === undefined) return `${what}: it does not serve yet`;
    this.#fleet.serves(seat);
    if (!isLearner) return what;
    const { id } = seat.member;
    const promoted = await this.#try((caller) => caller.call(MemberPromote, { id }), TRIES);
    return `${what}, ${promoted === undefined ? "not promoted" : "promoted"}`;
  }

  async #shrink(): Promise<string> {
    const seat = this.#random.pick(this.#fleet.seats);
    const id = seat.member?.id;
    if (id === undefined) return `${seat.name} is not removed: it is down`;
    seat.mayGo = true;
    const removed = await this.#try((caller) => caller.call(MemberRemove, { id }), 1);
    if (removed === undefined) return `${seat.name} is removed: no answer`;
    this.#fleet.dismiss(seat);
    return `${seat.name} is removed`;
  }

  async #try<T>(
    call: (caller: ReturnType<Fleet["callerOf"]>) => Promise<T>,
    tries: number,
  ): Promise<T | undefined> {
    for (let i = 0; i < tries; i++) {
      const { running } = this.#fleet;
      try {
        if (running.length > 0) {
          return await call(this.#fleet.callerOf(this.#random.pick<Seat>(running)));
        }
      } catch {
        // Another one, or another time.
      }
      await this.#world.sleep(RETRY_MS);
    }
    return undefined;
  }
}
