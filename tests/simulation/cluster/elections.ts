/** What befalls a cluster around its elections, where the protocol is most delicate. */
import type { SeededRandom } from "@nodetcd/simulator";
import { befall, cutOff, cutSends, type Fate, kill, powerCut } from "./fates.ts";
import type { Fleet } from "./fleet.ts";
import type { ClusterWorld } from "./world.ts";

/** Longest wait for an election, in milliseconds. */
const ELECTION_MS = 4_500;
/** So long a disk takes that is slow at the wrong time. */
const SLOW_MS = 400;

export const ELECTED = /became leader at term/;
export const VOTED = / cast MsgVote for /;

export class Elections {
  readonly #world: ClusterWorld;
  readonly #random: SeededRandom;
  readonly #fleet: Fleet;
  readonly #trace: (line: string) => void;
  /** Not over yet. */
  readonly #fates: Fate[] = [];

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
  }

  /** A leader is struck right after its election, and the next one, while the last one comes back. */
  async shortLeaders(): Promise<string> {
    const count = 2 + this.#random.below(4);
    for (let i = 0; i < count; i++) {
      const leader = i === 0 ? this.#fleet.leader : await this.#elected();
      if (leader === undefined) continue;
      await this.#soon();
      const before = this.#fates.splice(0);
      this.#befell(befall(leader, this.#world, this.#random));
      await this.#soon();
      for (const { end } of before) end();
    }
    return this.#over("short leaders");
  }

  /**
   * A vote decides an election while it is still being written, and then it is lost, and the winner is alone. Those
   * who are left elect somebody, of the same term if the voter does not know any more.
   */
  async lostVote(): Promise<string> {
    const what = "a vote that may be lost";
    const { leader } = this.#fleet;
    if (leader === undefined) return `${what}: no leader`;
    this.#befell(this.#random.pick([cutOff, cutOff, powerCut, kill])(leader, this.#world));
    const voter = await this.#world.moments.next(VOTED, ELECTION_MS);
    if (voter === undefined) return this.#over(`${what}: no vote`);
    voter.diskMaxMs = SLOW_MS;
    const winner = await this.#elected();
    await this.#soon();
    const before = this.#fates.splice(0);
    this.#befell(powerCut(voter, this.#world));
    if (winner !== undefined) this.#befell(cutOff(winner, this.#world));
    voter.diskMaxMs = 2;
    for (const { end } of [...before, this.#fates[0]!]) end();
    await this.#elected();
    return this.#over(what);
  }

  /**
   * Figure 8 of the Raft paper: a leader has entries that nobody else has; the next one has only begun when it is
   * cut off; the first one leads again, hands on its old entries one by one, and is struck in the middle of that.
   * Then the second one comes back, whose entry is newer.
   */
  async oldEntries(): Promise<string> {
    const what = "old entries";
    const { leader: first } = this.#fleet;
    if (first === undefined) return `${what}: no leader`;
    const mute = cutSends(first, this.#world);
    this.#befell(mute);
    const second = await this.#elected();
    if (second === undefined || second === first) return this.#over(`${what}: no second leader`);
    const lonely = cutOff(second, this.#world);
    this.#befell(lonely);
    mute.end();
    const again = await this.#elected();
    if (again !== first) return this.#over(`${what}: another leads`);
    const others = this.#fleet.seats.filter((seat) => seat !== first && seat !== second);
    for (const seat of others) seat.diskMaxMs = this.#random.pick([2, 20, 100]);
    await this.#world.sleep(this.#random.below(this.#random.pick([10, 50, 400])));
    this.#befell(this.#random.pick([powerCut, kill, cutOff])(first, this.#world));
    for (const seat of others) {
      seat.diskMaxMs = 2;
      if (this.#random.chance(0.5)) this.#befell(powerCut(seat, this.#world));
    }
    lonely.end();
    for (const { end } of this.#fates.filter(({ seat }) => others.includes(seat))) end();
    await this.#elected();
    await this.#soon();
    return this.#over(what);
  }

  #befell(fate: Fate): void {
    this.#trace(fate.what);
    this.#fates.push(fate);
  }

  #elected(): ReturnType<ClusterWorld["moments"]["next"]> {
    return this.#world.moments.next(ELECTED, ELECTION_MS);
  }

  /** Often at once, now and then much later. */
  async #soon(): Promise<void> {
    const most = this.#random.pick([0, 0, 5, 30, 1_000]);
    if (most > 0) await this.#world.sleep(this.#random.below(most));
  }

  #over(what: string): string {
    for (const { end } of this.#fates.splice(0)) end();
    return what;
  }
}
