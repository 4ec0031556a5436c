import {
  FilterType,
  type Init,
  type WatchCreateRequest,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import { Store } from "@nodetcd/mvcc";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  bytes,
  dispose,
  startTestMember,
  type TestMember,
  type TestStream,
  text,
} from "./support/member.ts";

const TO_THE_END = Uint8Array.of(0);
const PUT = 0;
const DELETE = 1;

describe("Watch", () => {
  let member: TestMember;
  let prefix = "";
  let count = 0;
  beforeAll(async () => {
    member = await startTestMember({ watchProgressNotifyIntervalMs: 100 });
  });
  afterAll(() => dispose(member));

  /** A stream, and keys that no other test has. */
  function open(): TestStream<WatchResponse> {
    prefix = `test-${count++}/`;
    return member.stream("etcdserverpb.Watch/Watch", WatchResponse);
  }

  function create(
    stream: TestStream<WatchResponse>,
    fields: Init<WatchCreateRequest>,
  ): Promise<WatchResponse> {
    stream.send(WatchRequest.encode({ createRequest: fields }));
    return stream.next();
  }

  const all = () => ({ key: bytes(prefix), rangeEnd: bytes(`${prefix}\xff`) });
  /** In ascending order. */
  const idsOf = (responses: readonly WatchResponse[]): bigint[] =>
    responses.map(({ watchId }) => watchId).sort((a, b) => (a < b ? -1 : 1));
  const revisionNow = async (): Promise<number> => (await member.range("x")).header?.revision ?? 0;
  const shown = (response: WatchResponse): string[] =>
    response.events.map(
      ({ type, kv }) =>
        `${type === PUT ? "put" : "del"} ${kv && text(kv.key).slice(prefix.length)}=${kv && text(kv.value)}`,
    );

  test("create answers created with an id, and later changes follow with their revision", async () => {
    const stream = open();
    const revision = await revisionNow();
    expect(await create(stream, all())).toMatchObject({
      watchId: 0n,
      created: true,
      canceled: false,
      header: { revision, raftTerm: 2 },
      events: [],
    });
    await member.put(`${prefix}a`, "1");
    await member.delete(`${prefix}a`);
    const first = await stream.next();
    expect([shown(first), first.header?.revision, first.created]).toEqual([
      ["put a=1"],
      revision + 1,
      false,
    ]);
    const second = await stream.next();
    expect(second.events[0]).toMatchObject({
      type: DELETE,
      kv: { modRevision: revision + 2, version: 0 },
    });
    stream.cancel();
  });

  test("a start in the past gives history, all changes of a transaction together", async () => {
    const stream = open();
    const startRevision = (await revisionNow()) + 1;
    await member.put(`${prefix}a`, "1");
    const put = (key: string) => ({ requestPut: { key: bytes(prefix + key), value: bytes("t") } });
    await member.txn({ success: [put("b"), put("c")] });
    await create(stream, { ...all(), startRevision });
    const seen: string[] = [];
    while (seen.length < 3) seen.push(...shown(await stream.next()));
    expect(seen).toEqual(["put a=1", "put b=t", "put c=t"]);
    stream.cancel();
  });

  test("prev_kv, filters and several watches on one stream", async () => {
    const stream = open();
    await member.put(`${prefix}a`, "old");
    await create(stream, { ...all(), prevKv: true });
    expect((await create(stream, { ...all(), filters: [FilterType.NOPUT] })).watchId).toBe(1n);
    expect(
      (await create(stream, { ...all(), filters: [FilterType.NODELETE], watchId: 7n })).watchId,
    ).toBe(7n);
    await member.put(`${prefix}a`, "new");
    const puts = [await stream.next(), await stream.next()];
    expect(idsOf(puts)).toEqual([0n, 7n]);
    const withPrevious = puts.find((response) => response.watchId === 0n)?.events[0];
    expect(withPrevious?.prevKv && text(withPrevious.prevKv.value)).toBe("old");
    await member.delete(`${prefix}a`);
    const deletes = [await stream.next(), await stream.next()];
    expect(idsOf(deletes)).toEqual([0n, 1n]);
    const deleted = deletes.find((response) => response.watchId === 0n)?.events[0];
    expect(deleted?.prevKv && text(deleted.prevKv.value)).toBe("new");
    stream.cancel();
  });

  test("cancel is confirmed once, and nothing follows", async () => {
    const stream = open();
    const { watchId } = await create(stream, all());
    stream.send(WatchRequest.encode({ cancelRequest: { watchId } }));
    expect(await stream.next()).toMatchObject({ watchId, canceled: true, created: false });
    stream.send(WatchRequest.encode({ cancelRequest: { watchId } }));
    await member.put(`${prefix}a`, "1");
    expect((await create(stream, { key: bytes("other") })).created).toBe(true);
    stream.cancel();
  });

  test("what cannot be watched is refused with etcd's reason and id -1, on a stream that lives on", async () => {
    const stream = open();
    const refused = { watchId: -1n, created: true, canceled: true };
    expect(await create(stream, { ...all(), startRevision: -1 })).toMatchObject({
      ...refused,
      cancelReason: "etcdserver: mvcc: required revision has been compacted",
    });
    expect(await create(stream, { key: bytes("b"), rangeEnd: bytes("a") })).toMatchObject({
      ...refused,
      cancelReason: "mvcc: watcher range is empty",
    });
    await create(stream, { ...all(), watchId: 3n });
    expect(await create(stream, { ...all(), watchId: 3n })).toMatchObject({
      ...refused,
      cancelReason: "mvcc: duplicate watch ID provided on the WatchStream",
    });
    stream.cancel();
  });

  test("a start below the compaction is cancelled with the compact revision", async () => {
    const stream = open();
    await member.put(`${prefix}a`, "1");
    await member.put(`${prefix}a`, "2");
    const compactRevision = await revisionNow();
    await member.compact(compactRevision);
    expect((await create(stream, { ...all(), startRevision: 1 })).created).toBe(true);
    expect(await stream.next()).toMatchObject({
      canceled: true,
      compactRevision,
      events: [],
      header: { revision: 0 },
    });
    stream.cancel();
  });

  test("progress is told on request for the stream, and by itself to those that asked", async () => {
    const stream = open();
    await create(stream, all());
    stream.send(WatchRequest.encode({ progressRequest: {} }));
    expect(await stream.next()).toMatchObject({
      watchId: -1n,
      events: [],
      header: { revision: await revisionNow() },
    });
    stream.cancel();
    const notified = open();
    await create(notified, { ...all(), progressNotify: true });
    expect(await notified.next()).toMatchObject({
      watchId: 0n,
      events: [],
      header: { revision: await revisionNow() },
    });
    notified.cancel();
  });

  test("ids are 64 bits and come back as they were, in every response", async () => {
    const stream = open();
    const ids = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 0x7abc_def0_1234_5679n, 2n ** 63n - 1n];
    const negative = [-2n, -(2n ** 63n)];
    for (const watchId of [...ids, ...negative]) {
      expect(await create(stream, { ...all(), watchId })).toMatchObject({ watchId, created: true });
    }
    expect((await create(stream, { ...all(), watchId: 2n ** 53n })).cancelReason).toBe(
      "mvcc: duplicate watch ID provided on the WatchStream",
    );
    expect((await create(stream, all())).watchId).toBe(0n);
    await member.put(`${prefix}a`, "1");
    const told = [];
    for (let i = 0; i < 8; i++) told.push(await stream.next());
    expect(idsOf(told)).toEqual([...negative.toReversed(), 0n, ...ids]);
    for (const watchId of ids) {
      stream.send(WatchRequest.encode({ cancelRequest: { watchId } }));
      expect(await stream.next()).toMatchObject({ watchId, canceled: true });
    }
    stream.cancel();
  });

  test("catching up comes in responses of 1000 revisions, each with the revision of the store", async () => {
    const stream = open();
    const startRevision = (await revisionNow()) + 1;
    for (let i = 0; i < 1001; i++) await member.put(`${prefix}a`, `${i}`);
    const revision = await revisionNow();
    await create(stream, { ...all(), startRevision });
    const responses = [await stream.next(), await stream.next()];
    expect(responses.map(({ events }) => events.length)).toEqual([1000, 1]);
    expect(responses.map(({ header }) => header?.revision)).toEqual([revision, revision]);
    stream.cancel();
  });

  test("a response without fragments ends between revisions before 4 MiB, with prev_kv as well", async () => {
    const startRevision = (await revisionNow()) + 1;
    const [plain, previous] = [open(), open()];
    const big = "x".repeat(1024 * 1024);
    for (let i = 0; i < 10; i++) await member.put(`${prefix}a`, big);
    const revision = await revisionNow();
    for (const [stream, prevKv, sizes] of [
      [plain, false, [3, 3, 3, 1]],
      // The first put replaces nothing.
      [previous, true, [2, 1, 1, 1, 1, 1, 1, 1, 1]],
    ] as const) {
      await create(stream, { ...all(), startRevision, prevKv });
      const counts = [];
      for (let left = 10; left > 0;) {
        const response = await stream.next();
        expect(response).toMatchObject({ fragment: false, header: { revision } });
        expect(WatchResponse.encode(response).length).toBeLessThan(4 * 1024 * 1024);
        counts.push(response.events.length);
        left -= response.events.length;
      }
      expect(counts).toEqual(sizes);
      stream.cancel();
    }
  });

  test("a revision that is larger than a response is sent whole, and alone", async () => {
    const stream = open();
    const startRevision = (await revisionNow()) + 1;
    const put = (key: string, size: number) => ({
      requestPut: { key: bytes(prefix + key), value: bytes("x".repeat(size)) },
    });
    await member.put(`${prefix}a`, "1");
    for (const key of ["b", "c", "d", "e"]) await member.put(prefix + key, "x".repeat(1_300_000));
    await member.delete(`${prefix}b`, { rangeEnd: bytes(`${prefix}f`) });
    await member.txn({ success: [put("y", 1), put("z", 1)] });
    await create(stream, { ...all(), startRevision, prevKv: true });
    const counts = [];
    for (let left = 11; left > 0; left -= counts.at(-1)!) {
      counts.push((await stream.next()).events.length);
    }
    expect(counts).toEqual([4, 1, 4, 2]);
    stream.cancel();
  });

  test("a response above the size limit comes in fragments if the watch asks for them", async () => {
    const stream = open();
    const startRevision = (await revisionNow()) + 1;
    const big = "x".repeat(700_000);
    for (const key of ["a", "b", "c", "d"]) await member.put(prefix + key, big);
    await create(stream, { ...all(), startRevision, fragment: true });
    const [first, second] = [await stream.next(), await stream.next()];
    expect([first.fragment, second.fragment]).toEqual([true, false]);
    const keys = [...first.events, ...second.events].map(({ kv }) => kv && text(kv.key));
    expect(keys).toEqual(["a", "b", "c", "d"].map((key) => prefix + key));
    stream.cancel();
  });

  /** More than are encoded in one turn. */
  const MANY = 8_000;

  /** Long enough that all of them need several fragments. */
  const valueOf = (key: string): string => key.padEnd(300, "v");

  async function putMany(): Promise<void> {
    for (let from = 0; from < MANY; from += 100) {
      const success = Array.from({ length: 100 }, (_, i) => ({
        requestPut: { key: bytes(prefix + (from + i)), value: bytes(valueOf(String(from + i))) },
      }));
      await member.txn({ success });
    }
  }

  test("a response of very many events is whole and in order, and so is what comes after it", async () => {
    const [stream, fragmented] = [open(), open()];
    await putMany();
    await create(stream, { ...all(), prevKv: true, filters: [FilterType.NOPUT] });
    await create(fragmented, { ...all(), prevKv: true, fragment: true });
    await create(stream, { key: bytes(`${prefix}0`), filters: [FilterType.NOPUT] });
    const { header } = await member.delete(prefix, { rangeEnd: all().rangeEnd });
    await member.put(`${prefix}0`, "again");
    await member.delete(`${prefix}0`);
    const keys = Array.from({ length: MANY }, (_, i) => String(i)).sort();

    const told: WatchResponse["events"][] = [[], []];
    while (told[0]!.length < MANY + 1 || told[1]!.length < 2) {
      const response = await stream.next();
      const isFirst = told[0]!.length === 0 && response.watchId === 0n;
      if (isFirst) expect(response.events.length).toBeGreaterThanOrEqual(MANY);
      told[Number(response.watchId)]?.push(...response.events);
    }
    const [large = [], single = []] = told;
    expect(large.map(({ kv }) => kv && text(kv.key))).toEqual(
      [...keys, "0"].map((key) => prefix + key),
    );
    expect(large.map(({ prevKv }) => prevKv && text(prevKv.value))).toEqual([
      ...keys.map(valueOf),
      "again",
    ]);
    const revision = header!.revision;
    expect(new Set(large.map(({ kv }) => kv?.modRevision))).toEqual(
      new Set([revision, revision + 2]),
    );
    expect(single.map(({ kv }) => kv?.modRevision)).toEqual([revision, revision + 2]);

    const events = [];
    let fragments = 0;
    for (let more = true; more; fragments++) {
      const response = await fragmented.next();
      events.push(...response.events);
      more = response.fragment;
    }
    expect(fragments).toBeGreaterThan(1);
    expect(events.slice(0, MANY)).toEqual(large.slice(0, MANY));
    stream.cancel();
    fragmented.cancel();
  });

  test("a response of very many events is dropped when its watch is cancelled while it is encoded", async () => {
    const stream = open();
    await putMany();
    await create(stream, { ...all(), prevKv: true });
    await create(stream, { key: bytes(`${prefix}after`) });
    await member.delete(prefix, { rangeEnd: all().rangeEnd });
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    stream.send(WatchRequest.encode({ cancelRequest: { watchId: 0n } }));
    let canceled = false;
    for (let last = -1n; last !== 1n;) {
      const response = await stream.next();
      last = response.watchId;
      if (last === 0n) expect(canceled).toBe(false);
      if (response.canceled) {
        canceled = true;
        await member.put(`${prefix}after`, "1");
      }
    }
    expect(canceled).toBe(true);
    stream.cancel();
  });

  test("watching all keys sees everything, and half-closing does not end it", async () => {
    const stream = open();
    await create(stream, { key: TO_THE_END, rangeEnd: TO_THE_END });
    stream.halfClose();
    await member.put(`${prefix}a`, "1");
    expect(shown(await stream.next())).toEqual(["put a=1"]);
    stream.cancel();
    expect((await stream.ended).code).toBe(1);
  });
});

