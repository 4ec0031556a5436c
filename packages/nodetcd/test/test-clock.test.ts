import { nodeClock } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { startEtcd } from "../src/nodetcd.ts";
import { TestClock } from "../src/test-clock.ts";

describe("TestClock", () => {
  test("advance: runs what falls due in order, what is set on the way too, and nothing twice", async () => {
    const clock = new TestClock(nodeClock);
    const order: string[] = [];
    clock.setTimer(50_000, () => order.push("late"));
    clock.setTimer(2_000, () => {
      order.push("first");
      clock.setTimer(1_000, () => order.push("inner"));
    });
    clock.setTimer(2_500, () => order.push("second")).cancel();
    const repeating = clock.setRepeating(4_000, () => order.push("again"));
    const [before, wall] = [clock.monotonic(), clock.wallTime()];
    await clock.advance("10s");
    repeating.cancel();
    expect(order).toEqual(["first", "inner", "again", "again"]);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(10_000);
    expect(clock.wallTime() - wall).toBeGreaterThanOrEqual(9_990);
    await clock.advance(40_000);
    expect(order.at(-1)).toBe("late");
  });

  test("advance: timers of real time go on firing, once each", async () => {
    const clock = new TestClock(nodeClock);
    let fired = 0;
    await new Promise<void>((resolve) => {
      clock.setTimer(5, () => {
        fired++;
        resolve();
      });
    });
    await clock.advance("1s");
    expect(fired).toBe(1);
  });

  test("advance: refuses what is no duration", async () => {
    const clock = new TestClock(nodeClock);
    await expect(clock.advance("soon")).rejects.toMatchObject({ code: "BAD_CONFIG" });
    await expect(clock.advance(-1)).rejects.toThrow("duration");
  });

  test("advance: a lease without renewals ends, one that is kept alive and its lock do not", async () => {
    const etcd = await startEtcd({ listen: false });
    const { client, clock } = etcd;
    const [dying, kept] = [await client.leases.grant(5), await client.leases.grant(5)];
    const lost = kept.keepAlive();
    await client.put("dying", "1", { lease: dying });
    await client.put("kept", "1", { lease: kept });
    const lock = await client.lock("l");
    await clock.advance("3s");
    expect(await client.get("dying")).toBeDefined();
    await clock.advance("57s");
    expect(await client.get("dying")).toBe(undefined);
    expect(await client.get("kept")).toBeDefined();
    expect([lost.aborted, lock.lost.aborted]).toEqual([false, false]);
    await etcd.stop();
  });

  test("advance: history is compacted by policy", async () => {
    const config = { autoCompactionRetention: "1h" };
    const etcd = await startEtcd({ listen: false, config });
    const { revision } = await etcd.client.put("a", "1");
    await etcd.client.put("a", "2");
    await etcd.clock.advance("2h30m");
    await expect(etcd.client.get("a", { revision })).rejects.toMatchObject({ code: "COMPACTED" });
    await etcd.stop();
  });
});
