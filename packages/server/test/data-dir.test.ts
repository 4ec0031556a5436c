import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfChange, EntryType, WalMetadata } from "@nodetcd/messages";
import { DiskError, type LogFields, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { createWal } from "@nodetcd/wal";
import { expect, test } from "vitest";
import {
  checkPermissions,
  dataDirectory,
  prepareDataDirectory,
  tidyDataDirectory,
} from "../src/data-dir.ts";
import { clusterIdOf, memberIdOf } from "@nodetcd/membership";
import type { MemberConfig } from "../src/server.ts";
import { TestCluster } from "./support/cluster.ts";
import { dispose, startTestMember, testConfig } from "./support/member.ts";

const directory = dataDirectory({ dataDir: "/var/lib/etcd", walDir: "/log/of/etcd/wal" });

test("prepareDataDirectory() makes what a power cut cannot take away, also after one that died in it", () => {
  for (let after = 0; after < 30; after++) {
    const disk = new FaultDisk({ losesNames: true });
    disk.crashAfter(after);
    try {
      prepareDataDirectory(disk, directory);
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
    }
    const next = disk.restart();
    prepareDataDirectory(next, directory);
    const found = next.crash(new SeededRandom(after));
    const paths = [directory.snapshots, "/log/of/etcd"];
    expect(
      paths.filter((path) => !found.exists(path)),
      `after ${after}`,
    ).toEqual([]);
  }
});

test("prepareDataDirectory() takes a folder that is there, also where the one above cannot be synced", () => {
  const disk = new FaultDisk();
  disk.makeDirectory("/var/lib/etcd");
  const syncDirectory = disk.syncDirectory.bind(disk);
  disk.syncDirectory = (path): void => {
    if (path.startsWith("/var/lib/etcd")) return syncDirectory(path);
    throw new DiskError("NO_PERMISSION", path, `Cannot sync ${path}`);
  };
  const own = dataDirectory({ dataDir: "/var/lib/etcd", walDir: "" });
  prepareDataDirectory(disk, own);
  expect(disk.exists(own.snapshots)).toBe(true);
  const missing = dataDirectory({ dataDir: "/var/lib/other", walDir: "" });
  expect(() => prepareDataDirectory(disk, missing)).toThrow("Cannot sync /var/lib");
});

test("CVE-2020-15113: checkPermissions() warns, in etcd's words, of folders that others may look into", () => {
  const base = nodeRuntime.disk.makeTemporaryDirectory("permissions-");
  const [open, closed] = [join(base, "open"), join(base, "closed")];
  for (const folder of [open, closed]) mkdirSync(folder, { mode: 0o700 });
  chmodSync(open, 0o755);
  const said: unknown[] = [];
  const warn = (message: string, { error }: LogFields = {}): void =>
    void said.push([message, error]);
  checkPermissions(nodeRuntime.disk, [open, closed, join(base, "missing")], {
    ...silentLogger,
    warn,
  });
  expect(said).toEqual([
    [
      "check file permission",
      `directory "${open}" exist, but the permission is "drwxr-xr-x". The recommended permission ` +
        'is "-rwx------" to prevent possible unprivileged access to the data',
    ],
  ]);
  nodeRuntime.disk.removeTree(base);
});

test("tidyDataDirectory() removes what is half done, and saves names that a dead process did not", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const disk = new FaultDisk({ losesNames: true });
    prepareDataDirectory(disk, directory);
    for (const name of ["db", "db.tmp.7", "tmp-1.snap"]) {
      disk.open(`${directory.snapshots}/${name}`, "create").sync();
    }
    tidyDataDirectory(disk, directory, silentLogger);
    const names = disk.crash(new SeededRandom(seed)).list(directory.snapshots);
    expect(names.map(({ name }) => name)).toEqual(["db"]);
  }
});

test("a start that finds the directory locked leaves alone what the other process is making", async () => {
  const member = await startTestMember();
  try {
    const snapshots = join(member.directory, "member", "snap");
    const making = ["db.tmp.1", "tmp-0000000000000002-0000000000000064.snap"];
    for (const name of making) writeFileSync(join(snapshots, name), "half");
    await expect(startTestMember({ dataDir: member.directory })).rejects.toMatchObject({
      code: "DATA_DIR_LOCKED",
    });
    expect(making.filter((name) => !existsSync(join(snapshots, name)))).toEqual([]);
  } finally {
    await dispose(member);
  }
});

test("a log whose first entry was saved without the state behind it is begun anew", async () => {
  const disk = new FaultDisk();
  const config = { ...testConfig, dataDir: "/data", walSegmentBytes: 100_000 };
  const { wal: path, snapshots } = dataDirectory(config);
  disk.makeDirectory(snapshots);
  const memberId = await memberIdOf(config.initialAdvertisePeerUrls, config.initialClusterToken);
  const clusterId = await clusterIdOf([memberId]);
  const metadata = WalMetadata.encode({ nodeId: memberId, clusterId });
  const wal = await createWal({ clock: nodeRuntime.clock, disk }, path, metadata);
  const data = ConfChange.encode({ nodeId: memberId, context: Buffer.from("{}") });
  await wal.append(undefined, [{ type: EntryType.EntryConfChange, term: 1, index: 1, data }]);
  await wal.close();

  const runtime = { ...nodeRuntime, disk: disk.restart() };
  const member = await startTestMember(config, silentLogger, runtime);
  expect(member.member.id).toBe(memberId);
  expect((await member.put("a", "1")).header?.revision).toBe(2);
  await member.stop();
});

