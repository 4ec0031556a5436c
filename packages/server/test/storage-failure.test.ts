import { LocalTransport, RpcError, Status } from "@nodetcd/grpc";
import {
  DeleteRangeRequest,
  FilterType,
  type Init,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import { DiskError, type Runtime, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { FaultDisk, SeededRandom, VirtualClock } from "@nodetcd/simulator";
import { createWal, saveSnapshotFile } from "@nodetcd/wal";
import { describe, expect, test } from "vitest";
import { purgeFiles } from "../src/persist/log-snapshot.ts";
import { type Member, ServerError, startMember } from "../src/server.ts";
import { bytes, recordingLogger, testConfig, text } from "./support/member.ts";

/** Commits and marks of the log come often, so that crashes fall into the middle of them. */
const config = {
  ...testConfig,
  dataDir: "/data",
  backendBatchIntervalMs: 1,
  snapshotCount: 15,
};
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
/** How many times as many rounds as the suite has. */
const TIMES = Number(process.env["TIMES"] ?? 1);

const on = (disk: FaultDisk): Runtime => ({ ...nodeRuntime, disk });
const start = (disk: FaultDisk): Promise<Member> => startMember(on(disk), config, silentLogger);

async function put(member: Member, key: string, value: string): Promise<number> {
  const transport = new LocalTransport(member.services, nodeRuntime.clock);
  const request = PutRequest.encode({ key: bytes(key), value: bytes(value) });
  return (
    PutResponse.decode(await transport.unary("/etcdserverpb.KV/Put", request)).header?.revision ?? 0
  );
}

async function readAll(member: Member, serializable = false): Promise<Map<string, string>> {
  const transport = new LocalTransport(member.services, nodeRuntime.clock);
  const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
  const request = RangeRequest.encode({ ...everything, serializable });
  const { kvs } = RangeResponse.decode(await transport.unary("/etcdserverpb.KV/Range", request));
  return new Map(kvs.map((pair) => [text(pair.key), text(pair.value)]));
}

describe("a disk that fails", () => {
  test("a sync that fails: nothing is acknowledged any more, and `failed` says why", async () => {
    const disk = new FaultDisk();
    const member = await start(disk);
    await put(member, "before", "1");
    disk.faults.failSyncAfter = 1;
    await expect(put(member, "during", "1")).rejects.toThrow(RpcError);
    const failure = await member.failed;
    expect(failure).toBeInstanceOf(ServerError);
    expect((failure as ServerError).code).toBe("STORAGE_FAILED");
    await expect(put(member, "after", "1")).rejects.toMatchObject({
      message: "etcdserver: server stopped",
    });
    await member.stop();
  });

  test("a write that fails with EIO: nothing acknowledged is lost", async () => {
    for (const failing of [1, 2]) {
      const disk = new FaultDisk();
      const member = await start(disk);
      const acknowledged: string[] = [];
      disk.faults.failWriteAfter = failing;
      await expect(
        (async () => {
          for (let i = 0; i < 100; i++) {
            await put(member, `key-${i}`, "1");
            acknowledged.push(`key-${i}`);
          }
        })(),
      ).rejects.toThrow(RpcError);
      expect((await member.failed) as ServerError).toMatchObject({ code: "STORAGE_FAILED" });
      await member.stop();
      const again = await start(disk.restart());
      const found = await readAll(again);
      expect(acknowledged.filter((key) => !found.has(key))).toEqual([]);
      await again.stop();
    }
  });

  test("a full disk: the member fails, and with space again all that was acknowledged is there", async () => {
    const disk = new FaultDisk();
    const member = await start(disk);
    disk.faults.capacityBytes = disk.usedBytes() + 256 * 1024;
    const acknowledged: string[] = [];
    try {
      for (let i = 0; i < 1_000; i++) {
        await put(member, `key-${i}`, "x".repeat(4_000));
        acknowledged.push(`key-${i}`);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(RpcError);
    }
    expect(((await member.failed) as ServerError).message).toMatch(/space/i);
    expect(acknowledged.length).toBeGreaterThan(5);
    await member.stop();
    const again = await start(disk.restart());
    const found = await readAll(again);
    expect(acknowledged.filter((key) => !found.has(key))).toEqual([]);
    await again.stop();
  });
});

test("pages damaged while in use: who reads them hears of it, and a change that needs them ends the member", async () => {
  const disk = new FaultDisk();
  // No commit by itself, which would meet the damage first.
  const small = { ...config, cacheBytes: 2 * 4096, backendBatchIntervalMs: 60_000 };
  const first = await startMember(on(disk), small, silentLogger);
  const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
  for (const key of keys) await put(first, key, "x".repeat(4_000));
  await first.stop();

  const member = await startMember(on(disk), small, silentLogger);
  const file = disk.open("/data/member/snap/db", "write");
  for (let page = 4; page * 4096 < file.size(); page++)
    file.write(Buffer.alloc(16, 255), page * 4096);
  const read = readAll(member);
  await expect(read).rejects.toMatchObject({ code: Status.INTERNAL });
  const transport = new LocalTransport(member.services, nodeRuntime.clock);
  const calls = keys.map((key) =>
    transport.unary(
      "/etcdserverpb.KV/Put",
      PutRequest.encode({ key: bytes(key), value: bytes("y"), prevKv: true }),
    ),
  );
  const answers = await Promise.allSettled(calls);
  expect(answers.filter(({ status }) => status === "fulfilled")).toEqual([]);
  expect(((await member.failed) as ServerError).code).toBe("STORAGE_FAILED");
  await member.stop();
});

test("files that cannot be removed are left for the next time, and the member goes on", async () => {
  const disk = new FaultDisk();
  const clock = new VirtualClock();
  const remove = disk.remove.bind(disk);
  let refused = 0;
  disk.remove = (path): void => {
    if (!path.endsWith(".snap") || refused++ > 0) return remove(path);
    throw new DiskError("IO_FAILED", path, `Cannot remove ${path}: simulated failure`);
  };
  const wal = await createWal({ clock, disk }, "/wal", new Uint8Array(0), { segmentBytes: 4_000 });
  disk.makeDirectory("/snap");
  for (const index of [1, 2, 3]) {
    const confState = { voters: [1n], learners: [], votersOutgoing: [], learnersNext: [] };
    const metadata = { index, term: 1, confState: { ...confState, autoLeave: false } };
    await saveSnapshotFile(disk, "/snap", { data: bytes("x"), metadata });
  }
  const { logger, lines } = recordingLogger();
  const keep = { wals: 1, snapshots: 1 };
  const purge = (): Promise<void> =>
    purgeFiles(disk, wal, "/snap", keep, { index: 3, term: 1 }, logger);
  await purge();
  expect(lines).toEqual(["warn failed to remove files that are not needed any more error"]);
  await purge();
  expect(disk.list("/snap")).toHaveLength(1);
  await wal.close();
});

/** Puts keys one after the other and in crowds, and notes what was acknowledged. */
async function writeUntilCrash(member: Member, acknowledged: Map<string, string>): Promise<void> {
  let crashed = false;
  for (let round = 0; !crashed && round < 400; round++) {
    const crowd = Array.from({ length: 1 + (round % 7) }, async (_, i) => {
      const key = `key-${round}-${i}`;
      try {
        await put(member, key, String(round));
        acknowledged.set(key, String(round));
      } catch {
        crashed = true;
      }
    });
    await Promise.all(crowd);
  }
}

describe("a power cut", () => {
  test(`loses nothing that was acknowledged, wherever it comes (seed ${SEED})`, async () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 3 * TIMES; round++) {
      let disk = new FaultDisk();
      const acknowledged = new Map<string, string>();
      for (let life = 0; life < 2; life++) {
        const member = await start(disk);
        disk.crashAfter(1 + random.below(300));
        await writeUntilCrash(member, acknowledged);
        await member.stop().catch(() => undefined);
        disk = disk.crash(random);
      }
      const survivor = await start(disk);
      const found = await readAll(survivor);
      for (const [key, value] of acknowledged) {
        expect(found.get(key), `${key} in round ${round} of seed ${SEED}`).toBe(value);
      }
      await survivor.stop();
    }
  });
});

describe("a change of more keys than a turn has room for", () => {
  const KEYS = 3_500;
  const LEASE = 77n;

  /** Calls with an encoded request; the reply is not looked at. */
  const call = (member: Member, path: string, request: Uint8Array): Promise<Uint8Array> =>
    new LocalTransport(member.services, nodeRuntime.clock).unary(`/etcdserverpb.${path}`, request);

  async function fill(member: Member): Promise<void> {
    await call(member, "Lease/LeaseGrant", LeaseGrantRequest.encode({ id: LEASE, ttl: 1_000 }));
    for (let from = 0; from < KEYS; from += 100) {
      const success = Array.from({ length: 100 }, (_, i) => ({
        requestPut: { key: bytes(`many-${from + i}`), value: bytes("v"), lease: LEASE },
      }));
      await call(member, "KV/Txn", TxnRequest.encode({ success }));
    }
  }

  const range = (key: string, end: string): Init<DeleteRangeRequest> => ({
    key: bytes(key),
    rangeEnd: bytes(end),
  });

  /** What deletes all keys. The Txn says so in a key of its own, first. */
  const WAYS = {
    DeleteRange: (member: Member): Promise<Uint8Array> =>
      call(member, "KV/DeleteRange", DeleteRangeRequest.encode(range("many-", "many."))),
    LeaseRevoke: (member: Member): Promise<Uint8Array> =>
      call(member, "Lease/LeaseRevoke", LeaseRevokeRequest.encode({ id: LEASE })),
    Txn: async (member: Member): Promise<Uint8Array> => {
      const rest = [
        { requestDeleteRange: range("many-2", "many-3") },
        { requestDeleteRange: { ...range("many-", "many."), prevKv: true } },
      ];
      const success = [
        { requestPut: { key: bytes("said"), value: bytes("v") } },
        { requestTxn: { success: rest } },
      ];
      const reply = await call(member, "KV/Txn", TxnRequest.encode({ success }));
      const { responses } = TxnResponse.decode(reply).responses[1]!.responseTxn!;
      const [first, second] = responses.map(({ responseDeleteRange }) => responseDeleteRange!);
      expect([first!.deleted, second!.deleted]).toEqual([1_111, KEYS - 1_111]);
      expect(text(second!.prevKvs.at(-1)!.key)).toBe("many-999");
      return reply;
    },
  };

  /** How many keys there are now: the read does not wait. Nothing may tell of a deletion that is not over. */
  const countMany = async (member: Member): Promise<number> => {
    const pairs = await readAll(member, true);
    const many = [...pairs.keys()].filter((key) => key.startsWith("many-"));
    if (pairs.has("said")) expect(many).toEqual([]);
    return many.length;
  };

  /** The revisions of the deletions in the history, as watchers read it. */
  function revisionsOfDeletions(member: Member): Promise<Set<number>> {
    const stream = new LocalTransport(member.services, nodeRuntime.clock).stream(
      "/etcdserverpb.Watch/Watch",
    );
    const createRequest = { key: bytes("many-"), rangeEnd: bytes("many."), startRevision: 1 };
    stream.send(
      WatchRequest.encode({ createRequest: { ...createRequest, filters: [FilterType.NOPUT] } }),
    );
    const revisions = new Set<number>();
    let deleted = 0;
    return new Promise((resolve) => {
      stream.onMessage = (message) => {
        const { events } = WatchResponse.decode(message);
        deleted += events.length;
        for (const event of events) revisions.add(event.kv?.modRevision ?? 0);
        if (deleted < KEYS) return;
        stream.cancel();
        resolve(revisions);
      };
    });
  }

  test("Txn: thousands of puts take turns, too, and are seen all at once", async () => {
    const member = await start(new FaultDisk());
    const nested = Array.from({ length: 25 }, (_, i) => ({
      requestTxn: {
        success: Array.from({ length: 100 }, (_, j) => ({
          requestPut: { key: bytes(`many-${i}-${j}`), value: bytes("v") },
        })),
      },
    }));
    let over = false;
    const reply = call(member, "KV/Txn", TxnRequest.encode({ success: nested })).finally(
      () => (over = true),
    );
    const seen = new Set<number>();
    while (!over) {
      seen.add(await countMany(member));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...seen].filter((count) => count !== 2_500)).toEqual([0]);
    const { responses } = TxnResponse.decode(await reply);
    expect(responses.map(({ responseTxn }) => responseTxn!.responses.length)).toEqual(
      nested.map(() => 100),
    );
    expect(await countMany(member)).toBe(2_500);
    await member.stop();
  });

  for (const [what, deleteAll] of Object.entries(WAYS)) {
    test(`${what}: reads go on and see all keys until it is over; a stop in the middle ends it first`, async () => {
      const disk = new FaultDisk();
      const member = await start(disk);
      await fill(member);
      let over = false;
      const deletion = deleteAll(member).finally(() => (over = true));
      const seen = new Set<number>();
      while (!over) {
        seen.add(await countMany(member));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await deletion;
      expect([...seen].filter((count) => count !== 0)).toEqual([KEYS]);
      expect(await countMany(member)).toBe(0);

      // A lease is gone with its keys, and what is said stays.
      if (what !== "DeleteRange") return member.stop();
      await fill(member).catch(() => undefined);
      const again = deleteAll(member).catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      await member.stop();
      await again;
      const after = await start(disk.restart());
      expect([0, KEYS]).toContain(await countMany(after));
      await after.stop();
    });

    test(`${what}: a power cut leaves all keys or none, and none once it was acknowledged (seed ${SEED})`, async () => {
      const random = new SeededRandom(SEED);
      for (let round = 0; round < 2 * TIMES; round++) {
        const disk = new FaultDisk();
        const member = await start(disk);
        await fill(member);
        disk.crashAfter(random.below(30));
        let acknowledged = false;
        const busy = writeUntilCrash(member, new Map());
        await deleteAll(member).then(
          () => (acknowledged = true),
          () => undefined,
        );
        await busy;
        await member.stop().catch(() => undefined);
        const survivor = await start(disk.crash(random));
        const left = await countMany(survivor);
        expect(acknowledged ? [0] : [0, KEYS]).toContain(left);
        if (left === 0) expect((await revisionsOfDeletions(survivor)).size).toBe(1);
        await survivor.stop();
      }
    });
  }
});
