/** What the disk of each trial does: every kind of call, file and error in turn. */
import type { Seeded } from "../../seeded.ts";
import type { Call, ErrorName, Plan } from "./faulty-disk.ts";

export interface Named extends Plan {
  readonly title: string;
  /** The member must not even end. */
  readonly harmless: boolean;
}

/** A call as a member makes it: on which kind of file. */
export interface CallOnKind {
  readonly call: Call;
  readonly kind: string;
}

/** What a call may fail with, but for being interrupted. */
const ERRORS: Record<Call, readonly ErrorName[]> = {
  open: ["EIO", "ENOSPC", "EMFILE"],
  read: ["EIO"],
  write: ["EIO", "ENOSPC"],
  sync: ["EIO", "ENOSPC"],
  truncate: ["EIO", "ENOSPC"],
  rename: ["EIO", "ENOSPC"],
  unlink: ["EIO"],
  mkdir: ["EIO", "ENOSPC"],
  list: ["EIO", "EMFILE"],
};

const SLOW_MS = 500;

/** Whatever is interrupted or slow must not be noticed but by the clock. */
const HARMLESS: readonly Named[] = [
  {
    title: "every other call interrupted (EINTR)",
    call: "any",
    name: "*",
    first: 1,
    times: "every other",
    error: "EINTR",
    harmless: true,
  },
  {
    title: `every sync takes ${SLOW_MS} ms`,
    call: "sync",
    name: "*",
    first: 1,
    times: "from then on",
    waitMs: SLOW_MS,
    harmless: true,
  },
];

/**
 * First what does no harm; then, shuffled, each kind of call on each kind of file, with each error, once and for
 * good, at a random one of the `calls`.
 */
export function plansFor(calls: readonly CallOnKind[], random: Seeded): Named[] {
  const counts = new Map<string, CallOnKind & { count: number }>();
  for (const { call, kind } of calls) {
    const id = `${call} ${kind}`;
    counts.set(id, { call, kind, count: (counts.get(id)?.count ?? 0) + 1 });
  }
  const plans: Named[] = [];
  for (const { call, kind, count } of counts.values()) {
    for (const error of ERRORS[call]) {
      for (const times of ["once", "from then on"] as const) {
        // Now and then at the start; and a slow machine has not made that many when the load ends.
        const latest = random.chance(30) ? Math.min(4, count) : Math.ceil(count / 2);
        const first = random.between(1, latest);
        const title = `${call} of ${kind}: ${error} ${times}`;
        plans.push({ title, call, name: kind, first, times, error, harmless: false });
      }
    }
  }
  return [...HARMLESS, ...random.shuffled(plans)];
}
