import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InternalRaftRequest, type PutRequest, type WalSnapshot } from "@nodetcd/messages";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { loadNewestSnapshotFile, openWal, readLog, readValidSnapshots } from "../src/wal.ts";
import { entry, FROM_START, plain } from "./helpers.ts";
import { openMember, PAIRS, type RunningEtcd, startEtcd } from "./real-etcd.ts";

describe("files of a real etcd", () => {
  for (const [etcd, etcdctl] of PAIRS) {
    it(`are read and continued: ${etcd}`, async () => {
      if (!existsSync(etcd) || !existsSync(etcdctl)) {
        console.warn(
          `MISSING: ${etcd} or ${etcdctl} (set ETCD_BIN, ETCDCTL_BIN): its log is not read`,
        );
        return;
      }
      const dataDir = mkdtempSync(join(tmpdir(), "wal-etcd-"));
      try {
        const running = await startEtcd(etcd, etcdctl, dataDir);
        for (let i = 0; i < 25; i++) running.put(`key-${i}`, `value-${i}`);
        if (process.platform === "linux") await checkRefused(`${dataDir}/member/wal`);
        await running.kill();
        await checkReadAndContinued(`${dataDir}/member`);
        const again = await startEtcd(etcd, etcdctl, dataDir);
        expect(again.get("key-24")).toBe("value-24");
        again.put("key-24", "after");
        expect(again.get("key-24")).toBe("after");
        await again.kill();
        if (process.platform !== "linux") return;
        const start = (): Promise<RunningEtcd> => startEtcd(etcd, etcdctl, dataDir);
        await checkKeptOut(`${dataDir}/member`, start);
      } finally {
        rmSync(dataDir, { recursive: true });
      }
    });
  }
});

const runtime = { clock: nodeClock, disk: nodeDisk };

/** The log of a running etcd, whose locks flock(2) does not see. */
async function checkRefused(directory: string): Promise<void> {
  await expect(openWal(runtime, directory, FROM_START)).rejects.toMatchObject({ code: "LOCKED" });
}

/** While the log is open here etcd's lock of its last segment fails, whatever was cut. */
async function checkKeptOut(member: string, start: () => Promise<RunningEtcd>): Promise<void> {
  const { wal, entries, hardState } = await openMember(member);
  let { index } = entries.at(-1)!;
  for (let i = 0; i < 4; i++) {
    await wal.append(hardState, [entry(++index, hardState.term, Buffer.alloc(5000))]);
  }
  await expect(start()).rejects.toThrow("ended at its start");
  await wal.close();
}

/** The put of an entry; none in what 3.4 still writes in the form of the v2 API. */
function putOf(data: Uint8Array): PutRequest | undefined {
  try {
    return InternalRaftRequest.decode(data).put;
  } catch {
    return undefined;
  }
}

async function checkReadAndContinued(member: string): Promise<void> {
  const content = await readLog(nodeDisk, `${member}/wal`, FROM_START);
  const puts = content.entries
    .filter((e) => e.type === 0 && e.data.length > 0)
    .map((e) => putOf(e.data))
    .filter((put) => put !== undefined)
    .map((put) => `${Buffer.from(put.key).toString()}=${Buffer.from(put.value).toString()}`);
  expect(puts).toEqual(Array.from({ length: 25 }, (_, i) => `key-${i}=value-${i}`));
  expect(content.hardState.term).toBeGreaterThan(0);
  content.entries.forEach((e, i) => expect(e.index).toBe(i + 1));

  const valid = readValidSnapshots(nodeDisk, `${member}/wal`);
  expect(valid.length).toBeGreaterThan(1);
  const snapshot = loadNewestSnapshotFile(nodeDisk, `${member}/snap`, valid);
  expect(snapshot?.metadata?.index).toBe(valid.at(-1)?.index);
  expect(snapshot?.metadata?.confState?.voters.length).toBe(1);

  const from: WalSnapshot = valid.at(-1) ?? FROM_START;
  const {
    wal,
    entries: found,
    hardState,
    metadata,
  } = await openWal(runtime, `${member}/wal`, from);
  expect(Buffer.from(metadata)).toEqual(Buffer.from(content.metadata));
  expect(plain(found)).toEqual(plain(content.entries.slice(from.index)));
  const last = content.entries.length;
  const noOps = [1, 2, 3].map((n) => entry(last + n, hardState.term, new Uint8Array(0)));
  // As a leader's first entry of a term: etcd applies them as nothing.
  await wal.append({ ...hardState, commit: last }, noOps);
  await wal.close();
  const again = await readLog(nodeDisk, `${member}/wal`, from);
  expect(again.entries.length).toBe(found.length + 3);
}
