/** What the members' states may never say, looked at between any two events. */
import type { Seat } from "./seat.ts";

export class Invariants {
  readonly faults: string[] = [];
  readonly #seats: readonly Seat[];
  readonly #leaderOfTerm = new Map<number, string>();
  /** Revision after each index that anybody was seen to have applied. */
  readonly #revisions = new Map<number, number>();
  /** Of those that lead: the newest term of which they had applied an entry when they began to. */
  readonly #termBefore = new Map<Seat, number>();

  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
  }

  look(): void {
    for (const seat of this.#seats) {
      const status = seat.member?.status();
      if (status === undefined || status.leader !== seat.member?.id) this.#termBefore.delete(seat);
      if (status === undefined) continue;
      const { leader, raftTerm, appliedIndex, revision } = status;
      if (leader === seat.member?.id) this.#leads(seat, raftTerm);
      this.#hold(this.#revisions, appliedIndex, revision, "is the state after entry");
    }
  }

  /** Election safety. A term is the leader's own once it has applied an entry of a new one. */
  #leads(seat: Seat, appliedTerm: number): void {
    const before = this.#termBefore.get(seat);
    if (before === undefined) this.#termBefore.set(seat, appliedTerm);
    else if (appliedTerm > before)
      this.#hold(this.#leaderOfTerm, appliedTerm, seat.name, "leads term");
  }

  /** What was true once stays true. */
  #hold<T>(known: Map<number, T>, at: number, value: T, what: string): void {
    const before = known.get(at);
    if (before === undefined) known.set(at, value);
    else if (before !== value) {
      this.faults.push(`${String(before)} ${what} ${at}, and so does ${String(value)}`);
    }
  }
}
