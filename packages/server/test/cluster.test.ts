import type { RegistryPair } from "@nodetcd/membership";
import { METHODS } from "@nodetcd/messages";
import { afterEach, describe, expect, test } from "vitest";
import type { RegistryConfig } from "../src/config.ts";
import { call, TestCluster } from "./support/cluster.ts";
import { failure, text, type TestMember } from "./support/member.ts";

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.dispose();
  cluster = undefined;
});

/** Waits until all running members have applied the same, and compares their histories. */
async function expectEqual(members: readonly TestMember[]): Promise<void> {
  const last = (): number => Math.max(...members.map(({ member }) => member.status().revision));
  const behind = (): boolean => members.some(({ member }) => member.status().revision < last());
  while (behind()) await new Promise((resolve) => setTimeout(resolve, 20));
  const hashes = await Promise.all(members.map((m) => call(m, METHODS.Maintenance.HashKV, {})));
  expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
}

describe("a cluster of three", () => {
  test("every member takes writes and reads what others acknowledged", async () => {
    cluster = await TestCluster.start(3);
    for (const [i, member] of cluster.running.entries()) {
      await member.put("key", `by m${i}`);
      for (const reader of cluster.running) {
        expect(text((await reader.range("key")).kvs[0]!.value)).toBe(`by m${i}`);
      }
    }
    const { members } = await call(cluster.running[0]!, METHODS.Cluster.MemberList, {
      linearizable: true,
    });
    expect(members.map(({ name }) => name).toSorted()).toEqual(["m0", "m1", "m2"]);
    await expectEqual(cluster.running);
  });

  test("goes on without its leader, which catches up when it is back", async () => {
    cluster = await TestCluster.start(3);
    const leader = await cluster.leader();
    await cluster.stop(leader);
    const next = cluster.members[await cluster.leader()]!;
    for (let i = 0; i < 20; i++) await next.put(`k${i}`, "v");
    const back = await cluster.restart(leader);
    expect((await back.range("k19")).kvs).toHaveLength(1);
    await expectEqual(cluster.running);
  });

  test("a member that is too far behind gets the leader's database", async () => {
    cluster = await TestCluster.start(3, { snapshotCount: 50, snapshotCatchupEntries: 5 });
    const leader = await cluster.leader();
    const behind = (leader + 1) % 3;
    const { revision: from } = (await cluster.members[behind]!.put("seen", "1")).header!;
    const stream = cluster.members[behind]!.member.status();
    expect(stream.revision).toBe(from);
    await cluster.stop(behind);
    const writer = cluster.members[leader]!;
    for (let i = 0; i < 300; i++) await writer.put(`k${i % 20}`, `${i}`);
    const { id } = await writer.grant(600);
    await writer.put("leased", "1", { lease: id });
    const back = await cluster.restart(behind);
    expect(text((await back.range("k19")).kvs[0]!.value)).toBe("299");
    await expectEqual(cluster.running);
    const ttl = await call(back, METHODS.Lease.LeaseTimeToLive, { id, keys: true });
    expect(ttl.keys.map(text)).toEqual(["leased"]);
    await back.put("after", "1");
    await cluster.stop(behind);
    await cluster.restart(behind);
    await expectEqual(cluster.running);
  });

  test("leases are renewed and counted through any member", async () => {
    cluster = await TestCluster.start(3);
    const follower = cluster.members[((await cluster.leader()) + 1) % 3]!;
    const { id } = await follower.grant(60);
    const stream = follower.stream(
      METHODS.Lease.LeaseKeepAlive.path.slice(1),
      METHODS.Lease.LeaseKeepAlive.response,
    );
    stream.send(METHODS.Lease.LeaseKeepAlive.request.encode({ id }));
    expect(await stream.next()).toMatchObject({ id, ttl: 60 });
    stream.send(METHODS.Lease.LeaseKeepAlive.request.encode({ id: 12345n }));
    expect(await stream.next()).toMatchObject({ id: 12345n, ttl: 0 });
    stream.cancel();
    const found = await call(follower, METHODS.Lease.LeaseTimeToLive, { id });
    expect(found.grantedTtl).toBe(60);
    expect(found.ttl).toBeGreaterThan(50);
  });

  test("moves its leader on request", async () => {
    cluster = await TestCluster.start(3);
    const leader = await cluster.leader();
    const target = cluster.members[(leader + 1) % 3]!;
    const refused = failure(
      call(target, METHODS.Maintenance.MoveLeader, { targetId: target.member.id }),
    );
    expect(await refused).toMatchObject({ message: "etcdserver: not leader" });
    await call(cluster.members[leader]!, METHODS.Maintenance.MoveLeader, {
      targetId: target.member.id,
    });
    expect(await cluster.leader()).toBe((leader + 1) % 3);
  });
});

