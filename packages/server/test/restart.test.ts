import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@nodetcd/bolt";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { silentLogger } from "@nodetcd/runtime";
import {
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  StatusRequest,
  StatusResponse,
} from "@nodetcd/messages";
import { describe, expect, test } from "vitest";
import { ServerError, startMember } from "../src/server.ts";
import {
  bytes,
  dispose,
  recordingLogger,
  startTestMember,
  temporaryDirectory,
  testConfig,
  text,
} from "./support/member.ts";

const TO_THE_END = Uint8Array.of(0);

/** The refusal of a start that must fail. */
async function startFailure(options: Partial<typeof testConfig>): Promise<ServerError> {
  try {
    const member = await startMember(nodeRuntime, { ...testConfig, ...options }, silentLogger);
    await member.stop();
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  }
  throw new Error("The start was expected to fail");
}

describe("startMember() on a directory that was used before", () => {
  test("keys, leases, history, compaction and ids are there again; the term rises", async () => {
    const before = await startTestMember();
    const { id } = await before.grant(1_000);
    await before.put("a", "1");
    await before.put("b", "2", { lease: id });
    await before.put("a", "3");
    await before.compact(2);
    const { header } = await before.delete("a");
    await before.stop();

    const after = await startTestMember({ dataDir: before.directory });
    const all = await after.range("\0", { rangeEnd: TO_THE_END });
    expect(all.kvs.map((pair) => text(pair.key))).toEqual(["b"]);
    expect(all.header).toEqual({ ...header, raftTerm: 3 });
    expect((await after.range("a", { revision: 4 })).kvs[0]?.value).toEqual(bytes("3"));
    const lease = await after.call(
      "etcdserverpb.Lease/LeaseTimeToLive",
      LeaseTimeToLiveRequest,
      LeaseTimeToLiveResponse,
      { id, keys: true },
    );
    expect([lease.grantedTtl, lease.keys.map(text)]).toEqual([1_000, ["b"]]);
    expect((await after.put("c", "1")).header?.revision).toBe(6);
    await dispose(after);
  });

  test("a database that a tool put back to an older schema is raised to the cluster's version", async () => {
    const before = await startTestMember();
    await before.put("a", "1");
    await before.stop();
    // As `etcdutl migrate --target-version 3.6` leaves it.
    const file = join(before.directory, "member", "snap", "db");
    const database = openDatabase(nodeRuntime.disk, file, { clock: nodeRuntime.clock });
    database.update((txn) => {
      txn.bucket(bytes("meta"))!.put(bytes("storageVersion"), bytes("3.6.0"));
    });
    database.close();

    const { logger, lines } = recordingLogger();
    const after = await startTestMember({ dataDir: before.directory }, logger);
    const storage = async (): Promise<string> =>
      (await after.call("etcdserverpb.Maintenance/Status", StatusRequest, StatusResponse, {}))
        .storageVersion;
    await expect.poll(storage).toBe("3.7.0");
    expect(lines.some((line) => line.includes("updated storage version"))).toBe(true);
    await dispose(after);
  });

  test("a member with more entries to apply than requests may wait for starts all the same", async () => {
    const config = { snapshotCount: 100_000 };
    const before = await startTestMember(config);
    for (let n = 0; n < 60; n++) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => before.put(`k${i}`, "v")));
    }
    await before.stop();
    const after = await startTestMember({ ...config, dataDir: before.directory });
    expect((await after.range("k1")).header?.revision).toBe(6_001);
    await dispose(after);
  }, 30_000);

  test("a database that a defragmentation makes smaller by the threshold is defragmented", async () => {
    const before = await startTestMember();
    const value = "x".repeat(100_000);
    for (let i = 0; i < 30; i++) {
      await before.put(`key${i}`, value);
      // Some stay, all over the file: else its end is cut off, and nothing is left to be moved.
      if (i % 5 === 4) await before.put(`stays${i}`, value);
    }
    const { header } = await before.delete("key", { rangeEnd: bytes("kez") });
    await before.compact(header?.revision ?? 0, true);
    await before.stop();
    const file = join(before.directory, "member", "snap", "db");
    const size = statSync(file).size;

    const { logger, lines } = recordingLogger();
    const options = { dataDir: before.directory, bootstrapDefragThresholdMegabytes: 1_000 };
    await (await startTestMember(options, logger)).stop();
    expect(lines.some((line) => line.includes("Skipping defragmentation"))).toBe(true);
    // What is free at its end goes back by itself, but no page is moved.
    const skipped = statSync(file).size;
    expect(skipped).toBeGreaterThan(size / 2);

    const after = await startTestMember({ ...options, bootstrapDefragThresholdMegabytes: 1 });
    expect(statSync(file).size).toBeLessThan(size / 2);
    expect((await after.put("again", "1")).header?.revision).toBe((header?.revision ?? 0) + 1);
    await dispose(after);
  });

  test("the log is marked, and older files given up, every snapshotCount entries", async () => {
    const { logger, lines } = recordingLogger();
    const before = await startTestMember({ snapshotCount: 20, snapshotCatchupEntries: 5 }, logger);
    for (let i = 0; i < 100; i++) await before.put(`key-${i}`, String(i));
    await before.stop();
    expect(lines.filter((line) => line.includes("saved snapshot")).length).toBeGreaterThan(2);
    const files = readdirSync(join(before.directory, "member/snap"));
    expect(
      files.filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}\.snap$/.test(name)).length,
    ).toBeGreaterThan(2);

    const after = await startTestMember({ dataDir: before.directory, snapshotCount: 20 });
    expect(await after.range("key-", { rangeEnd: bytes("key."), countOnly: true })).toMatchObject({
      count: 100,
      header: { revision: 101 },
    });
    await dispose(after);
  });

  test("a lost database is noticed, not silently replaced by an empty one", async () => {
    const before = await startTestMember({ snapshotCount: 20 });
    for (let i = 0; i < 50; i++) await before.put(`key-${i}`, String(i));
    await before.stop();
    rmSync(join(before.directory, "member/snap/db"));
    const refusal = await startFailure({ dataDir: before.directory });
    expect([refusal.code, refusal.message]).toEqual([
      "DATA_DIR_BAD",
      expect.stringContaining("does not match the log's snapshot"),
    ]);
    rmSync(before.directory, { recursive: true });
  });

  test("a second member in the same directory is refused, and the first one goes on", async () => {
    const first = await startTestMember();
    const refusal = await startFailure({ dataDir: first.directory });
    expect([refusal.code, refusal.message]).toEqual([
      "DATA_DIR_LOCKED",
      `The data directory ${first.directory}/member is in use by another process, which has locked ` +
        `${first.directory}/member/snap/db. Stop that process, or choose another directory with --data-dir`,
    ]);
    await first.put("a", "1");
    await dispose(first);
  });

  test("a fault of the program is not called damage of the files", async () => {
    const dataDir = temporaryDirectory();
    const fault = new TypeError("ids.toSorted is not a function");
    const disk = Object.create(nodeRuntime.disk) as typeof nodeRuntime.disk;
    disk.open = (): never => {
      throw fault;
    };
    const config = { ...testConfig, dataDir };
    await expect(startMember({ ...nodeRuntime, disk }, config, silentLogger)).rejects.toBe(fault);
    rmSync(dataDir, { recursive: true });
  });

  test("files have etcd's places and modes", async () => {
    const member = await startTestMember();
    const mode = (path: string) => statSync(join(member.directory, path)).mode & 0o777;
    expect(mode("member/snap/db")).toBe(0o600);
    expect(mode("member/wal/0000000000000000-0000000000000000.wal")).toBe(0o600);
    for (const folder of ["member", "member/snap", "member/wal"]) expect(mode(folder)).toBe(0o700);
    await dispose(member);
  });
});

