import { MemoryStorage, RawNode } from "@nodetcd/raft";
import { nodeClock } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { createWal } from "@nodetcd/wal";
import { describe, expect, test } from "vitest";
import { ReadyLoop } from "../src/persist/ready-loop.ts";

const ignore = (): void => undefined;

async function startLoop(): Promise<{ loop: ReadyLoop; failures: unknown[] }> {
  const disk = new FaultDisk();
  const storage = new MemoryStorage();
  const node = new RawNode({
    id: 1n,
    electionTick: 10,
    heartbeatTick: 1,
    storage,
    maxSizePerMessage: 1024,
    maxInflightMessages: 16,
    random: () => 0,
  });
  const failures: unknown[] = [];
  const loop = new ReadyLoop({
    node,
    storage,
    wal: await createWal({ clock: nodeClock, disk }, "/wal", new Uint8Array(1), {
      segmentBytes: 4096,
    }),
    clock: nodeClock,
    tickMs: 1_000,
    commit: ignore,
    apply: ignore,
    appliedIndex: () => 0,
    send: ignore,
    saveSnapshot: () => Promise.resolve(),
    installSnapshot: () => Promise.resolve(),
    onLeadership: ignore,
    onReadState: ignore,
    onFailure: (error) => failures.push(error),
  });
  return { loop, failures };
}

describe("withLog()", () => {
  test("rejects where its turn cannot come any more: the log has failed before it", async () => {
    const { loop, failures } = await startLoop();
    const failing = loop.withLog(() => Promise.reject(new Error("no disk")));
    const waiting = loop.withLog(() => Promise.resolve());
    await expect(failing).rejects.toThrow("no disk");
    await expect(waiting).rejects.toThrow("no disk");
    await expect(loop.withLog(() => Promise.resolve())).rejects.toMatchObject({ code: "STOPPED" });
    expect(failures).toHaveLength(1);
    await loop.stop();
  });

  test("rejects where its turn cannot come any more: the loop was stopped", async () => {
    const { loop, failures } = await startLoop();
    let finish: () => void = ignore;
    let begin: () => void = ignore;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const running = loop.withLog(() => {
      begin();
      return new Promise((resolve) => (finish = resolve));
    });
    const waiting = loop.withLog(() => Promise.resolve());
    const refused = expect(waiting).rejects.toMatchObject({ code: "STOPPED" });
    await begun;
    const stopped = loop.stop();
    finish();
    await Promise.all([running, stopped, refused]);
    expect(failures).toEqual([]);
  });
});
