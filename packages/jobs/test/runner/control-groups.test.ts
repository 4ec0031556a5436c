import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { quantity } from "../../src/objects/quantity.ts";
import { ControlGroups, joined, limitsOf } from "../../src/runner/process/control-groups.ts";
import { TestNode, until } from "./node.ts";

test.each([
  ["500m", 0.5],
  ["2", 2],
  ["0.1", 0.1],
  ["64Mi", 67_108_864],
  ["1e3", 1_000],
  ["1G", 1e9],
  ["1E", 1e18],
  ["", undefined],
  ["Mi", undefined],
  ["1XX", undefined],
  ["5 M", undefined],
])("quantity %j is %s", (text, number) => {
  expect(quantity(text)).toBe(number);
});

describe("ControlGroups of version 2, files alone", () => {
  const root = mkdtempSync(join(tmpdir(), "cgroup2-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("enables controllers, sets limits, and reads that memory ran out", () => {
    writeFileSync(join(root, "cgroup.controllers"), "cpu memory pids\n");
    writeFileSync(join(root, "cgroup.subtree_control"), "pids\n");
    const groups = ControlGroups.open(root);
    expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toMatch(/\+memory \+cpu$/);
    const folder = join(root, "nodetcd-jobs", "a_main_0");
    const files = groups.create("a_main_0", limitsOf({ memory: "64Mi", cpu: "250m" })!);
    expect(files).toEqual([join(folder, "cgroup.procs")]);
    expect(readFileSync(join(folder, "memory.max"), "utf8")).toBe("67108864");
    expect(readFileSync(join(folder, "cpu.max"), "utf8")).toBe("25000 100000");
    writeFileSync(join(folder, "memory.events"), "oom 1\noom_kill 0\n");
    expect(groups.ranOutOfMemory("a_main_0")).toBe(false);
    writeFileSync(join(folder, "memory.events"), "oom 1\noom_kill 2\n");
    expect(groups.ranOutOfMemory("a_main_0")).toBe(true);
    mkdirSync(join(root, "nodetcd-jobs", "empty"));
    groups.removeAllEmpty();
    expect(readdirSync(join(root, "nodetcd-jobs")).filter((name) => name === "empty")).toEqual([]);
  });

  it("joined leaves a command without limits as it is", () => {
    expect(joined([], ["true"])).toEqual(["true"]);
    expect(limitsOf({ "ephemeral-storage": "1Gi" })).toBeUndefined();
  });
});

function available(): boolean {
  try {
    ControlGroups.open();
    return true;
  } catch {
    console.warn("MISSING: control groups that may be made: limits are not tried on this machine");
    return false;
  }
}

describe.skipIf(!available())("limits on this machine", () => {
  let etcd: Etcd;
  let node: TestNode;
  beforeAll(async () => {
    etcd = await startEtcd({ listen: false });
    node = new TestNode(etcd.client);
    await node.start();
  });
  afterAll(async () => {
    await node.end();
    await etcd.stop();
  });

  const limited = (script: string, limits: Record<string, string>) =>
    node.create({
      containers: [{ name: "main", command: ["bash", "-c", script], resources: { limits } }],
    });

  it("a shell that fills its own memory is killed, with the reason", async () => {
    const pod = await limited("x=$(head -c 100M /dev/zero | tr '\\0' x); echo ${#x}", {
      memory: "32Mi",
    });
    const ended = await node.ended(pod);
    const state = ended.status?.containerStatuses?.[0]?.state?.terminated;
    expect([state?.reason, state?.exitCode]).toEqual(["OOMKilled", 137]);
  });

  it("a tenth of a processor is what a busy loop gets", async () => {
    const script = "timeout 2 bash -c 'while :; do :; done'; times | tail -1";
    const pod = await limited(script, { cpu: "100m" });
    await node.ended(pod);
    const [, minutes = "", seconds = ""] = /^(\d+)m([\d.]+)s/.exec(await node.logs(pod)) ?? [];
    expect(Number(minutes) * 60 + Number(seconds)).toBeLessThan(0.8);
    await until(() => node.processes().length === 0, "no process is left");
  });
});