test("progress is told by itself only after an interval without events", async () => {
  const intervalMs = 10_000_000;
  const intervals: (() => void)[] = [];
  const { clock } = nodeRuntime;
  const clockWith = (setRepeating: Clock["setRepeating"]): Clock => ({
    monotonic: () => clock.monotonic(),
    wallTime: () => clock.wallTime(),
    setTimer: (ms, callback) => clock.setTimer(ms, callback),
    setRepeating,
    defer: (callback) => clock.defer(callback),
    yield: () => clock.yield(),
  });
  const setRepeating: Clock["setRepeating"] = (ms, callback) => {
    if (ms < intervalMs) return clock.setRepeating(ms, callback);
    intervals.push(callback);
    return { cancel: () => undefined };
  };
  const runtime = { ...nodeRuntime, clock: clockWith(setRepeating) };
  const options = { watchProgressNotifyIntervalMs: intervalMs };
  const member = await startTestMember(options, silentLogger, runtime);
  try {
    const stream = member.stream("etcdserverpb.Watch/Watch", WatchResponse);
    const createRequest = { key: bytes("k"), progressNotify: true };
    stream.send(WatchRequest.encode({ createRequest }));
    expect((await stream.next()).created).toBe(true);
    const pass = (): void => intervals.forEach((callback) => callback());
    for (let round = 0; round < 2; round++) {
      await member.put("k", "v");
      expect((await stream.next()).events).toHaveLength(1);
      pass();
      // Had that told anything, it would come before the event.
      await member.put("k", "v");
      expect((await stream.next()).events).toHaveLength(1);
      pass();
      pass();
      expect(await stream.next()).toMatchObject({ watchId: 0n, events: [] });
    }
  } finally {
    await dispose(member);
  }
});

test("the pair before a change is looked up once for all its watchers, and again for the next change", async () => {
  const member = await startTestMember();
  const lookUps = vi.spyOn(Store.prototype, "range");
  try {
    const stream = member.stream("etcdserverpb.Watch/Watch", WatchResponse);
    const WATCHERS = 20;
    for (let i = 0; i < WATCHERS; i++) {
      stream.send(WatchRequest.encode({ createRequest: { key: bytes("k"), prevKv: true } }));
      expect((await stream.next()).created).toBe(true);
    }
    for (const [put, before] of [
      ["1", undefined],
      ["2", "1"],
      ["3", "2"],
    ] as const) {
      lookUps.mockClear();
      await member.put("k", put);
      for (let i = 0; i < WATCHERS; i++) {
        const [event] = (await stream.next()).events;
        expect(text(event!.kv!.value)).toBe(put);
        expect(event!.prevKv && text(event!.prevKv.value)).toBe(before);
      }
      expect(lookUps).toHaveBeenCalledTimes(before === undefined ? 0 : 1);
    }
  } finally {
    lookUps.mockRestore();
    await dispose(member);
  }
});