describe("startMember() with options that cannot work", () => {
  const url = (port: number) => `http://127.0.0.1:${port}`;

  test.each([
    [
      "a cluster without this member",
      { initialCluster: `b=${url(2)}` },
      "BAD_CONFIG",
      `couldn't find local name "default" in the initial cluster configuration`,
    ],
    [
      "peer URLs that differ",
      { initialCluster: `default=${url(1)}` },
      "BAD_CONFIG",
      "initial-advertise-peer-urls",
    ],
    [
      "TLS without a certificate",
      { listenClientUrls: ["https://127.0.0.1:0"] },
      "BAD_CONFIG",
      "https",
    ],
    [
      "a port too high",
      { listenClientUrls: ["http://127.0.0.1:99999"] },
      "BAD_CONFIG",
      "has port 99999; the highest is 65535",
    ],
    ["no URL", { listenClientUrls: ["127.0.0.1"] }, "BAD_CONFIG", "is not a URL"],
    ["a short election", { electionTimeoutMs: 300 }, "BAD_CONFIG", "election-timeout"],
    ["a long election", { electionTimeoutMs: 60_000 }, "BAD_CONFIG", "less than 50000ms"],
    [
      "a retention of nonsense",
      { autoCompactionRetention: "often" },
      "BAD_CONFIG",
      "auto-compaction-retention",
    ],
    [
      "an address of another host",
      { listenClientUrls: ["http://192.0.2.1:2379"] },
      "ADDRESS_UNAVAILABLE",
      "192.0.2.1",
    ],
  ])("refuses %s, says why, and leaves nothing open or made", async (_, options, code, message) => {
    const dataDir = temporaryDirectory();
    const refusal = await startFailure({ dataDir, ...options });
    expect([refusal.code, refusal.message]).toEqual([code, expect.stringContaining(message)]);
    expect(readdirSync(dataDir)).toEqual([]);
    const member = await startTestMember({ dataDir });
    await dispose(member);
  });

  test("refuses a retention of nonsense before it makes anything", async () => {
    const dataDir = temporaryDirectory();
    const refusal = await startFailure({ dataDir, autoCompactionRetention: "often" });
    expect(refusal.code).toBe("BAD_CONFIG");
    expect(readdirSync(dataDir)).toEqual([]);
    rmSync(dataDir, { recursive: true });
  });
});
