import { LeaseRecord } from "@nodetcd/messages";
import { expect, test } from "vitest";
import { type Checkpoint, openLessor } from "../src/lease.ts";
import { bytes, open, refusal, revoke } from "./support.ts";

test("grant: refuses a used id, id 0 and a time to live above the maximum; raises one below the minimum", () => {
  const { lessor } = open();
  expect(lessor.grant(1n, 10)).toMatchObject({ id: 1n, ttl: 10, remainingSeconds: 10, keys: [] });
  expect(refusal(() => lessor.grant(1n, 10))).toBe("LEASE_EXISTS");
  expect(refusal(() => lessor.grant(0n, 10))).toBe("LEASE_NOT_FOUND");
  expect(refusal(() => lessor.grant(2n, 9_000_000_001))).toBe("LEASE_TTL_TOO_LARGE");
  expect(lessor.grant(2n, 9_000_000_000).ttl).toBe(9_000_000_000);
  expect(lessor.grant(3n, 1).ttl).toBe(2);
  expect(lessor.grant(4n, -5).ttl).toBe(2);
});

test("grant: the record has etcd's key and value", () => {
  const { lessor, backend } = open();
  lessor.grant(0x1234n, 300);
  expect([...backend.records].map(([key, value]) => `${key} ${value.toString("hex")}`)).toEqual([
    "0000000000001234 08b42410ac02",
  ]);
});

test("openLessor: leases and checkpoints survive, attachments are made anew by the store", () => {
  const { lessor, backend, clock } = open();
  lessor.grant(7n, 100);
  lessor.grant(-9n, 50);
  lessor.attach(7n, bytes("a"));
  lessor.checkpoint(7n, 40);
  const again = openLessor({ backend, clock, minTtlSeconds: 60 });
  expect(again.lookup(7n)).toEqual({ id: 7n, ttl: 100, remainingSeconds: 40, keys: [] });
  expect(again.lookup(-9n)).toMatchObject({ ttl: 60, remainingSeconds: 60 });
  expect(again.list()).toEqual([7n, -9n]);
});

test("openLessor: a record that is no lease is CORRUPT_RECORD, with its key", () => {
  const { lessor, backend, clock } = open();
  lessor.grant(7n, 100);
  backend.put("lease", bytes("k"), Buffer.from([0x08]));
  const opening = (): unknown => openLessor({ backend, clock, minTtlSeconds: 2 });
  expect(refusal(opening)).toBe("CORRUPT_RECORD");
  expect(opening).toThrow('Key 6b of the "lease" bucket');
});

test("checkpoint: is not written when that is switched off", () => {
  const { lessor, backend } = open({ persistCheckpoints: false });
  lessor.grant(7n, 100);
  lessor.checkpoint(7n, 40);
  expect(LeaseRecord.decode([...backend.records.values()][0]!).remainingTtl).toBe(0);
  expect(lessor.lookup(7n)?.remainingSeconds).toBe(40);
  lessor.checkpoint(99n, 40);
});

test("attach, detach, leaseOf: a key has one lease, and only its own lease lets go of it", () => {
  const { lessor } = open();
  lessor.grant(1n, 10);
  lessor.grant(2n, 10);
  lessor.attach(1n, bytes("k\xff"));
  expect(lessor.leaseOf(bytes("k\xff"))).toBe(1n);
  lessor.detach(2n, bytes("k\xff"));
  expect(lessor.leaseOf(bytes("k\xff"))).toBe(1n);
  lessor.attach(2n, bytes("k\xff"));
  expect([lessor.lookup(1n)!.keys.length, lessor.lookup(2n)!.keys.length]).toEqual([0, 1]);
  lessor.detach(2n, bytes("k\xff"));
  expect(lessor.leaseOf(bytes("k\xff"))).toBe(0n);
  expect(refusal(() => lessor.attach(3n, bytes("k")))).toBe("LEASE_NOT_FOUND");
});

