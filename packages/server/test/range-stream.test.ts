import { Status, type StreamCall } from "@nodetcd/grpc";
import { type Init, RangeRequest, RangeStreamResponse, SortOrder } from "@nodetcd/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytes, dispose, startTestMember, type TestMember, text } from "./support/member.ts";
import { UNREAD_CALL } from "./support/unread-call.ts";

const KEYS = 5_000;

describe("RangeStream, and ranges that are answered in slices", () => {
  let member: TestMember;
  beforeAll(async () => {
    member = await startTestMember({ maxRequestBytes: 64 * 1024 });
    for (let first = 0; first < KEYS; first += 100) {
      const success = Array.from({ length: 100 }, (_, i) => ({
        requestPut: {
          key: bytes(`k${String(first + i).padStart(5, "0")}`),
          value: bytes("v".repeat(50)),
        },
      }));
      await member.txn({ success });
    }
  });
  afterAll(() => dispose(member));

  async function stream(fields: Init<RangeRequest>): Promise<RangeStreamResponse[]> {
    const call = member.stream("etcdserverpb.KV/RangeStream", RangeStreamResponse);
    call.send(RangeRequest.encode({ key: bytes("k"), rangeEnd: bytes("l"), ...fields }));
    call.halfClose();
    const responses: RangeStreamResponse[] = [];
    try {
      for (;;) responses.push(await call.next());
    } catch {
      expect((await call.ended).code).toBe(Status.OK);
      return responses;
    }
  }

  const keysOf = (responses: RangeStreamResponse[]): string[] =>
    responses.flatMap(
      ({ rangeResponse }) => rangeResponse?.kvs.map((pair) => text(pair.key)) ?? [],
    );

  test("gives all keys in chunks of about the request limit; only the last has header and count", async () => {
    const responses = await stream({});
    expect(keysOf(responses)).toHaveLength(KEYS);
    expect(responses[0]?.rangeResponse?.kvs).toHaveLength(10);
    const last = responses.at(-1)?.rangeResponse;
    expect(last).toMatchObject({ count: KEYS, more: false, header: { revision: KEYS / 100 + 1 } });
    for (const { rangeResponse } of responses.slice(0, -1)) {
      expect([rangeResponse?.header, rangeResponse?.count]).toEqual([undefined, 0]);
    }
    const sizes = responses.map((response) => RangeStreamResponse.encode(response).length);
    expect(Math.max(...sizes)).toBeLessThan(2.5 * 64 * 1024);
  });

  test("stops at the limit, with more and the count of all", async () => {
    const responses = await stream({ limit: 1_234 });
    expect(keysOf(responses)).toHaveLength(1_234);
    expect(responses.at(-1)?.rangeResponse).toMatchObject({ more: true, count: KEYS });
    expect((await stream({ countOnly: true }))[0]?.rangeResponse).toMatchObject({
      count: KEYS,
      kvs: [],
    });
  });

  test("is of one revision, whatever is written while the client takes it", async () => {
    const { header } = await member.range("k");
    const responses: RangeStreamResponse[] = [];
    let finished = false;
    const call: StreamCall = {
      ...UNREAD_CALL,
      send: (message) => responses.push(RangeStreamResponse.decode(message)) > 1e6,
      finish: () => (finished = true),
    };
    member.member.services.find("/etcdserverpb.KV/RangeStream")?.streamHandler?.(call);
    call.onMessage(RangeRequest.encode({ key: bytes("k"), rangeEnd: bytes("l") }));
    for (let taken = 0; !finished; taken++) {
      await expect.poll(() => responses.length).toBeGreaterThan(taken);
      await member.put(`k99${taken}`, "new");
      await member.put("k04999", `changed ${taken}`);
      call.onDrain();
    }
    expect(keysOf(responses)).toHaveLength(KEYS);
    const last = responses.at(-1)?.rangeResponse;
    expect(last).toMatchObject({ count: KEYS, header: { revision: header?.revision } });
    expect(last?.kvs.at(-1)?.modRevision).toBeLessThanOrEqual(header?.revision ?? 0);
    await member.delete("k9", { rangeEnd: bytes("l") });
  });

  test("refuses what it cannot do in order", async () => {
    const refused = async (fields: Init<RangeRequest>): Promise<unknown> => {
      const call = member.stream("etcdserverpb.KV/RangeStream", RangeStreamResponse);
      call.send(RangeRequest.encode({ key: bytes("k"), ...fields }));
      call.halfClose();
      return call.ended;
    };
    expect(await refused({ sortOrder: SortOrder.DESCEND })).toMatchObject({
      code: Status.UNIMPLEMENTED,
      message: "RangeStream does not support custom sort orders",
    });
    expect(await refused({ minModRevision: 1 })).toMatchObject({
      message: "RangeStream does not support revision filters",
    });
    expect(await refused({ revision: 1_000_000 })).toMatchObject({ code: Status.OUT_OF_RANGE });
  });

  test("Range answers the same in one message", async () => {
    const all = await member.range("k", { rangeEnd: bytes("l") });
    expect(all).toMatchObject({ count: KEYS, more: false });
    expect(all.kvs.map((pair) => text(pair.key))).toEqual(keysOf(await stream({})));
    const some = await member.range("k", { rangeEnd: bytes("l"), limit: 3_000, keysOnly: true });
    expect(some).toMatchObject({ count: KEYS, more: true });
    expect(some.kvs).toHaveLength(3_000);
  });
});
