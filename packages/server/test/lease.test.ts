import { Status } from "@nodetcd/grpc";
import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "@nodetcd/messages";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeClock, nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dispose, failure, startTestMember, type TestMember, text } from "./support/member.ts";

describe("Lease", () => {
  let member: TestMember;
  beforeAll(async () => {
    member = await startTestMember();
  });
  afterAll(() => dispose(member));

  const revoke = (id: bigint) =>
    member.call("etcdserverpb.Lease/LeaseRevoke", LeaseRevokeRequest, LeaseRevokeResponse, { id });
  const timeToLive = (id: bigint, keys = false) =>
    member.call(
      "etcdserverpb.Lease/LeaseTimeToLive",
      LeaseTimeToLiveRequest,
      LeaseTimeToLiveResponse,
      { id, keys },
    );

  test("grant chooses a positive id, raises a short TTL to 2 s, and takes the id that is given", async () => {
    const chosen = await member.grant(1);
    expect(chosen.id).toBeGreaterThan(0n);
    expect(chosen.ttl).toBe(2);
    expect(await member.grant(100, 4711n)).toMatchObject({ id: 4711n, ttl: 100, error: "" });
    expect(await failure(member.grant(100, 4711n))).toEqual({
      code: Status.FAILED_PRECONDITION,
      message: "etcdserver: lease already exists",
    });
    expect(await failure(member.grant(9_000_000_001))).toEqual({
      code: Status.OUT_OF_RANGE,
      message: "etcdserver: too large lease TTL",
    });
  });

  test("time to live tells what is left and the keys; an unknown lease has TTL -1", async () => {
    const { id } = await member.grant(100);
    await member.put("l2", "1", { lease: id });
    await member.put("l1", "1", { lease: id });
    const known = await timeToLive(id, true);
    expect(known).toMatchObject({ id, grantedTtl: 100 });
    expect(known.ttl).toBeGreaterThan(97);
    expect(known.keys.map(text)).toEqual(["l1", "l2"]);
    expect((await timeToLive(id)).keys).toEqual([]);
    expect(await timeToLive(12345n)).toMatchObject({ id: 12345n, ttl: -1, grantedTtl: 0 });
  });

  test("revoke deletes the keys with one revision; a second one is not found", async () => {
    const { id } = await member.grant(100);
    await member.put("r1", "1", { lease: id });
    const { header } = await member.put("r2", "1", { lease: id });
    const revoked = await revoke(id);
    expect(revoked.header?.revision).toBe((header?.revision ?? 0) + 1);
    expect(await member.range("r1", { rangeEnd: Buffer.from("r3") })).toMatchObject({ count: 0 });
    expect(await failure(revoke(id))).toEqual({
      code: Status.NOT_FOUND,
      message: "etcdserver: requested lease not found",
    });
  });

  test("a put without the lease takes the key out of it", async () => {
    const { id } = await member.grant(100);
    await member.put("moved", "1", { lease: id });
    await member.put("moved", "2");
    await revoke(id);
    expect((await member.range("moved")).count).toBe(1);
  });

  test("keep-alive renews on one stream; an unknown lease has TTL 0 and the stream goes on", async () => {
    const { id } = await member.grant(50);
    const stream = member.stream("etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse);
    stream.send(LeaseKeepAliveRequest.encode({ id: 999n }));
    expect(await stream.next()).toMatchObject({ id: 999n, ttl: 0 });
    stream.send(LeaseKeepAliveRequest.encode({ id }));
    const renewed = await stream.next();
    expect(renewed).toMatchObject({ id, ttl: 50 });
    expect(renewed.header?.memberId).toBe(member.member.id);
    stream.halfClose();
    expect((await stream.ended).code).toBe(Status.OK);
  });

  test("keep-alive answers all that was asked, in its order, before it ends", async () => {
    const { id } = await member.grant(50);
    const stream = member.stream("etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse);
    const asked = [id, 998n, ...Array.from({ length: 3000 }, () => id), 999n];
    for (const each of asked) stream.send(LeaseKeepAliveRequest.encode({ id: each }));
    stream.halfClose();
    const answered: bigint[] = [];
    for (const _ of asked) answered.push((await stream.next()).id);
    expect(answered).toEqual(asked);
    expect((await stream.ended).code).toBe(Status.OK);
  });

  test("leases are listed, the one that ends first first", async () => {
    const { id: late } = await member.grant(5_000);
    const { id: soon } = await member.grant(30);
    const { leases } = await member.call(
      "etcdserverpb.Lease/LeaseLeases",
      LeaseLeasesRequest,
      LeaseLeasesResponse,
      {},
    );
    const ids = leases.map((lease) => lease.id);
    expect(ids.indexOf(soon)).toBeGreaterThanOrEqual(0);
    expect(ids.indexOf(soon)).toBeLessThan(ids.indexOf(late));
  });

  test("a lease that is not renewed ends with its keys", async () => {
    const { id } = await member.grant(2);
    await member.put("mortal", "1", { lease: id });
    const deadline = Date.now() + 6_000;
    while ((await member.range("mortal")).count > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await member.range("mortal")).count).toBe(0);
    expect((await timeToLive(id)).ttl).toBe(-1);
  });
});

describe("A lease between its end and its revocation", () => {
  /** A clock that jumps when told to, and whose ticks of 500 ms, that of leases among them, are held. */
  let jumpedMs = 0;
  const heldTicks: (() => void)[] = [];
  const clock: Clock = {
    ...nodeClock,
    monotonic: () => nodeClock.monotonic() + jumpedMs,
    setRepeating: (intervalMs, callback) => {
      if (intervalMs !== 500) return nodeClock.setRepeating(intervalMs, callback);
      heldTicks.push(callback);
      return { cancel: () => undefined };
    },
  };

  test("has TTL 0, then below, with its granted time and keys, as real etcd 3.7.1; -1 alone once revoked", async () => {
    const member = await startTestMember({}, silentLogger, { ...nodeRuntime, clock });
    try {
      const timeToLive = () =>
        member.call(
          "etcdserverpb.Lease/LeaseTimeToLive",
          LeaseTimeToLiveRequest,
          LeaseTimeToLiveResponse,
          { id: 7n, keys: true },
        );
      await member.grant(100, 7n);
      await member.put("attached", "1", { lease: 7n });
      jumpedMs += 100_000;
      const past = await timeToLive();
      expect(past).toMatchObject({ id: 7n, ttl: 0, grantedTtl: 100 });
      expect(past.keys.map(text)).toEqual(["attached"]);
      jumpedMs += 2_500;
      expect(await timeToLive()).toMatchObject({ ttl: -2, grantedTtl: 100 });

      for (const tick of heldTicks) tick();
      while ((await member.range("attached")).count > 0) await nodeClock.yield();
      expect(await timeToLive()).toMatchObject({ id: 7n, ttl: -1, grantedTtl: 0, keys: [] });
    } finally {
      await dispose(member);
    }
  });
});
