import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { AlarmAction, AlarmType, KeyValue, METHODS } from "@nodetcd/messages";
import type { CompactHash } from "@nodetcd/mvcc";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { VirtualClock } from "@nodetcd/simulator";
import { afterEach, describe, expect, test } from "vitest";
import { CorruptionCheck } from "../src/replicate/corruption-check.ts";
import type { MemberConfig } from "../src/server.ts";
import type { PeerAnswer } from "../src/replicate/peer-hashes.ts";
import { call, TestCluster } from "./support/cluster.ts";
import {
  bytes,
  failure,
  recordingLogger,
  startTestMember,
  type TestMember,
  text,
} from "./support/member.ts";

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.dispose();
  cluster = undefined;
});

/** Another value for the newest change in a database that nobody has open. */
async function damage(dataDir: string): Promise<void> {
  const path = join(dataDir, "member", "snap", "db");
  const backend = openBackend(nodeRuntime, path, { logger: silentLogger });
  let last: { key: Uint8Array; value: Uint8Array } | undefined;
  backend.range("key", new Uint8Array(0), undefined, 0, (key, value) => {
    last = { key: Uint8Array.from(key), value: Uint8Array.from(value) };
  });
  const record = KeyValue.decode(last!.value);
  backend.put("key", last!.key, KeyValue.encode({ ...record, value: bytes("damaged") }));
  await backend.close();
}

/** Node's clock, and how many of its repeating timers run. */
function countingClock(): { clock: Clock; running: () => number } {
  let running = 0;
  const clock: Clock = {
    ...nodeRuntime.clock,
    setRepeating(intervalMs, callback) {
      running++;
      const timer = nodeRuntime.clock.setRepeating(intervalMs, callback);
      let isCancelled = false;
      const cancel = (): void => {
        if (!isCancelled) running--;
        isCancelled = true;
        timer.cancel();
      };
      return { cancel };
    },
  };
  return { clock, running: () => running };
}

