import { Status } from "@nodetcd/grpc";
import {
  CampaignRequest,
  CampaignResponse,
  LeaderRequest,
  LeaderResponse,
  LockRequest,
  LockResponse,
  ProclaimRequest,
  ProclaimResponse,
  ResignRequest,
  ResignResponse,
  UnlockRequest,
  UnlockResponse,
} from "@nodetcd/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bytes,
  dispose,
  failure,
  startTestMember,
  type TestMember,
  text,
} from "./support/member.ts";

const ELECTION = "v3electionpb.Election";

describe("Lock and Election", () => {
  let member: TestMember;
  beforeAll(async () => {
    member = await startTestMember();
  });
  afterAll(() => dispose(member));

  const lock = (name: string, lease: bigint) =>
    member.call("v3lockpb.Lock/Lock", LockRequest, LockResponse, { name: bytes(name), lease });
  const unlock = (key: Uint8Array) =>
    member.call("v3lockpb.Lock/Unlock", UnlockRequest, UnlockResponse, { key });
  const campaign = (name: string, value: string, lease: bigint) =>
    member.call(`${ELECTION}/Campaign`, CampaignRequest, CampaignResponse, {
      name: bytes(name),
      value: bytes(value),
      lease,
    });
  const leader = (name: string) =>
    member.call(`${ELECTION}/Leader`, LeaderRequest, LeaderResponse, { name: bytes(name) });

  test("a lock is held by one at a time, in the order of asking", async () => {
    const leases = [await member.grant(100), await member.grant(100), await member.grant(100)];
    const first = await lock("l", leases[0]!.id);
    expect(text(first.key)).toBe(`l/${leases[0]!.id.toString(16)}`);
    expect(text((await lock("l", leases[0]!.id)).key)).toBe(text(first.key));
    const order: number[] = [];
    const waiting = [1, 2].map(async (i) => {
      if (i === 2) await new Promise((resolve) => setTimeout(resolve, 50));
      const held = await lock("l", leases[i]!.id);
      order.push(i);
      await unlock(held.key);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(order).toEqual([]);
    expect((await unlock(first.key)).header?.memberId).toBe(member.member.id);
    await Promise.all(waiting);
    expect(order).toEqual([1, 2]);
  });

  test("without a lease one of 60 s is made; an unknown lease is refused", async () => {
    const { key } = await lock("auto", 0n);
    expect(text(key)).toMatch(/^auto\/[0-9a-f]+$/);
    await unlock(key);
    expect(await failure(lock("bad", 404n))).toEqual({
      code: Status.UNKNOWN,
      message: "etcdserver: requested lease not found",
    });
  });

  test("a client that goes away leaves the queue", async () => {
    const [held, gone] = [await member.grant(100), await member.grant(100)];
    const { key } = await lock("q", held.id);
    const stream = member.transport.stream("/v3lockpb.Lock/Lock");
    stream.send(LockRequest.encode({ name: bytes("q"), lease: gone.id }));
    stream.halfClose();
    const queued = () => member.range("q/", { rangeEnd: bytes("q0"), countOnly: true });
    while ((await queued()).count < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    stream.cancel();
    while ((await queued()).count > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await unlock(key);
  });

  test("an election: campaign, leader, proclaim, observe, resign, and the next one", async () => {
    const [a, b] = [await member.grant(100), await member.grant(100)];
    expect((await failure(leader("e"))).message).toBe("election: no leader");
    const observer = member.stream(`${ELECTION}/Observe`, LeaderResponse);
    observer.send(LeaderRequest.encode({ name: bytes("e") }));
    const observed = async () => text((await observer.next()).kv?.value ?? bytes("?"));

    const elected = await campaign("e", "A", a.id);
    expect(elected.leader).toMatchObject({ name: bytes("e"), lease: a.id });
    expect(await observed()).toBe("A");
    const next = campaign("e", "B", b.id);
    const proclaim = (value: string) =>
      member.call(`${ELECTION}/Proclaim`, ProclaimRequest, ProclaimResponse, {
        leader: elected.leader,
        value: bytes(value),
      });
    await proclaim("A2");
    expect(text((await leader("e")).kv?.value ?? bytes(""))).toBe("A2");
    expect(await observed()).toBe("A2");
    await member.call(`${ELECTION}/Resign`, ResignRequest, ResignResponse, {
      leader: elected.leader,
    });
    expect((await next).leader?.lease).toBe(b.id);
    expect(await observed()).toBe("B");
    expect((await failure(proclaim("late"))).message).toBe("election: not leader");
    const nothing = member.call(`${ELECTION}/Resign`, ResignRequest, ResignResponse, {});
    expect(await failure(nothing)).toEqual({
      code: Status.UNKNOWN,
      message: '"leader" field must be provided',
    });
    observer.cancel();
  });
});
