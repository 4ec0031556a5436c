import { LeaseTimeToLiveRequest, LeaseTimeToLiveResponse } from "@nodetcd/messages";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeClock, nodeRuntime } from "@nodetcd/runtime/node";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { startTestMember, type TestMember } from "./support/member.ts";

/** The clock of this computer, `aheadMs` ahead of it. */
class ShiftedClock implements Clock {
  aheadMs = 0;
  readonly wallTime = (): number => nodeClock.wallTime() + this.aheadMs;
  readonly monotonic = (): number => nodeClock.monotonic() + this.aheadMs;
  readonly setTimer: Clock["setTimer"] = (delayMs, callback) =>
    nodeClock.setTimer(delayMs, callback);
  readonly setRepeating: Clock["setRepeating"] = (delayMs, callback) =>
    nodeClock.setRepeating(delayMs, callback);
  readonly defer: Clock["defer"] = (callback) => nodeClock.defer(callback);
  readonly yield: Clock["yield"] = () => nodeClock.yield();
}

const TTL = 600;
const AGE_SECONDS = 315;

const timeToLive = (member: TestMember, id: bigint): Promise<LeaseTimeToLiveResponse> =>
  member.call(
    "etcdserverpb.Lease/LeaseTimeToLive",
    LeaseTimeToLiveRequest,
    LeaseTimeToLiveResponse,
    { id },
  );

/** Seconds left of a lease of 600 s after 315 s and a death of the member. */
async function leftAfterDeath(LeaseCheckpoint: boolean): Promise<number> {
  const clock = new ShiftedClock();
  const options = { dataDir: "/data", featureGates: { LeaseCheckpoint } };
  const disk = new FaultDisk();
  const before = await startTestMember(options, silentLogger, { ...nodeRuntime, clock, disk });
  const { id } = await before.grant(TTL);
  const index = (): number => before.member.status().appliedIndex;
  const first = index();
  clock.aheadMs = AGE_SECONDS * 1000;
  // With the gate there is an entry that no client has proposed.
  if (LeaseCheckpoint) await expect.poll(index).toBeGreaterThan(first);
  const crashed = disk.crash(new SeededRandom(1));
  await before.stop().catch(() => undefined);
  const after = await startTestMember(options, silentLogger, {
    ...nodeRuntime,
    disk: crashed,
  });
  const { ttl } = await timeToLive(after, id);
  await after.stop();
  return Number(ttl);
}

test("with the gate LeaseCheckpoint what is left of a lease survives a death, to five minutes", async () => {
  const left = await leftAfterDeath(true);
  expect(left).toBeGreaterThan(250);
  expect(left).toBeLessThanOrEqual(300);
});

test("without it a lease begins anew, as in etcd", async () => {
  expect(await leftAfterDeath(false)).toBeGreaterThan(550);
});