describe("discovery", () => {
  /** A registry in memory, of a cluster of `size`; `size` "" is none. */
  function registry(size: string): RegistryConfig {
    const pairs: RegistryPair[] = [];
    const isUnder =
      (prefix: string) =>
      ({ key }: RegistryPair): boolean =>
        key.startsWith(prefix);
    return {
      token: "token",
      open: () => ({
        get: async (key) =>
          key.endsWith("/size") && size !== ""
            ? { key, value: size, createRevision: 1 }
            : undefined,
        list: async (prefix) => ({ pairs: pairs.filter(isUnder(prefix)), revision: pairs.length }),
        put: async (key, value) => {
          if (!pairs.some((pair) => pair.key === key)) {
            pairs.push({ key, value, createRevision: pairs.length + 1 });
          }
        },
        async *watch(_, from) {
          for (let next = from; ; await new Promise((resolve) => void setTimeout(resolve, 10))) {
            for (; next <= pairs.length; next++) yield [pairs[next - 1]!];
          }
        },
        close: () => undefined,
      }),
    };
  }

  test("members that know nobody find each other in a registry", async () => {
    cluster = await TestCluster.start(3, { registry: registry("3") });
    await cluster.running[0]!.put("key", "value");
    await expectEqual(cluster.running);
    const { members } = await call(cluster.running[0]!, METHODS.Cluster.MemberList, {});
    expect(members).toHaveLength(3);
  });

  test("what the registry refuses keeps a member from starting, in etcd's words", async () => {
    for (const [size, text] of [
      ["", "discovery: size key not found"],
      ["x", "discovery: size key is bad"],
    ] as const) {
      await expect(TestCluster.start(1, { registry: registry(size) })).rejects.toMatchObject({
        code: "BAD_CONFIG",
        message: `failed to join discovery cluster (${text})`,
      });
    }
  });
});

describe("membership", () => {
  test("one grows to two and back; the removed member ends", async () => {
    // A removal is refused for five seconds after a member has come.
    cluster = await TestCluster.start(1, { strictReconfigCheck: false });
    const first = cluster.members[0]!;
    await first.put("a", "1");
    const added = await cluster.add(first);
    const second = await cluster.restart(added);
    expect(text((await second.range("a")).kvs[0]!.value)).toBe("1");
    await second.put("b", "2");
    await expectEqual(cluster.running);
    await call(first, METHODS.Cluster.MemberRemove, { id: second.member.id });
    expect((await second.member.failed).message).toBe(
      "the member has been permanently removed from the cluster",
    );
    await first.put("c", "3");
    const again = failure(call(first, METHODS.Cluster.MemberRemove, { id: second.member.id }));
    expect(await again).toMatchObject({ code: 5, message: "etcdserver: member not found" });
  });

  test("a learner answers little, and is promoted through a follower once it is ready", async () => {
    cluster = await TestCluster.start(1);
    const first = cluster.members[0]!;
    await first.put("a", "1");
    const added = await cluster.add(first, true);
    const id = (await call(first, METHODS.Cluster.MemberList, {})).members.find(
      ({ isLearner }) => isLearner,
    )!.id;
    const early = failure(call(first, METHODS.Cluster.MemberPromote, { id }));
    expect(await early).toMatchObject({
      code: 9,
      message: "etcdserver: can only promote a learner member which is in sync with leader",
    });
    const learner = await cluster.restart(added);
    expect(await failure(learner.put("b", "2"))).toMatchObject({
      code: 9,
      message: "etcdserver: rpc not supported for learner",
    });
    expect((await learner.range("a", { serializable: true })).kvs).toHaveLength(1);
    await expect
      .poll(() => call(first, METHODS.Cluster.MemberPromote, { id }).then(() => "promoted", String))
      .toBe("promoted");
    // It answers as a voter once it has applied that it is one.
    await expect.poll(() => learner.put("b", "2").then(() => "put", String)).toBe("put");
    await expectEqual(cluster.running);
  });
});
