import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { VirtualClock } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { RECLAIM_INTERVAL_MS, RECLAIM_LOOK_MS } from "../src/limits.ts";
import { Reclaimer, type ReclaimOptions, type ReclaimState } from "../src/reclaim/reclaim.ts";
import { TestCluster } from "./support/cluster.ts";
import { bytes, dispose, failure, startTestMember } from "./support/member.ts";

const MIB = 1024 * 1024;

/** A member whose file has these MiB, and what was done with it. */
function fakeMember(size: number, inUse: number, more: Partial<ReclaimOptions> = {}) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const file = { size, inUse, alarm: false };
  let end = (): void => undefined;
  const reclaimer = new Reclaimer({
    clock,
    random: { below: (bound) => Math.floor(bound / 2) },
    logger: silentLogger,
    backend: {
      isDefragmenting: false,
      size: () => file.size * MIB,
      sizeInUse: () => file.inUse * MIB,
      defragment: async () => {
        done.push("defragment");
        await new Promise<void>((resolve) => (end = resolve));
        file.size = file.inUse;
      },
    },
    threshold: 0.5,
    isLeader: () => false,
    askOthers: () => Promise.resolve([]),
    disarmBelow: undefined,
    hasDisk: () => true,
    hasAlarm: () => file.alarm,
    disarm: () => {
      done.push("disarm");
      file.alarm = false;
      return Promise.resolve();
    },
    ...more,
  });
  /** A whole look, the rewriting included. */
  const look = async (): Promise<void> => {
    const looking = reclaimer.look();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    end();
    await looking;
  };
  return { reclaimer, clock, done, file, look };
}

const IDLE: ReclaimState = { running: false, due: false };

describe("Reclaimer.look()", () => {
  test.each([
    ["half of it is free", 200, 100, ["defragment"]],
    ["less than the threshold is free", 200, 101, []],
    ["half of it is less than 64 MiB", 120, 60, []],
  ])("%s", async (_, size, inUse, expected) => {
    const { done, look } = fakeMember(size, inUse);
    await look();
    expect(done).toEqual(expected);
  });

  test("never with a threshold of 0", async () => {
    const { done, look } = fakeMember(1_000, 1, { threshold: 0 });
    await look();
    expect(done).toEqual([]);
  });

  test("not twice in an hour", async () => {
    const { done, file, look, clock } = fakeMember(200, 50);
    await look();
    file.size = 200;
    await look();
    expect(done).toEqual(["defragment"]);
    clock.advance(RECLAIM_INTERVAL_MS);
    await look();
    expect(done).toEqual(["defragment", "defragment"]);
  });

  test.each<[string, boolean, ReclaimState, string[]]>([
    ["waits for a member that is at it", false, { running: true, due: true }, []],
    ["a follower does not wait for one that is due", false, { ...IDLE, due: true }, ["defragment"]],
    ["the leader waits for a follower that is due", true, { ...IDLE, due: true }, []],
    ["the leader begins when no other is due", true, IDLE, ["defragment"]],
  ])("%s", async (_, leads, other, expected) => {
    const askOthers = () => Promise.resolve([IDLE, other]);
    const { done, look, reclaimer } = fakeMember(200, 100, { isLeader: () => leads, askOthers });
    await look();
    expect(done).toEqual(expected);
    expect(reclaimer.state.running).toBe(false);
  });

  test("waits for a member that does not answer", async () => {
    const askOthers = () => Promise.reject(new Error("no reply"));
    const { done, look, reclaimer } = fakeMember(200, 100, { askOthers });
    await look();
    expect(done).toEqual([]);
    expect(reclaimer.state).toEqual({ running: false, due: true });
  });

  test.each([
    ["both answers come when both have begun: neither goes on", 1, []],
    ["the second begins when the first is answered: one goes on", 0, [["defragment"]]],
  ])("of two that begin in the same turn, %s", async (_, turns, expected) => {
    const members: ReturnType<typeof fakeMember>[] = [];
    const asking = (i: number) => async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      return [members[1 - i]!.reclaimer.state];
    };
    for (const i of [0, 1]) members.push(fakeMember(200, 100, { askOthers: asking(i) }));
    await Promise.all(members.map(({ look }) => look()));
    expect(members.map(({ done }) => done).filter(({ length }) => length > 0)).toEqual(expected);
  });
});

describe("the NOSPACE alarm", () => {
  test("is withdrawn once the file is below the mark, which it is helped to", async () => {
    const { done, file, look } = fakeMember(100, 50, { disarmBelow: 90 * MIB });
    file.alarm = true;
    await look();
    expect(done).toEqual(["defragment", "disarm"]);
  });

  test("stays while what is in use is above the mark", async () => {
    const { done, file, look } = fakeMember(100, 95, { disarmBelow: 90 * MIB });
    file.alarm = true;
    await look();
    expect(done).toEqual([]);
  });

  test("stays while the disk is full", async () => {
    const { done, file, look } = fakeMember(50, 50, {
      disarmBelow: 90 * MIB,
      hasDisk: () => false,
    });
    file.alarm = true;
    await look();
    expect(done).toEqual([]);
  });

  test("stays when nobody has asked for it to be withdrawn", async () => {
    const { done, file, look } = fakeMember(100, 50);
    file.alarm = true;
    await look();
    expect(done).toEqual([]);
  });
});

test("a member leaves NOSPACE by itself once keys are deleted and history is compacted", async () => {
  // Half a minute and more, between two looks, is 20 ms.
  const setTimer: Clock["setTimer"] = (delayMs, callback) =>
    nodeRuntime.clock.setTimer(delayMs >= RECLAIM_LOOK_MS / 2 ? 20 : delayMs, callback);
  const runtime = { ...nodeRuntime, clock: { ...nodeRuntime.clock, setTimer } };
  const options = { quotaBackendBytes: 4 * MIB, autoDisarmNospace: true };
  const member = await startTestMember(options, silentLogger, runtime);
  try {
    const value = "x".repeat(256 * 1024);
    let refusal: { message: string } | undefined;
    for (let i = 0; refusal === undefined; i++) {
      refusal = await failure(member.put(`key${i}`, value)).catch(() => undefined);
    }
    expect(refusal.message).toBe("etcdserver: mvcc: database space exceeded");
    const { header } = await member.delete("key", { rangeEnd: bytes("kez") });
    await member.compact(header!.revision, true);
    let answer: unknown;
    while (answer === undefined) {
      answer = await member.put("after", "1").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(member.member.status().dbSizeBytes).toBeLessThan(0.9 * 4 * MIB);
  } finally {
    await dispose(member);
  }
});

test("members answer each other on the peer port", async () => {
  const cluster = await TestCluster.start(2);
  try {
    const answer = await fetch(`${cluster.configs[0]!.listenPeerUrls![0]}/nodetcd/reclaim`);
    expect(await answer.json()).toEqual({ running: false, due: false });
  } finally {
    await cluster.dispose();
  }
});
