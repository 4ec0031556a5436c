import { Status, type StreamCall } from "@nodetcd/grpc";
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
import { UNREAD_CALL } from "./support/unread-call.ts";

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

  test("Observe holds back while its client takes nothing, and tells all of it later", async () => {
    const { id } = await member.grant(100);
    const { leader: elected } = await campaign("slow", "0", id);
    const told: string[] = [];
    const call: StreamCall = {
      ...UNREAD_CALL,
      send(message) {
        told.push(text(LeaderResponse.decode(message).kv?.value ?? bytes("?")));
        return told.length > 3;
      },
    };
    member.member.services.find(`/${ELECTION}/Observe`)?.streamHandler?.(call);
    call.onMessage(LeaderRequest.encode({ name: bytes("slow") }));
    for (const value of ["1", "2", "3", "4"]) {
      await member.call(`${ELECTION}/Proclaim`, ProclaimRequest, ProclaimResponse, {
        leader: elected ?? {},
        value: bytes(value),
      });
    }
    const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
    await pause();
    expect(told).toEqual(["0"]);
    for (let drains = 0; drains < 3; drains++) {
      call.onDrain();
      await pause();
    }
    expect(told).toEqual(["0", "1", "2", "3", "4"]);
    call.onCancel?.();
  });

  test("a candidate whose client goes away withdraws", async () => {
    const [leads, gone] = [await member.grant(100), await member.grant(100)];
    await campaign("w", "A", leads.id);
    const stream = member.transport.stream(`/${ELECTION}/Campaign`);
    stream.send(CampaignRequest.encode({ name: bytes("w"), value: bytes("B"), lease: gone.id }));
    stream.halfClose();
    const candidates = async () =>
      (await member.range("w/", { rangeEnd: bytes("w0"), countOnly: true })).count;
    await expect.poll(candidates).toBe(2);
    stream.cancel();
    await expect.poll(candidates).toBe(1);
  });

  test("Proclaim and Resign refuse a leader without a key, and change nothing", async () => {
    const call = { leader: {} };
    const expected = { code: Status.UNKNOWN, message: "etcdserver: key is not provided" };
    const { header } = await member.range("any");
    const proclaimed = member.call(`${ELECTION}/Proclaim`, ProclaimRequest, ProclaimResponse, call);
    expect(await failure(proclaimed)).toEqual(expected);
    const resigned = member.call(`${ELECTION}/Resign`, ResignRequest, ResignResponse, call);
    expect(await failure(resigned)).toEqual(expected);
    expect((await member.range("\0", { rangeEnd: bytes("\0") })).header).toEqual(header);
  });

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

  test("a client that goes away and asks again in the same breath queues anew", async () => {
    const [held, again] = [await member.grant(100), await member.grant(100)];
    const queued = async () =>
      (await member.range("s/", { rangeEnd: bytes("s0"), countOnly: true })).count;
    const { key } = await lock("s", held.id);
    const stream = member.transport.stream("/v3lockpb.Lock/Lock");
    stream.send(LockRequest.encode({ name: bytes("s"), lease: again.id }));
    stream.halfClose();
    await expect.poll(queued).toBe(2);
    stream.cancel();
    const second = lock("s", again.id);
    await expect.poll(queued).toBe(2);
    await unlock(key);
    expect(text((await second).key)).toBe(`s/${again.id.toString(16)}`);
  });

  test("an election: campaign, leader, proclaim, observe, resign, and the next one", async () => {
    const [a, b] = [await member.grant(100), await member.grant(100)];
    expect((await failure(leader("e"))).message).toBe("election: no leader");
    const observer = member.stream(`${ELECTION}/Observe`, LeaderResponse);
    observer.send(LeaderRequest.encode({ name: bytes("e") }));
    observer.halfClose();
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
