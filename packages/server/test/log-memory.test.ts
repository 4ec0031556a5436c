import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { nodeDisk } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "@nodetcd/raft";
import { TestCluster } from "./support/cluster.ts";
import { dispose, startTestMember, type TestMember } from "./support/member.ts";

// 64 and 256 MiB in earnest.
vi.mock(import("../src/limits.ts"), async (importOriginal) => ({
  ...(await importOriginal()),
  LOG_BYTES_MAX: 20_000,
  SNAPSHOT_BYTES: 300_000,
}));

const VALUE = "v".repeat(5_000);

/** Most bytes that a log had in memory after it was looked at, and how often old entries were asked for. */
let mostHeld = 0;
let readBack = 0;
beforeEach(() => {
  [mostHeld, readBack] = [0, 0];
  const { moveOut, entries } = MemoryStorage.prototype;
  vi.spyOn(MemoryStorage.prototype, "moveOut").mockImplementation(function (
    this: MemoryStorage,
    ...given
  ) {
    moveOut.apply(this, given);
    mostHeld = Math.max(mostHeld, this.bytes);
  });
  vi.spyOn(MemoryStorage.prototype, "entries").mockImplementation(function (
    this: MemoryStorage,
    ...given
  ) {
    const found = entries.apply(this, given);
    if (given[0] + 10 < this.lastIndex()) readBack++;
    return found;
  });
});
afterEach(() => vi.restoreAllMocks());

const snapshotFiles = (member: TestMember): string[] =>
  nodeDisk
    .list(join(member.directory, "member", "snap"))
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".snap"));

async function fill(member: TestMember, puts: number): Promise<void> {
  for (let i = 0; i < puts; i++) await member.put(`k${i}`, VALUE);
}

test("raft's log in memory is bounded by bytes, also of a member that starts again; snapshots come by bytes, too", async () => {
  let member = await startTestMember();
  await fill(member, 40);
  expect(mostHeld).toBeLessThan(30_000);
  expect(snapshotFiles(member)).toEqual([]);
  await member.stop();
  member = await startTestMember({ dataDir: member.directory });
  await fill(member, 40);
  await vi.waitFor(() => expect(snapshotFiles(member)).toHaveLength(1), 10_000);
  expect(mostHeld).toBeLessThan(30_000);
  expect((await member.range("k", { rangeEnd: new Uint8Array(1), countOnly: true })).count).toBe(
    40,
  );
  await dispose(member);
});

test("a follower that was away gets older entries from the leader's disk, and no snapshot", async () => {
  const cluster = await TestCluster.start(3);
  try {
    const leader = await cluster.leader();
    const away = (leader + 1) % 3;
    await cluster.stop(away);
    await fill(cluster.members[leader]!, 40);
    readBack = 0;
    const follower = await cluster.restart(away);
    const { kvs } = await follower.range("k39");
    expect(Buffer.from(kvs[0]!.value).toString()).toBe(VALUE);
    expect(readBack).toBeGreaterThan(0);
    expect(snapshotFiles(follower)).toEqual([]);
    const hashOf = async (member: TestMember): Promise<number> => {
      const { request, response, path } = METHODS.Maintenance.HashKV;
      return (await member.call(path.slice(1), request, response, {})).hash;
    };
    expect(await hashOf(follower)).toBe(await hashOf(cluster.members[leader]!));
  } finally {
    await cluster.dispose();
  }
});