test("beginRevoke: deletes the keys in byte order, then the record", () => {
  const { lessor, backend } = open();
  lessor.grant(1n, 10);
  for (const key of ["b", "\xff", "a", "aa", "\x00"]) lessor.attach(1n, bytes(key));
  const deleted = revoke(lessor, 1n, (key) => {
    expect(backend.records.size).toBe(1);
    lessor.detach(1n, key);
  });
  expect(deleted).toEqual(["\x00", "a", "aa", "b", "\xff"]);
  expect([backend.records.size, lessor.leaseOf(bytes("a")), lessor.has(1n)]).toEqual([
    0,
    0n,
    false,
  ]);
  expect(refusal(() => lessor.beginRevoke(1n))).toBe("LEASE_NOT_FOUND");
});

test("Revocation.step: many keys take many steps, and go in order; the lease is there until the last", () => {
  const { lessor } = open();
  lessor.grant(1n, 10);
  const keys = Array.from({ length: 35_000 }, (_, i) => `k${(i * 7919) % 35_000}`);
  for (const key of keys) lessor.attach(1n, bytes(key));
  const revocation = lessor.beginRevoke(1n);
  const deleted: string[] = [];
  const perStep: number[] = [];
  for (let done = false; !done;) {
    expect(lessor.has(1n)).toBe(true);
    const before = deleted.length;
    done = revocation.step((key) => {
      deleted.push(Buffer.from(key).toString("latin1"));
      lessor.detach(1n, key);
    });
    perStep.push(deleted.length - before);
  }
  expect(deleted).toEqual(keys.sort());
  expect(Math.max(...perStep)).toBe(1000);
  expect(perStep.slice(0, 4)).toEqual([0, 0, 0, 1000]);
  expect(lessor.has(1n)).toBe(false);
});

test("onExpired: comes when the time to live is over, on the primary only, and again until revoked", () => {
  const { lessor, clock, expired } = open();
  lessor.grant(1n, 10);
  clock.advance(60_000);
  expect(expired).toEqual([]);
  lessor.promote(1000);
  clock.advance(10_900);
  expect(expired).toEqual([]);
  clock.advance(600);
  expect(expired).toEqual([[1n]]);
  expect(lessor.lookup(1n)?.remainingSeconds).toBe(0);
  clock.advance(2400);
  expect(expired.length).toBe(1);
  clock.advance(1000);
  expect(expired).toEqual([[1n], [1n]]);
  revoke(lessor, 1n);
  clock.advance(10_000);
  expect(expired.length).toBe(2);
});

test("lookup: past its end a lease shows whole seconds rounded towards zero, as real etcd 3.7.1 until it is revoked", () => {
  const { lessor, clock } = open();
  lessor.promote(0);
  lessor.grant(1n, 3);
  const shown: unknown[] = [];
  for (const step of [999, 1, 1, 998, 1, 1, 999, 999, 1, 1000]) {
    clock.advance(step);
    shown.push([clock.monotonic(), lessor.lookup(1n)?.remainingSeconds]);
  }
  const start = clock.monotonic() - 5000;
  expect(shown).toEqual(
    [
      [999, 2],
      [1000, 2],
      [1001, 1],
      [1999, 1],
      [2000, 1],
      [2001, 0],
      [3000, 0],
      [3999, 0],
      [4000, -1],
      [5000, -2],
    ].map(([at, seconds]) => [start + at!, seconds]),
  );
});

test("demote: nothing expires any more, and a later promotion counts from the start again", () => {
  const { lessor, clock, expired } = open();
  lessor.promote(0);
  lessor.grant(1n, 10);
  clock.advance(9000);
  expect(lessor.lookup(1n)?.remainingSeconds).toBe(1);
  lessor.demote();
  clock.advance(60_000);
  expect(expired).toEqual([]);
  expect(lessor.lookup(1n)?.remainingSeconds).toBe(10);
  lessor.promote(0);
  clock.advance(9900);
  expect(expired).toEqual([]);
  clock.advance(700);
  expect(expired).toEqual([[1n]]);
  lessor.close();
  expect(clock.pendingTimers).toBe(0);
});

test("renew: starts anew on the primary; refuses elsewhere, the unknown and the expired", async () => {
  const { lessor, clock, expired } = open();
  lessor.grant(1n, 10);
  expect(refusal(() => lessor.renew(1n))).toBe("NOT_PRIMARY");
  lessor.promote(0);
  expect(refusal(() => lessor.renew(2n))).toBe("LEASE_NOT_FOUND");
  for (let i = 0; i < 5; i++) {
    clock.advance(8000);
    expect(lessor.renew(1n)).toBe(10);
  }
  expect(expired).toEqual([]);
  clock.advance(10_000);
  expect(refusal(() => lessor.renew(1n))).toBe("LEASE_EXPIRED");
  let settled = false;
  const waiting = lessor.settled(1n).then(() => (settled = true));
  await Promise.resolve();
  expect(settled).toBe(false);
  revoke(lessor, 1n);
  await waiting;
  expect(refusal(() => lessor.renew(1n))).toBe("LEASE_NOT_FOUND");
});

