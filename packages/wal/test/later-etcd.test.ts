import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { entry } from "./helpers.ts";
import { openMember, PAIRS, startEtcd } from "./real-etcd.ts";

const [etcd, etcdctl] = PAIRS.find(([each]) => existsSync(each)) ?? PAIRS[0];
const { PATH = "" } = process.env;
const folder = mkdtempSync(join(tmpdir(), "later-etcd-"));
const flock = PATH.split(delimiter)
  .map((place) => join(place, "flock"))
  .find((path) => existsSync(path));

// The first lock of this process finds that flock is all there is.
beforeAll(() => {
  const programs = join(folder, "bin");
  mkdirSync(programs);
  if (flock !== undefined) symlinkSync(flock, join(programs, "flock"));
  process.env["PATH"] = programs;
});
afterAll(() => rmSync(folder, { recursive: true }));

it("without perl: an etcd that takes our open log, whose lock it does not see, is found before a segment is left to it", async () => {
  if (process.platform !== "linux" || flock === undefined || !existsSync(etcd)) {
    console.warn("MISSING: etcd and flock on Linux (set ETCD_BIN, ETCDCTL_BIN)");
    return;
  }
  const dataDir = join(folder, "data");
  const first = await startEtcd(etcd, etcdctl, dataDir);
  for (let i = 0; i < 25; i++) first.put(`key-${i}`, `value-${i}`);
  await first.kill();

  const { wal, entries, hardState } = await openMember(`${dataDir}/member`);
  const later = await startEtcd(etcd, etcdctl, dataDir);
  const append = async (): Promise<void> => {
    let { index } = entries.at(-1)!;
    for (let i = 0; i < 4; i++) {
      await wal.append(hardState, [entry(++index, hardState.term, Buffer.alloc(5000))]);
    }
  };
  await expect(append()).rejects.toThrow(/another program .* holds a lock on it/);
  await wal.close().catch(() => undefined);
  await later.kill();
}, 60_000);
