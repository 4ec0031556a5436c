import { type Clock, sleep } from "@nodetcd/runtime";
import type { App } from "../app.ts";
import { ConsoleError } from "../errors.ts";
import type { Members } from "../members/ask-members.ts";
import { hexId } from "../samples/sample.ts";

const HAND_OVER_MS = 10_000;

/** Makes `to` the leader instead of `from`, and waits until it leads. */
export async function handOver(
  app: App,
  members: Members,
  from: bigint,
  to: bigint,
): Promise<string> {
  const client = await members.of(from);
  if (client === undefined) throw new ConsoleError("UNAVAILABLE", "it has no address");
  await client.maintenance.moveLeader(to);
  await until(app.clock, HAND_OVER_MS, async () => {
    const { sample } = await app.sampler.look(0);
    return sample.leader === hexId(to);
  });
  return "It leads now";
}

/** Asks again and again; fails when `patienceMs` are over. */
export async function until(
  clock: Clock,
  patienceMs: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const end = clock.monotonic() + patienceMs;
  while (!(await condition())) {
    if (clock.monotonic() > end) throw new ConsoleError("CONFLICT", "It did not happen in time");
    await sleep(clock, 200);
  }
}