test("settled: a demotion ends the waiting too", async () => {
  const { lessor, clock } = open();
  lessor.promote(0);
  lessor.grant(1n, 10);
  clock.advance(11_000);
  const waiting = lessor.settled(1n);
  lessor.demote();
  await waiting;
  expect(refusal(() => lessor.renew(1n))).toBe("NOT_PRIMARY");
  await lessor.settled(1n);
});

test("onCheckpoint: every five minutes of a long lease; a short one has none", () => {
  const { lessor, clock } = open();
  const made: Checkpoint[] = [];
  lessor.onCheckpoint = (checkpoints) => {
    made.push(...checkpoints);
    for (const { id, remainingTtl } of checkpoints) lessor.checkpoint(id, remainingTtl);
  };
  lessor.promote(0);
  lessor.grant(1n, 1000);
  lessor.grant(2n, 300);
  clock.advance(299_000);
  expect(made).toEqual([]);
  clock.advance(701_000);
  expect(made.map(({ id }) => id)).toEqual([1n, 1n, 1n]);
  expect(made.map(({ remainingTtl }) => remainingTtl)).toEqual([700, 400, 100]);
});

test("promote: what a checkpoint left is all that is left; a renewal has to reset it first", () => {
  const { lessor, clock, expired } = open();
  lessor.onCheckpoint = () => undefined;
  lessor.grant(1n, 1000);
  lessor.grant(2n, 1000);
  lessor.checkpoint(1n, 40);
  lessor.checkpoint(2n, 40);
  lessor.promote(2000);
  expect(refusal(() => lessor.renew(2n))).toBe("LEASE_CHECKPOINTED");
  lessor.checkpoint(2n, 0);
  expect(lessor.renew(2n)).toBe(1000);
  clock.advance(42_500);
  expect(expired).toEqual([[1n]]);
  expect(lessor.lookup(2n)?.remainingSeconds).toBe(957);
});

test("onExpired: hands over no more than ten thousand a second, each once", () => {
  const { lessor, clock, expired } = open();
  lessor.promote(0);
  for (let i = 1; i <= 26_000; i++) lessor.grant(BigInt(i), 5);
  lessor.onExpired = (ids) => {
    expired.push(ids);
    for (const id of ids) revoke(lessor, id);
  };
  clock.advance(5000);
  expect(expired.map((ids) => ids.length)).toEqual([5000]);
  clock.advance(3000);
  expect(expired.map((ids) => ids.length)).toEqual([5000, 5000, 5000, 5000, 5000, 1000]);
  expect(new Set(expired.flat()).size).toBe(26_000);
});

test("promote: leases that would all end in one second are spread, none ends early", () => {
  const { lessor, clock, expired } = open();
  for (let i = 1; i <= 30_000; i++) lessor.grant(BigInt(i), 10);
  lessor.promote(1000);
  lessor.onExpired = (ids) => {
    expired.push(ids);
    for (const id of ids) revoke(lessor, id);
  };
  clock.advance(10_999);
  expect(expired).toEqual([]);
  const perSecond: number[] = [];
  for (let second = 0; second < 5; second++) {
    const before = expired.flat().length;
    clock.advance(1000);
    perSecond.push(expired.flat().length - before);
  }
  expect(perSecond).toEqual([7500, 7500, 7500, 7500, 0]);
});

test("recover: takes the leases of another backend and keeps counting on the primary", () => {
  const other = open();
  other.lessor.grant(5n, 10);
  const { lessor, clock, expired } = open();
  lessor.grant(1n, 10);
  lessor.attach(1n, bytes("a"));
  lessor.promote(0);
  lessor.recover(other.backend);
  expect([lessor.list(), lessor.leaseOf(bytes("a"))]).toEqual([[5n], 0n]);
  clock.advance(10_500);
  expect(expired).toEqual([[5n]]);
});