/** Until some member knows of a CORRUPT alarm: whom it names. */
async function corruptMembers(member: TestMember): Promise<bigint[]> {
  for (;;) {
    const { alarms } = await call(member, METHODS.Maintenance.Alarm, { action: AlarmAction.GET });
    const corrupt = alarms.filter(({ alarm }) => alarm === AlarmType.CORRUPT);
    if (corrupt.length > 0) return corrupt.map(({ memberId }) => memberId);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("in a cluster of three whose follower was damaged while it was stopped", () => {
  async function damaged(
    options: Partial<MemberConfig> = {},
  ): Promise<{ place: number; leader: TestMember }> {
    cluster = await TestCluster.start(3, options);
    const place = ((await cluster.leader()) + 1) % 3;
    await cluster.members[place]!.put("key", "1");
    await cluster.members[place]!.put("key", "2");
    await cluster.stop(place);
    await damage(cluster.configs[place]!.dataDir!);
    return { place, leader: cluster.members[await cluster.leader()]! };
  }

  test("the periodic check raises CORRUPT with the member's id, and keys are refused", async () => {
    const { place, leader } = await damaged({ corruptCheckTimeMs: 200 });
    const { member } = await cluster!.restart(place);
    expect(await corruptMembers(leader)).toEqual([member.id]);
    expect(await failure(leader.put("key", "3"))).toMatchObject({
      message: "etcdserver: corrupt cluster",
    });
  });

  test("the check of compactions raises CORRUPT with the member's id", async () => {
    const featureGates = { CompactHashCheck: true };
    const { place, leader } = await damaged({ featureGates, compactHashCheckTimeMs: 200 });
    const { member } = await cluster!.restart(place);
    await leader.compact(3, true);
    expect(await corruptMembers(leader)).toEqual([member.id]);
  });

  test("with InitialCorruptCheck the member does not start", async () => {
    const { place, leader } = await damaged();
    const { clock, running } = countingClock();
    const config = { ...cluster!.configs[place]!, featureGates: { InitialCorruptCheck: true } };
    const starting = startTestMember(config, silentLogger, { ...nodeRuntime, clock });
    await expect(starting).rejects.toMatchObject({
      code: "DATA_INCONSISTENT",
      message: expect.stringContaining("found data inconsistency with peers") as string,
    });
    expect(running()).toBe(0);
    await leader.put("key", "3");
    expect(text((await leader.range("key")).kvs[0]!.value)).toBe("3");
  });
});

test("a healthy member starts with InitialCorruptCheck", async () => {
  cluster = await TestCluster.start(2, { featureGates: { InitialCorruptCheck: true } });
  for (let i = 0; i < 5; i++) await cluster.running[0]!.put("key", String(i));
  await cluster.stop(1);
  const again = await cluster.restart(1);
  expect(text((await again.range("key")).kvs[0]!.value)).toBe("4");
});

/** A leader 1n whose store and peers say what the test says. */
function fakeLeader(own: CompactHash, peers: readonly PeerAnswer[]) {
  const { logger, lines } = recordingLogger();
  const raised: bigint[] = [];
  const asked: number[] = [];
  const clock = new VirtualClock();
  const state = { leads: true };
  const check = new CorruptionCheck({
    clock,
    logger,
    memberId: 1n,
    store: {
      hashKv: () => Promise.resolve(own),
      compactHashes: () => [{ hash: 5, compactRevision: 2, hashRevision: 3 }, own],
      revision: 10,
    },
    isLeader: () => state.leads,
    peerHashes: (revision) => (asked.push(revision), Promise.resolve(peers)),
    confirm: () => Promise.resolve(),
    raise: (id) => Promise.resolve(raised.push(id)),
    intervalMs: 0,
    compactionIntervalMs: 1_000,
  });
  const pass = async (): Promise<void> => {
    clock.advance(1_000);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return { check, lines, raised, asked, pass, state };
}

const OWN: CompactHash = { hash: 7, compactRevision: 5, hashRevision: 8 };
const peer = (id: bigint, hash: number | undefined, compactRevision = 5, revision = 9) => ({
  id,
  urls: [],
  answer: hash === undefined ? undefined : { hash, compactRevision, revision },
  error: "",
});

describe("CorruptionCheck.checkCompactions()", () => {
  test.each([
    ["all agree", [peer(2n, 7), peer(3n, 7)], []],
    ["a follower stands alone", [peer(2n, 7), peer(3n, 8)], [3n]],
    ["the leader stands alone", [peer(2n, 8), peer(3n, 8)], [1n]],
    ["nobody has a majority", [peer(2n, 8), peer(3n, 9)], [0n]],
    ["of two members one is wrong", [peer(2n, 8)], [0n]],
    ["another compaction is not compared", [peer(2n, 7), peer(3n, 8, 4)], []],
  ])("%s", async (_, peers, expected) => {
    const { check, raised } = fakeLeader(OWN, peers);
    await check.checkCompactions();
    expect(raised).toEqual(expected);
  });

  test("what all have checked is not asked for again; where one was missing the next older is", async () => {
    const equal = fakeLeader(OWN, [peer(2n, 7), peer(3n, 7)]);
    await equal.check.checkCompactions();
    await equal.check.checkCompactions();
    expect(equal.asked).toEqual([8]);
    const missing = fakeLeader(OWN, [peer(2n, 7), peer(3n, undefined)]);
    await missing.check.checkCompactions();
    expect(missing.asked).toEqual([8, 3]);
    expect(missing.lines).toContain(
      "warn Skipped peer's hash number-of-peers leader-id peer-id reason",
    );
  });

  test("rests while another member leads, and after stop()", async () => {
    const { check, asked, pass, state } = fakeLeader(OWN, [peer(2n, 7)]);
    check.start();
    state.leads = false;
    await pass();
    expect(asked).toEqual([]);
    state.leads = true;
    await pass();
    expect(asked).toEqual([8]);
    check.stop();
    await pass();
    expect(asked).toEqual([8]);
  });
});

describe("CorruptionCheck.checkHistory()", () => {
  test.each([
    ["all agree", [peer(2n, 7), peer(3n, 7)], []],
    ["a follower differs", [peer(2n, 7), peer(3n, 8)], [3n]],
    ["the leader stands against all", [peer(2n, 8), peer(3n, 8)], [1n]],
    ["the follower of two differs", [peer(2n, 8)], [2n]],
    ["a follower is ahead", [peer(2n, 7), peer(3n, 7, 5, 11)], [3n]],
    ["a follower has compacted more", [peer(2n, 7), peer(3n, 8, 6)], [3n]],
    ["a follower that has compacted less is not compared", [peer(2n, 7), peer(3n, 8, 4)], []],
    ["a silent follower is nobody's fault", [peer(2n, undefined), peer(3n, 7)], []],
  ])("%s", async (_, peers, expected) => {
    const { check, raised } = fakeLeader(OWN, peers);
    await check.checkHistory();
    expect(raised).toEqual(expected);
  });
});