test("a database without its log is refused: what it has would pass for applied", async () => {
  const disk = new FaultDisk();
  const config = { ...testConfig, dataDir: "/data", walSegmentBytes: 100_000 };
  const member = await startTestMember(config, silentLogger, { ...nodeRuntime, disk });
  await member.put("a", "1");
  await member.stop();
  const found = disk.restart();
  found.removeTree(dataDirectory(config).wal);
  const again = startTestMember(config, silentLogger, { ...nodeRuntime, disk: found });
  await expect(again).rejects.toMatchObject({
    code: "DATA_DIR_BAD",
    message: expect.stringContaining("write-ahead log"),
  });
});

test("a log that ends before what the database has applied is refused: new entries would pass for applied", async () => {
  const disk = new FaultDisk();
  const config = { ...testConfig, dataDir: "/data", walSegmentBytes: 20_000 };
  const member = await startTestMember(config, silentLogger, { ...nodeRuntime, disk });
  for (let i = 0; i < 10; i++) await member.put("a", "x".repeat(5_000));
  await member.stop();
  const { wal } = dataDirectory(config);
  const segments = disk.list(wal).filter(({ name }) => name.endsWith(".wal"));
  expect(segments.length).toBeGreaterThan(2);
  const found = disk.restart();
  found.remove(`${wal}/${segments.at(-1)?.name}`);
  for (const forceNewCluster of [false, true]) {
    const again = startTestMember({ ...config, forceNewCluster }, silentLogger, {
      ...nodeRuntime,
      disk: found,
    });
    await expect(again).rejects.toMatchObject({
      code: "DATA_DIR_BAD",
      message: expect.stringMatching(/ends at index \d+, but the database .* up to index \d+/),
    });
  }
});

test("the log of another cluster beside a database is refused, naming both, and nothing of it is applied", async () => {
  const founded = async (name: string, puts: number): Promise<string> => {
    const member = await startTestMember({ name, initialClusterToken: name });
    for (let i = 0; i < puts; i++) await member.put(`${name}-${i}`, "1");
    await member.stop();
    return member.directory;
  };
  const [a, b] = [await founded("a", 2), await founded("b", 40)];
  const files = dataDirectory({ dataDir: a, walDir: `${b}/member/wal` });
  const before = nodeRuntime.disk.readFile(files.database);
  for (const forceNewCluster of [false, true]) {
    await expect(
      startTestMember({ dataDir: a, walDir: files.wal, forceNewCluster }),
    ).rejects.toMatchObject({
      code: "DATA_DIR_BAD",
      message: expect.stringMatching(/of another cluster .* member [0-9a-f]+ in cluster [0-9a-f]+/),
    });
  }
  expect(Buffer.compare(nodeRuntime.disk.readFile(files.database), before)).toBe(0);
  for (const dataDir of [a, b]) await dispose(await startTestMember({ dataDir }));
});

test("the database of a snapshot that is of another cluster is refused, naming both, and not taken", async () => {
  const { disk } = nodeRuntime;
  const other = await startTestMember({ name: "other", initialClusterToken: "other" });
  for (let i = 0; i < 50; i++) await other.put(`other-${i}`, "1");
  await other.stop();
  let member = await startTestMember({ snapshotCount: 10 });
  const dataDir = member.directory;
  const files = dataDirectory({ dataDir, walDir: "" });
  await member.stop();
  const before = disk.readFile(files.database);
  member = await startTestMember({ dataDir, snapshotCount: 10 });
  for (let i = 0; i < 30; i++) await member.put(`k${i}`, "1");
  await member.stop();
  // As after a crash between the log's record of a snapshot from a leader and the exchange of the databases.
  writeFileSync(files.database, before);
  const newest = disk.list(files.snapshots).findLast(({ name }) => name.endsWith(".snap"))!;
  const received = `${files.snapshots}/${newest.name.slice(17, 33)}.snap.db`;
  const { database } = dataDirectory({ dataDir: other.directory, walDir: "" });
  writeFileSync(received, disk.readFile(database));
  await expect(startTestMember({ dataDir })).rejects.toMatchObject({
    code: "DATA_DIR_BAD",
    message: expect.stringMatching(/of another cluster than the database .*\.snap\.db: the log/),
  });
  expect(Buffer.compare(disk.readFile(files.database), before)).toBe(0);
  for (const directory of [dataDir, other.directory]) disk.removeTree(directory);
});

test("the swapped directories of two members are refused, naming both; each takes its own again", async () => {
  const cluster = await TestCluster.start(3);
  try {
    await cluster.members[0]!.put("k", "1");
    await cluster.stop(0);
    await cluster.stop(1);
    const [a, b] = cluster.configs as [Partial<MemberConfig>, Partial<MemberConfig>];
    await expect(startTestMember({ ...a, dataDir: b.dataDir! })).rejects.toMatchObject({
      code: "DATA_DIR_BAD",
      message: expect.stringMatching(
        /\(name m1, .*as member [0-9a-f]+ of the same cluster \(name m0,/,
      ),
    });
    await cluster.restart(0);
    const again = await cluster.restart(1);
    expect((await again.range("k")).count).toBe(1);
  } finally {
    await cluster.dispose();
  }
});
