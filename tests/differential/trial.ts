/** One program on two fresh servers, step by step in lockstep. */
import { startSubject } from "../clusters/follower.ts";
import type { Peer } from "../peers.ts";
import { allOrNone } from "../processes.ts";
import { Player } from "./player.ts";
import type { Step } from "./program.ts";

export interface Mismatch {
  /** Place in the program. */
  readonly step: number;
  readonly reference: string;
  readonly subject: string;
}

/** Elections every 10 ms: a member serves at once. The smallest TTL follows, so both need it. */
const FLAGS = ["--heartbeat-interval=20", "--election-timeout=200", "--bcrypt-cost=4"];

const LOST = "the connection was lost";
const TIMED_OUT = "etcdserver: request timed out";
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Undefined when the two never differed. */
export async function compareRun(
  program: readonly Step[],
  reference: Peer,
  subject: Peer,
): Promise<Mismatch | undefined> {
  const servers = await allOrNone([startSubject(reference, FLAGS), startSubject(subject, FLAGS)]);
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error("There are no two servers");
  const [one, other] = [new Player(first.url), new Player(second.url)];
  try {
    for (const [index, step] of program.entries()) {
      const [expected, got] = await Promise.all([one.play(step), other.play(step)]);
      if (expected.includes(LOST)) await Promise.race([first.exited, sleep(1000)]);
      if (first.hasExited) {
        console.log(`left out from step ${index}: ${reference.name} ended: ${panicOf(first.log)}`);
        return undefined;
      }
      if (expected !== got && expected.includes(TIMED_OUT)) {
        console.log(`left out from step ${index}: the machine is too busy for ${reference.name}`);
        return undefined;
      }
      if (expected !== got) return { step: index, reference: expected, subject: got };
      const faults = other.violations();
      if (faults.length > 0) {
        return { step: index, reference: one.violations().join("; "), subject: faults.join("; ") };
      }
    }
    return undefined;
  } finally {
    one.close();
    other.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Real etcd 3.7.1 panics now and then when a Txn meets a compaction. */
function panicOf(log: string): string {
  return /.*\b(?:panic|fatal|FATAL)\b.*/.exec(log)?.[0].slice(0, 600) ?? log.slice(-600);
}

/**
 * Leaves out what the mismatch does not need: halves, quarters, ... single steps, while it still
 * shows at the end. Stops after `budgetMs`.
 */
export async function shrink(
  program: readonly Step[],
  mismatch: Mismatch,
  compare: (program: readonly Step[]) => Promise<Mismatch | undefined>,
  budgetMs: number,
): Promise<{ program: readonly Step[]; mismatch: Mismatch }> {
  let best = { program: program.slice(0, mismatch.step + 1), mismatch };
  const deadline = Date.now() + budgetMs;
  let size = Math.ceil(best.program.length / 2);
  while (size >= 1) {
    let removed = false;
    for (let from = best.program.length - 1 - size; from >= -size + 1; from -= size) {
      if (Date.now() > deadline) return best;
      const start = Math.max(0, from);
      const less = [...best.program.slice(0, start), ...best.program.slice(from + size)];
      const found = await compare(less);
      if (found === undefined) continue;
      best = { program: less.slice(0, found.step + 1), mismatch: found };
      removed = true;
      from = Math.min(from, best.program.length - 1);
    }
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}
