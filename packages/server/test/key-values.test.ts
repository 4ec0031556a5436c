import { Status } from "@nodetcd/grpc";
import {
  CompareResult,
  CompareTarget,
  type Init,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from "@nodetcd/messages";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TXN_DEPTH_MAX } from "../src/limits.ts";
import {
  bytes,
  dispose,
  failure,
  startTestMember,
  type TestMember,
  text,
} from "./support/member.ts";

const TO_THE_END = Uint8Array.of(0);

describe("KV", () => {
  let member: TestMember;
  beforeEach(async () => {
    member = await startTestMember();
  });
  afterEach(() => dispose(member));

  async function fill(...keys: string[]): Promise<void> {
    for (const key of keys) await member.put(key, `value of ${key}`);
  }

  const keysOf = (reply: { kvs: { key: Uint8Array }[] }): string[] =>
    reply.kvs.map((pair) => text(pair.key));

  test("Put answers header with ids, the new revision and the term", async () => {
    const { header, prevKv } = await member.put("a", "1");
    expect(header).toEqual({
      clusterId: member.member.clusterId,
      memberId: member.member.id,
      revision: 2,
      raftTerm: 2,
    });
    expect(prevKv).toBeUndefined();
  });

  test("Put with prev_kv answers the pair that was replaced", async () => {
    await member.put("a", "1");
    const { prevKv } = await member.put("a", "2", { prevKv: true });
    expect(prevKv && text(prevKv.value)).toBe("1");
    expect(prevKv?.version).toBe(1);
  });

  test("Put with ignore_value keeps the value, with ignore_lease the lease", async () => {
    const { id } = await member.grant(100);
    await member.put("a", "1", { lease: id });
    await member.put("a", "", { ignoreValue: true, lease: 0n });
    expect((await member.range("a")).kvs[0]).toMatchObject({ value: bytes("1"), lease: 0n });
    await member.put("a", "2", { lease: id });
    await member.put("a", "3", { ignoreLease: true });
    expect((await member.range("a")).kvs[0]).toMatchObject({ value: bytes("3"), lease: id });
  });

  test.each([
    ["an empty key", { key: bytes("") }, "etcdserver: key is not provided"],
    ["a value to ignore", { ignoreValue: true }, "etcdserver: value is provided"],
    ["a lease to ignore", { ignoreLease: true, lease: 7n }, "etcdserver: lease is provided"],
    ["no lease to keep", { ignoreLease: true }, "etcdserver: key not found"],
    ["no value to keep", { ignoreValue: true, value: bytes("") }, "etcdserver: key not found"],
  ])("Put refuses %s with etcd's text", async (_, fields, message) => {
    expect(await failure(member.put("missing", "v", fields))).toEqual({
      code: Status.INVALID_ARGUMENT,
      message,
    });
  });

  test("Put refuses a lease that does not exist, and a request that is too large", async () => {
    expect(await failure(member.put("a", "1", { lease: 99n }))).toEqual({
      code: Status.NOT_FOUND,
      message: "etcdserver: requested lease not found",
    });
    const { code, message } = await failure(member.put("a", "x".repeat(1_572_864)));
    expect([code, message]).toEqual([Status.INVALID_ARGUMENT, "etcdserver: request is too large"]);
    expect((await member.range("a")).header?.revision).toBe(1);
  });

  test("Range reads one key, its absence, and a range with count and more", async () => {
    await fill("a", "b", "c", "d");
    expect(await member.range("nothing")).toMatchObject({ kvs: [], count: 0, more: false });
    expect((await member.range("b")).kvs[0]).toEqual({
      key: bytes("b"),
      value: bytes("value of b"),
      createRevision: 3,
      modRevision: 3,
      version: 1,
      lease: 0n,
    });
    const limited = await member.range("a", { rangeEnd: bytes("d"), limit: 2 });
    expect([keysOf(limited), limited.count, limited.more]).toEqual([["a", "b"], 3, true]);
    const exact = await member.range("a", { rangeEnd: bytes("d"), limit: 3 });
    expect([exact.count, exact.more]).toEqual([3, false]);
    expect(keysOf(await member.range("b", { rangeEnd: TO_THE_END }))).toEqual(["b", "c", "d"]);
  });

  test("Range sorts by every target, and ascending when only a target is given", async () => {
    await fill("c", "a", "b");
    await member.put("a", "0");
    const sorted = async (sortTarget: number, sortOrder: number): Promise<string> => {
      const all = { rangeEnd: TO_THE_END, sortTarget, sortOrder };
      return keysOf(await member.range("\0", all)).join("");
    };
    expect(await sorted(SortTarget.KEY, SortOrder.DESCEND)).toBe("cba");
    expect(await sorted(SortTarget.CREATE, SortOrder.ASCEND)).toBe("cab");
    expect(await sorted(SortTarget.MOD, SortOrder.DESCEND)).toBe("abc");
    expect(await sorted(SortTarget.VERSION, SortOrder.DESCEND)).toBe("abc");
    expect(await sorted(SortTarget.VALUE, SortOrder.NONE)).toBe("abc");
    expect(await sorted(SortTarget.CREATE, SortOrder.NONE)).toBe("cab");
    const first = { rangeEnd: TO_THE_END, sortTarget: SortTarget.MOD, limit: 1 };
    const newest = await member.range("\0", { ...first, sortOrder: SortOrder.DESCEND });
    expect([keysOf(newest), newest.more, newest.count]).toEqual([["a"], true, 3]);
  });

  test("Range filters by revisions without changing the count", async () => {
    await fill("a", "b", "c");
    const all = { rangeEnd: TO_THE_END };
    const newer = await member.range("a", { ...all, minModRevision: 3 });
    expect([keysOf(newer), newer.count]).toEqual([["b", "c"], 3]);
    expect(keysOf(await member.range("a", { ...all, maxModRevision: 3 }))).toEqual(["a", "b"]);
    expect(keysOf(await member.range("a", { ...all, minCreateRevision: 4 }))).toEqual(["c"]);
    expect(keysOf(await member.range("a", { ...all, maxCreateRevision: 2 }))).toEqual(["a"]);
  });

  test("Range with keys_only leaves out values and leases, count_only everything", async () => {
    const { id } = await member.grant(100);
    await member.put("a", "1", { lease: id });
    const { kvs } = await member.range("a", { keysOnly: true });
    // The lease, too, is left out: etcd answers this from its index. Not when it sorts by value.
    expect(kvs[0]).toMatchObject({ key: bytes("a"), modRevision: 2, version: 1, lease: 0n });
    const sorted = await member.range("a", { keysOnly: true, sortTarget: SortTarget.VALUE });
    expect(sorted.kvs[0]).toMatchObject({ key: bytes("a"), lease: id, value: new Uint8Array(0) });
    expect(kvs[0]?.value).toHaveLength(0);
    expect(await member.range("a", { countOnly: true })).toMatchObject({ kvs: [], count: 1 });
  });

  test("Range reads the past, and refuses what is compacted or still to come", async () => {
    await fill("a", "b");
    await member.put("a", "new");
    const past = await member.range("a", { revision: 2 });
    expect(past.kvs[0] && text(past.kvs[0].value)).toBe("value of a");
    expect(past.header?.revision).toBe(4);
    await member.compact(3);
    expect(await failure(member.range("a", { revision: 2 }))).toEqual({
      code: Status.OUT_OF_RANGE,
      message: "etcdserver: mvcc: required revision has been compacted",
    });
    expect(await failure(member.range("a", { revision: 9 }))).toEqual({
      code: Status.OUT_OF_RANGE,
      message: "etcdserver: mvcc: required revision is a future revision",
    });
    expect(await failure(member.range("a", { sortOrder: 3 }))).toEqual({
      code: Status.INVALID_ARGUMENT,
      message: "etcdserver: invalid sort option",
    });
    expect((await failure(member.range(""))).message).toBe("etcdserver: key is not provided");
  });

  test("DeleteRange answers how many, and the pairs; nothing deleted leaves the revision", async () => {
    await fill("a", "b", "c");
    const some = await member.delete("a", { rangeEnd: bytes("c"), prevKv: true });
    expect([some.deleted, some.header?.revision]).toEqual([2, 5]);
    expect(some.prevKvs.map((pair) => text(pair.key))).toEqual(["a", "b"]);
    const none = await member.delete("a");
    expect([none.deleted, none.header?.revision]).toEqual([0, 5]);
    expect((await failure(member.delete(""))).message).toBe("etcdserver: key is not provided");
  });

  test("Compact refuses compacted and future revisions; physical waits for the end", async () => {
    await fill("a", "b", "c");
    expect((await member.compact(3, true)).header?.revision).toBe(4);
    expect((await failure(member.compact(3))).message).toBe(
      "etcdserver: mvcc: required revision has been compacted",
    );
    expect((await failure(member.compact(5))).message).toBe(
      "etcdserver: mvcc: required revision is a future revision",
    );
  });

  const keyIs = (key: string, modRevision: number) => ({
    key: bytes(key),
    target: CompareTarget.MOD,
    result: CompareResult.EQUAL,
    modRevision,
  });
  const put = (key: string, value: string) => ({
    requestPut: { key: bytes(key), value: bytes(value) },
  });

  test("Txn takes one branch; its changes share one revision; responses are in order", async () => {
    await fill("a");
    const done = await member.txn({
      compare: [keyIs("a", 2)],
      success: [
        put("b", "1"),
        { requestRange: { key: bytes("b") } },
        { requestDeleteRange: { key: bytes("a"), prevKv: true } },
        { requestRange: { key: bytes("a") } },
      ],
      failure: [put("never", "1")],
    });
    expect([done.succeeded, done.header?.revision]).toEqual([true, 3]);
    expect(done.responses.map((one) => Object.entries(one).find(([, v]) => v)?.[0])).toEqual([
      "responsePut",
      "responseRange",
      "responseDeleteRange",
      "responseRange",
    ]);
    expect(done.responses[1]?.responseRange).toMatchObject({ header: { revision: 3 }, count: 1 });
    expect(done.responses[2]?.responseDeleteRange).toMatchObject({ deleted: 1 });
    expect(done.responses[3]?.responseRange?.count).toBe(0);
    const refused = await member.txn({ compare: [keyIs("a", 2)], success: [put("x", "1")] });
    expect([refused.succeeded, refused.responses, refused.header?.revision]).toEqual([
      false,
      [],
      3,
    ]);
  });

  test("Txn compares every target, ranges of keys, and absent keys", async () => {
    const { id } = await member.grant(100);
    await member.put("a", "1", { lease: id });
    await member.put("b", "5");
    const { GREATER, LESS, NOT_EQUAL, EQUAL } = CompareResult;
    const { VERSION, CREATE, VALUE, LEASE } = CompareTarget;
    const holds = async (compare: object): Promise<boolean> =>
      (await member.txn({ compare: [compare] })).succeeded;
    expect(await holds({ key: bytes("a"), target: VALUE, result: LESS, value: bytes("2") })).toBe(
      true,
    );
    expect(await holds({ key: bytes("a"), target: LEASE, result: EQUAL, lease: id })).toBe(true);
    expect(
      await holds({ key: bytes("a"), target: CREATE, result: GREATER, createRevision: 1 }),
    ).toBe(true);
    expect(await holds({ key: bytes("x"), target: VERSION, result: EQUAL, version: 0 })).toBe(true);
    expect(
      await holds({ key: bytes("x"), target: VALUE, result: NOT_EQUAL, value: bytes("1") }),
    ).toBe(false);
    const both = { key: bytes("a"), rangeEnd: bytes("c"), target: VALUE, result: GREATER };
    expect(await holds({ ...both, value: bytes("0") })).toBe(true);
    expect(await holds({ ...both, value: bytes("1") })).toBe(false);
  });

  test("Txn nests: comparisons come first, the inner header stays empty", async () => {
    const inner = {
      compare: [keyIs("a", 0)],
      success: [put("b", "inner")],
      failure: [put("b", "wrong")],
    };
    const done = await member.txn({ success: [put("a", "1"), { requestTxn: inner }] });
    expect(done.responses[1]?.responseTxn).toMatchObject({
      succeeded: true,
      header: { revision: 0, memberId: 0n },
    });
    expect((await member.range("b")).kvs[0]?.modRevision).toBe(2);
  });

  test("Txn that cannot be done as a whole changes nothing", async () => {
    const lost = { requestPut: { key: bytes("b"), lease: 77n } };
    expect((await failure(member.txn({ success: [put("a", "1"), lost] }))).message).toBe(
      "etcdserver: requested lease not found",
    );
    const future = { requestRange: { key: bytes("a"), revision: 50 } };
    expect((await failure(member.txn({ success: [put("a", "1"), future] }))).message).toBe(
      "etcdserver: mvcc: required revision is a future revision",
    );
    expect(await member.range("a")).toMatchObject({ count: 0, header: { revision: 1 } });
  });

  test("unknown methods answer as grpc-go does, logins while nobody has to log in as etcd does", async () => {
    const call = (path: string, request: Uint8Array = new Uint8Array(0)) =>
      failure(member.transport.unary(path, request));
    expect((await call("/etcdserverpb.KV/Frobnicate")).code).toBe(Status.UNIMPLEMENTED);
    expect((await call("/etcdserverpb.Auth/Authenticate")).message).toBe(
      "etcdserver: authentication is not enabled",
    );
  });

  test("malformed requests are refused and harm nobody", async () => {
    const methods = ["KV/Put", "KV/Range", "KV/Txn", "KV/DeleteRange", "Lease/LeaseGrant"];
    const emptyRequests = ["Lease/LeaseLeases", "Maintenance/Status", "Maintenance/Defragment"];
    for (const path of [...methods, ...emptyRequests]) {
      const { code } = await failure(
        member.transport.unary(`/etcdserverpb.${path}`, Uint8Array.of(0x0a, 0x7f, 1)),
      );
      expect(code).toBe(Status.INTERNAL);
    }
    expect((await member.put("a", "1")).header?.revision).toBe(2);
  });
});

test("Txn nests to a bound of its own, however many operations are allowed", async () => {
  const member = await startTestMember({ maxTxnOps: 1_000_000 });
  const nested = (depth: number): Init<TxnRequest> => {
    let inner: Init<TxnRequest> = { success: [{ requestPut: { key: bytes("deep") } }] };
    for (let i = 0; i < depth; i++) inner = { success: [{ requestTxn: inner }] };
    return inner;
  };
  expect((await member.txn(nested(TXN_DEPTH_MAX))).succeeded).toBe(true);
  expect(await failure(member.txn(nested(TXN_DEPTH_MAX + 1)))).toEqual({
    code: Status.INVALID_ARGUMENT,
    message: "etcdserver: too many operations in txn request",
  });
  await dispose(member);
});
