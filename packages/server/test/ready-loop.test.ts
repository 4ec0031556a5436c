import { ConfChange, ConfState, type Entry, RaftSnapshot } from "@nodetcd/messages";
import { MemoryStorage, RawNode } from "@nodetcd/raft";
import { nodeClock } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { createWal } from "@nodetcd/wal";
import { describe, expect, test } from "vitest";
import { ReadyLoop } from "../src/persist/ready-loop.ts";

const ignore = (): void => undefined;

interface Started {
  readonly loop: ReadyLoop;
  readonly failures: unknown[];
  readonly committed: Entry[];
}

async function startLoop({
  voters = [] as bigint[],
  isWaitedFor = (_id: number): boolean => true,
  tickMs = 1_000,
} = {}): Promise<Started> {
  const disk = new FaultDisk();
  const storage = new MemoryStorage();
  const confState = { ...ConfState.create(), voters };
  storage.applySnapshot({ ...RaftSnapshot.create(), metadata: { index: 1, term: 1, confState } });
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
  const committed: Entry[] = [];
  const loop = new ReadyLoop({
    node,
    storage,
    wal: await createWal({ clock: nodeClock, disk }, "/wal", new Uint8Array(1), {
      segmentBytes: 4096,
    }),
    clock: nodeClock,
    tickMs,
    commit: (entries) => void committed.push(...entries),
    apply: ignore,
    appliedIndex: () => 1,
    isWaitedFor,
    send: ignore,
    saveSnapshot: () => Promise.resolve(),
    installSnapshot: () => Promise.resolve(),
    onLeadership: ignore,
    onReadState: ignore,
    onFailure: (error) => failures.push(error),
  });
  return { loop, failures, committed };
}

describe("propose()", () => {
  test("what nobody waits for any more is not proposed to a leader that comes later", async () => {
    const isWaitedFor = (id: number): boolean => id !== 1;
    const { loop, committed, failures } = await startLoop({
      voters: [1n],
      isWaitedFor,
      tickMs: 5,
    });
    loop.propose(1, Buffer.from("given up"));
    loop.propose(2, Buffer.from("waited for"));
    loop.proposeMembershipChange(1, { ...ConfChange.create(), id: 1n, nodeId: 7n });
    // An election takes ten ticks.
    const texts = (): string[] => committed.map(({ data }) => Buffer.from(data).toString());
    await expect.poll(texts).toEqual(["", "waited for"]);
    expect([failures, committed.map(({ type }) => type)]).toEqual([[], [0, 0]]);
    await loop.stop();
  });
});

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
