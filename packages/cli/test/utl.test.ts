import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import {
  builtProgram,
  findPeer,
  memberArgs,
  said,
  start,
  startMember,
  temporaryDirectory,
} from "./support/program.ts";

const BUMP = 1_000;
const directory = temporaryDirectory();
const snapshot = join(directory, "backup.db");
let program: readonly string[];
/** Store revision of the snapshot. */
let revision: number;

function nodetcd(...args: string[]): { status: number | null; out: string; err: string } {
  const [path = "", ...first] = program;
  const { status, stdout, stderr } = spawnSync(path, [...first, ...args], {
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ runtime: nodeRuntime, endpoints: url });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** etcd of the version that the data has; an older one refuses it. */
function recentEtcd(): string | undefined {
  const path = findPeer("ETCD_BIN", "etcd");
  if (path === undefined) return undefined;
  const version =
    /etcd Version: (\S+)/.exec(execFileSync(path, ["--version"]).toString())?.[1] ?? "";
  if (/^3\.[7-9]\./.test(version)) return path;
  console.warn(
    `MISSING: etcd 3.7 (set ETCD_BIN; here is ${version}): it is not started on the data`,
  );
  return undefined;
}

describe("nodetcd utl", () => {
  it("has a snapshot that ctl has saved", async () => {
    program = builtProgram();
    const member = await startMember("source", join(directory, "source"), { program });
    await withClient(member.url, async (client) => {
      for (const key of ["a", "b", "c", "a"]) await client.put(key, `of ${key}`);
      ({ revision } = await client.delete("b"));
    });
    const saved = nodetcd("ctl", `--endpoints=${member.url}`, "snapshot", "save", snapshot);
    expect(saved.out).toContain(`Snapshot saved at ${snapshot}`);
    member.child.kill("SIGTERM");
    await member.exit;
  });

  it("status and hashkv say what etcdutl says", () => {
    const status = nodetcd("utl", "snapshot", "status", snapshot, "-w", "json");
    expect(JSON.parse(status.out)).toMatchObject({ revision, totalKey: 2, version: "3.7.0" });
    const etcdutl = findPeer("ETCDUTL_BIN", "etcdutl");
    if (etcdutl === undefined) return;
    for (const command of [["snapshot", "status"], ["hashkv"]]) {
      for (const form of ["simple", "json", "fields", "table"]) {
        // etcdutl writes into the file that it reads.
        const copy = join(directory, "copy.db");
        cpSync(snapshot, copy);
        const args = [...command, copy, "-w", form];
        const ours = nodetcd("utl", ...args).out;
        expect(ours).toBe(execFileSync(etcdutl, args, { encoding: "utf8" }));
      }
    }
  });

  it("restore refuses what is damaged, or is there already, and leaves it as it was", () => {
    const damaged = join(directory, "damaged.db");
    const bytes = readFileSync(snapshot);
    bytes[bytes.length - 40]! ^= 1;
    writeFileSync(damaged, bytes);
    const target = join(directory, "refused");
    const refused = nodetcd("utl", "snapshot", "restore", damaged, "--data-dir", target);
    expect(refused).toMatchObject({ status: 1, err: expect.stringContaining("expected sha256") });
    const taken = nodetcd(
      "utl",
      "snapshot",
      "restore",
      snapshot,
      "--data-dir",
      join(directory, "source"),
    );
    expect(taken).toMatchObject({ status: 1, err: expect.stringContaining("not empty") });
    const half = nodetcd("utl", "snapshot", "restore", snapshot, "--bump-revision", "5");
    expect(half).toMatchObject({ status: 128 });
  });

  it("a restored directory with a raised revision starts, as etcd's too, and has none of the old history", async () => {
    for (const peer of ["nodetcd", "etcd"]) {
      const path = peer === "etcd" ? recentEtcd() : undefined;
      if (peer === "etcd" && path === undefined) continue;
      const target = join(directory, `restored-${peer}`);
      const args = await memberArgs("restored", target);
      const [client, peerUrl] = [args[5]!, args[9]!];
      const restored = nodetcd(
        "utl",
        "snapshot",
        "restore",
        snapshot,
        `--data-dir=${target}`,
        "--name=restored",
        `--initial-cluster=restored=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--bump-revision=${BUMP}`,
        "--mark-compacted",
      );
      expect(restored).toMatchObject({ status: 0 });
      expect(nodetcd("utl", "verify", target)).toMatchObject({ status: 0 });
      const flags = [
        ...args,
        "--initial-advertise-peer-urls",
        peerUrl,
        "--initial-cluster",
        `restored=${peerUrl}`,
      ];
      const running = start(flags, { program: path === undefined ? program : [path] });
      await said(running, "ready to serve client requests");
      await withClient(client, async (one) => {
        const all = await one.range("", { prefix: true });
        expect(all.keyValues.map((kv) => kv.keyText())).toEqual(["a", "c"]);
        expect(all.revision).toBe(revision + BUMP);
        await expect(one.get("a", { revision })).rejects.toMatchObject({ code: "COMPACTED" });
        expect((await one.put("d", "new")).revision).toBe(revision + BUMP + 1);
        const [member] = await one.cluster.members();
        expect(member).toMatchObject({ name: "restored", peerUrls: [peerUrl] });
      });
      running.child.kill("SIGTERM");
      await running.exit;
      const seen = nodetcd("utl", "inspect", target);
      expect(seen).toMatchObject({ status: 0, out: expect.stringContaining("(this one)") });
    }
  });

  it("verify finds a bit that has changed in the log, and nothing when it is put back", () => {
    const target = join(directory, "bit");
    nodetcd("utl", "snapshot", "restore", snapshot, "--data-dir", target);
    const wal = join(target, "member/wal/0000000000000000-0000000000000000.wal");
    const bytes = readFileSync(wal);
    bytes[200]! ^= 1;
    writeFileSync(wal, bytes);
    expect(nodetcd("utl", "verify", target)).toMatchObject({
      status: 1,
      out: expect.stringContaining("FAIL  log: checksums"),
    });
    bytes[200]! ^= 1;
    writeFileSync(wal, bytes);
    expect(nodetcd("utl", "verify", target)).toMatchObject({ status: 0 });
  });
});
