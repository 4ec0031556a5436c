import { LocalTransport, Status } from "@nodetcd/grpc";
import {
  CompactionRequest,
  type Init,
  RangeRequest,
  RangeResponse,
  SortOrder,
} from "@nodetcd/messages";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeClock, nodeRuntime } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bytes,
  dispose,
  failure,
  startTestMember,
  type TestMember,
  text,
} from "./support/member.ts";

const KEYS = 1_500;
const SEED = Number(process.env["SEED"] ?? 20);
const RANGE = "/etcdserverpb.KV/Range";
const keyName = (i: number): string => `k${String(i).padStart(5, "0")}`;

/** A clock on which time flies while `hurried`: each slice of a read is over when it looks at it. */
let hurried = false;
let ahead = 0;
const clock: Clock = {
  ...nodeClock,
  monotonic: () => nodeClock.monotonic() + (hurried ? (ahead += 4) : ahead),
};

describe(`Ranges that are read in slices (SEED=${SEED})`, () => {
  const random = new SeededRandom(SEED);
  let member: TestMember;
  let middle = 0;

  /** Puts each key about once, in some order, with values and versions that are often the same. */
  async function change(puts: number): Promise<void> {
    for (let i = 0; i < puts; i += 50) {
      const keys = new Set<string>();
      while (keys.size < 50) keys.add(keyName(random.below(KEYS)));
      const success = [...keys].map((key) => ({
        requestPut: { key: bytes(key), value: bytes("v".repeat(random.below(12))) },
      }));
      await member.txn({ success });
    }
  }

  beforeAll(async () => {
    member = await startTestMember({}, silentLogger, { ...nodeRuntime, clock });
    const { id } = await member.grant(10_000);
    for (let i = 0; i < KEYS; i += 100) {
      const success = Array.from({ length: 100 }, (_, j) => ({
        requestPut: { key: bytes(keyName(i + j)), value: bytes("first"), lease: j === 7 ? id : 0n },
      }));
      await member.txn({ success });
    }
    await change(KEYS);
    middle = (await member.delete("k00300", { rangeEnd: bytes("k00400") })).header!.revision;
    await change(KEYS / 2);
  });
  afterAll(() => dispose(member));

  const whole = { key: bytes("k"), rangeEnd: bytes("l") };

  async function inSlices(fields: Init<RangeRequest>): Promise<RangeResponse> {
    hurried = true;
    try {
      const reply = await member.transport.unary(
        RANGE,
        RangeRequest.encode({ ...whole, ...fields }),
      );
      return RangeResponse.decode(new Uint8Array(reply));
    } finally {
      hurried = false;
    }
  }

  /** The same within a transaction, which reads at one go. */
  async function atOnce(fields: Init<RangeRequest>): Promise<RangeResponse> {
    const { responses } = await member.txn({
      success: [{ requestRange: { ...whole, ...fields } }],
    });
    return responses[0]!.responseRange!;
  }

  const requests: Init<RangeRequest>[] = [];
  for (const sortTarget of [0, 1, 2, 3, 4]) {
    for (const sortOrder of [SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND]) {
      for (const limit of [0, 1, 700, KEYS + 1]) {
        requests.push({
          sortTarget,
          sortOrder,
          limit,
          keysOnly: random.chance(0.4),
          countOnly: random.chance(0.1),
          // Below `middle`: filled in when the test runs.
          revision: random.chance(0.4) ? -1 : 0,
          minModRevision: random.chance(0.2) ? 20 : 0,
          maxCreateRevision: random.chance(0.2) ? 14 : 0,
        });
      }
    }
  }

  test("give what a transaction reads at one go, for every order, limit, filter and revision", async () => {
    for (const request of requests) {
      const fields = { ...request, revision: request.revision === -1 ? middle - 1 : 0 };
      const [sliced, expected] = [await inSlices(fields), await atOnce(fields)];
      expect(sliced.header?.memberId).toBe(member.member.id);
      expect({ ...sliced, header: expected.header }, JSON.stringify(fields)).toEqual(expected);
    }
  });

  test("are as of the revision they began at, whatever is put, deleted and compacted meanwhile", async () => {
    const transport = new LocalTransport(member.member.services, clock);
    const before = await atOnce({});
    const reading = inSlices({});
    await member.put("k00001", "newer");
    await member.delete("k01000", { rangeEnd: bytes("k01100") });
    const { header } = await member.put("k00002", "newer");
    const compaction = transport.unary(
      "/etcdserverpb.KV/Compact",
      CompactionRequest.encode({ revision: header!.revision, physical: true }),
    );
    const found = await reading;
    expect(found.kvs).toEqual(before.kvs);
    expect(found.header?.revision).toBe(before.header?.revision);
    await compaction;
    expect((await atOnce({})).count).toBe(before.count - 100);
    transport.close();
  });

  test("refuse a compacted and a future revision like small ones", async () => {
    const refused = (revision: number): Promise<unknown> => failure(inSlices({ revision }));
    expect(await refused(2)).toEqual({
      code: Status.OUT_OF_RANGE,
      message: "etcdserver: mvcc: required revision has been compacted",
    });
    expect(await refused(1_000_000)).toMatchObject({ code: Status.OUT_OF_RANGE });
  });

  test("end when the client goes, and hold up no compaction then", async () => {
    const abort = new AbortController();
    hurried = true;
    const reading = member.transport.unary(RANGE, RangeRequest.encode(whole), {
      signal: abort.signal,
    });
    await nodeClock.yield();
    abort.abort();
    await failure(reading);
    hurried = false;
    const { header } = await member.put("k00003", "newest");
    await member.compact(header!.revision, true);
    expect((await atOnce({ countOnly: true })).count).toBeGreaterThan(KEYS / 2);
  });

  test("leave small reads their turn: ten of them pass a large one", async () => {
    const order: string[] = [];
    const large = inSlices({}).then(() => order.push("large"));
    for (let i = 0; i < 10; i++) {
      const { kvs } = await member.range(keyName(i));
      order.push(text(kvs[0]!.key));
    }
    await large;
    expect(order.at(-1)).toBe("large");
  });
});
