import { LocalTransport, Status } from "@nodetcd/grpc";
import {
  CompactionRequest,
  CompareResult,
  CompareTarget,
  type Init,
  type KeyValue,
  NO_BYTES,
  RangeRequest,
  RangeResponse,
  type RequestOp,
  SortOrder,
  SortTarget,
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
let hurried = 0;
let ahead = 0;
const clock: Clock = {
  ...nodeClock,
  monotonic: () => nodeClock.monotonic() + (hurried > 0 ? (ahead += 4) : ahead),
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

  /** Calls while time flies. */
  async function hurry<T>(call: () => Promise<T>): Promise<T> {
    hurried++;
    try {
      return await call();
    } finally {
      hurried--;
    }
  }

  const inSlices = (fields: Init<RangeRequest>): Promise<RangeResponse> =>
    hurry(async () => {
      const request = RangeRequest.encode({ ...whole, ...fields });
      return RangeResponse.decode(new Uint8Array(await member.transport.unary(RANGE, request)));
    });

  /** The same in a transaction, which writes if it is not alone there, and in one that is nested in it. */
  const inTxn = (
    fields: Init<RangeRequest>,
    ...others: Init<RequestOp>[]
  ): Promise<RangeResponse> =>
    hurry(async () => {
      const requestRange = { ...whole, ...fields };
      const { responses } = await member.txn({ success: [...others, { requestRange }] });
      return responses.at(-1)!.responseRange!;
    });
  const OTHER = { requestPut: { key: bytes("other"), value: bytes("written") } };
  const inNestedTxn = (fields: Init<RangeRequest>): Promise<RangeResponse> =>
    hurry(async () => {
      const requestRange = { ...whole, ...fields };
      const success = [{ requestRange: { key: bytes("other") } }, { requestRange }, OTHER];
      const { responses } = await member.txn({ success: [{ requestTxn: { success } }] });
      return responses[0]!.responseTxn!.responses[1]!.responseRange!;
    });

  /** What small ranges give, filtered, sorted and cut here. */
  async function expected(fields: Init<RangeRequest>): Promise<Partial<RangeResponse>> {
    const pairs: KeyValue[] = [];
    for (let i = 0; i < KEYS; i += 100) {
      const [key, rangeEnd] = [keyName(i), bytes(keyName(i + 100))];
      pairs.push(...(await member.range(key, { rangeEnd, revision: fields.revision ?? 0 })).kvs);
    }
    const { minModRevision = 0, maxCreateRevision = 0, limit = 0, sortTarget = 0 } = fields;
    const isFiltered = minModRevision + maxCreateRevision > 0;
    // Without an order only what is read is sorted.
    const cutsFirst = limit > 0 && !isFiltered && fields.sortOrder === SortOrder.NONE;
    const read = cutsFirst ? pairs.slice(0, limit + 1) : pairs;
    const kept = read.filter(
      (kv) =>
        kv.modRevision >= minModRevision &&
        (maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision),
    );
    const weight = (kv: KeyValue): string | number =>
      [text(kv.key), kv.version, kv.createRevision, kv.modRevision, text(kv.value)][sortTarget]!;
    const sign = fields.sortOrder === SortOrder.DESCEND ? -1 : 1;
    const order = (a: KeyValue, b: KeyValue): number =>
      weight(a) === weight(b) ? 0 : weight(a) < weight(b) ? -sign : sign;
    if (sortTarget !== 0 || sign < 0) kept.sort(order);
    const kvs = limit > 0 ? kept.slice(0, limit) : kept;
    const form = (kv: KeyValue): KeyValue => ({
      ...kv,
      value: NO_BYTES,
      lease: sortTarget === SortTarget.VALUE ? kv.lease : 0n,
    });
    return {
      kvs: fields.countOnly ? [] : fields.keysOnly ? kvs.map(form) : kvs,
      more: !fields.countOnly && limit > 0 && kept.length > limit,
      count: pairs.length,
    };
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

  test.each([
    ["alone", inSlices],
    ["in a transaction that reads", inTxn],
    ["in one that writes", (fields: Init<RangeRequest>) => inTxn(fields, OTHER)],
    ["in one that is nested", inNestedTxn],
  ])(
    "give what small ones give %s, for every order, limit, filter and revision",
    async (_, read) => {
      for (const request of requests) {
        const fields = { ...request, revision: request.revision === -1 ? middle - 1 : 0 };
        expect(await read(fields), JSON.stringify(fields)).toMatchObject(await expected(fields));
      }
    },
  );

  test("see what their transaction has written, and compare with keys beyond counting", async () => {
    const { count } = await member.range("k", { rangeEnd: bytes("l"), countOnly: true });
    const success = [
      { requestDeleteRange: { key: bytes("k01400"), rangeEnd: bytes("k01500") } },
      { requestPut: { key: bytes("kx"), value: bytes("after") } },
      { requestRange: { ...whole, minModRevision: 0 } },
    ];
    const same = { ...whole, target: CompareTarget.VERSION, result: CompareResult.GREATER };
    const { succeeded, responses } = await hurry(() =>
      member.txn({ compare: [{ ...same, version: 0 }], success }),
    );
    expect(succeeded).toBe(true);
    const { deleted } = responses[0]!.responseDeleteRange!;
    const { kvs, header } = responses[2]!.responseRange!;
    expect([kvs.length, deleted > 90]).toEqual([count - deleted + 1, true]);
    expect(kvs.at(-1)).toMatchObject({ key: bytes("kx"), modRevision: header!.revision });
    const other = await hurry(() => member.txn({ compare: [{ ...same, version: 2 }], success }));
    expect(other).toMatchObject({ succeeded: false, responses: [] });
    await member.delete("kx");
  });

  test("are as of the revision they began at, whatever is put, deleted and compacted meanwhile", async () => {
    const transport = new LocalTransport(member.member.services, clock);
    const before = await expected({});
    const reading = inSlices({});
    const comparing = { ...whole, target: CompareTarget.VERSION, result: CompareResult.GREATER };
    const readingTwice = hurry(() =>
      member.txn({
        compare: [{ ...comparing, version: 0 }],
        success: [{ requestRange: whole }, { requestRange: whole }],
      }),
    );
    await member.put("k00001", "newer");
    await member.delete("k01000", { rangeEnd: bytes("k01100") });
    const { header } = await member.put("k00002", "newer");
    const compaction = transport.unary(
      "/etcdserverpb.KV/Compact",
      CompactionRequest.encode({ revision: header!.revision, physical: true }),
    );
    const found = await reading;
    expect(found.kvs).toEqual(before.kvs);
    expect(found.header?.revision).toBe(header!.revision - 3);
    const twice = await readingTwice;
    expect(twice.header?.revision).toBe(header!.revision - 3);
    for (const { responseRange } of twice.responses) {
      expect(responseRange).toMatchObject(before);
      expect(responseRange!.header?.revision).toBe(header!.revision - 3);
    }
    await compaction;
    expect((await expected({})).count).toBe(before.count! - 100);
    transport.close();
  });

  test("refuse a compacted and a future revision like small ones", async () => {
    for (const read of [inSlices, inTxn, inNestedTxn]) {
      expect(await failure(read({ revision: 2 }))).toEqual({
        code: Status.OUT_OF_RANGE,
        message: "etcdserver: mvcc: required revision has been compacted",
      });
      const future = await failure(read({ revision: 1_000_000 }));
      expect(future).toMatchObject({ code: Status.OUT_OF_RANGE });
    }
    // Also where that is known only after comparing with very many keys.
    const compare = [{ ...whole, target: CompareTarget.VERSION, result: CompareResult.GREATER }];
    const success = [OTHER, { requestRange: { ...whole, revision: 2 } }];
    expect(await failure(hurry(() => member.txn({ compare, success })))).toMatchObject({
      code: Status.OUT_OF_RANGE,
    });
    expect((await member.put("k00004", "goes on")).header).toBeDefined();
  });

  test("end when the client goes, and hold up no compaction then", async () => {
    const abort = new AbortController();
    hurried++;
    const reading = member.transport.unary(RANGE, RangeRequest.encode(whole), {
      signal: abort.signal,
    });
    await nodeClock.yield();
    abort.abort();
    await failure(reading);
    hurried--;
    const { header } = await member.put("k00003", "newest");
    await member.compact(header!.revision, true);
    expect((await inTxn({ countOnly: true })).count).toBeGreaterThan(KEYS / 2);
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
