import { Status } from "@nodetcd/grpc";
import { type Init, RangeRequest, RangeStreamResponse, type RequestOp } from "@nodetcd/messages";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytes, dispose, failure, startTestMember, type TestMember } from "./support/member.ts";

// 2^31 - 1 in earnest.
vi.mock(import("../src/limits.ts"), async (importOriginal) => ({
  ...(await importOriginal()),
  REPLY_BYTES_MAX: 100_000,
  RESPONSE_PART_BYTES: 5_000,
  LARGE_RANGE_BYTES: 20_000,
  RANGE_STREAM_MESSAGE_BYTES: 20_000,
}));

const TOO_LARGE = {
  code: Status.RESOURCE_EXHAUSTED,
  message: expect.stringMatching(
    /^grpc: trying to send message larger than max \(\d+ vs\. 100000\)$/,
  ),
};
const VALUE = "v".repeat(1_000);

let member: TestMember;
beforeEach(async () => {
  member = await startTestMember();
  for (let i = 0; i < 110; i++) await member.put(`k${i}`, VALUE);
});
afterEach(() => dispose(member));

const all = { key: bytes("k"), rangeEnd: bytes("l") };

/** A put, then so many ranges of 11 KB, nested in transactions. */
function ranges(transactions: number, each: number): Init<RequestOp>[] {
  const one = { requestRange: { key: bytes("k1"), rangeEnd: bytes("k19") } };
  const success = Array.from({ length: each }, () => one);
  const nested = Array.from({ length: transactions }, () => ({ requestTxn: { success } }));
  return [{ requestPut: { key: bytes("said"), value: bytes("v") } }, ...nested];
}

test("a reply that nobody could be sent is not built: the call fails, what it changes is changed", async () => {
  expect(await failure(member.txn({ success: ranges(60, 60) }))).toEqual(TOO_LARGE);
  expect((await member.range("said")).count).toBe(1);
  const half = (await member.txn({ success: ranges(2, 2) })).responses;
  expect(half[2]!.responseTxn!.responses.map((each) => each.responseRange!.kvs.length)).toEqual([
    20, 20,
  ]);
  expect(await failure(member.range("k", all))).toEqual(TOO_LARGE);
  const read = { success: Array.from({ length: 9 }, () => ({ requestRange: all })) };
  expect(await failure(member.txn(read))).toEqual(TOO_LARGE);
  expect(await failure(member.txn({ success: [{ requestRange: all }] }))).toEqual(TOO_LARGE);
});

test("a deletion whose previous pairs are too many deletes them all the same", async () => {
  const deletion = { ...all, prevKv: true };
  const { header } = await member.put("l", "v");
  expect(await failure(member.delete("k", deletion))).toEqual(TOO_LARGE);
  expect(await member.range("k", all)).toMatchObject({
    count: 0,
    header: { revision: header!.revision + 1 },
  });
  for (let i = 0; i < 110; i++) await member.put(`k${i}`, VALUE);
  const success = [{ requestDeleteRange: deletion }, { requestPut: { key: bytes("l") } }];
  expect(await failure(member.txn({ success }))).toEqual(TOO_LARGE);
  expect(await member.range("k", all)).toMatchObject({ count: 0 });
  for (let i = 0; i < 80; i++) await member.put(`k${i}`, VALUE);
  expect((await member.delete("k", deletion)).prevKvs.length).toBe(80);
});

test("a message of RangeStream has an end, also where large pairs come after very many small ones", async () => {
  for (let i = 0; i < 600; i++) await member.put(`a${i}`, "");
  const call = member.stream("etcdserverpb.KV/RangeStream", RangeStreamResponse);
  call.send(RangeRequest.encode({ key: bytes("a"), rangeEnd: bytes("l") }));
  call.halfClose();
  let keys = 0;
  for (let count = -1; count !== keys;) {
    const message = await call.next();
    expect(RangeStreamResponse.encode(message).length).toBeLessThan(25_000);
    keys += message.rangeResponse!.kvs.length;
    count = message.rangeResponse!.count;
  }
  expect(keys).toBe(710);
});
