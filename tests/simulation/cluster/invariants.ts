/** What the members' states may never say, looked at between any two events. */
import type { Seat } from "./seat.ts";

const LEADS = /^\w+ became leader at term (\d+)/;

export class Invariants {
  readonly faults: string[] = [];
  readonly #leaderOfTerm = new Map<number, string>();
  /** Term of each entry that anybody was seen to have applied, and the revision after it. */
  readonly #states = new Map<number, string>();

  /** Election safety: whom a term has elected it has elected for good. */
  said({ name }: Seat, line: string): void {
    const term = LEADS.exec(line)?.[1];
    if (term !== undefined)
      this.#hold(this.#leaderOfTerm, Number(term), name, "is the leader of term");
  }

  /** State machine safety: after the same entry all have the same. */
  look(seats: readonly Seat[]): void {
    for (const seat of seats) {
      const status = seat.member?.status();
      if (status === undefined) continue;
      const { raftTerm, appliedIndex, revision } = status;
      const state = `term ${raftTerm}, revision ${revision}`;
      this.#hold(this.#states, appliedIndex, state, "is what was after entry");
    }
  }

  /** What was true once stays true. */
  #hold<T>(known: Map<number, T>, at: number, value: T, what: string): void {
    const before = known.get(at);
    if (before === undefined) known.set(at, value);
    else if (before !== value) {
      this.faults.push(`${String(before)} ${what} ${at}, and so is ${String(value)}`);
    }
  }
}
