import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  findPeer,
  freePort,
  logLines,
  READY,
  type Running,
  said,
  start,
  temporaryDirectory,
} from "./support/program.ts";

const directory = temporaryDirectory();
const INSECURELY = "serving client traffic insecurely; this is strongly discouraged!";
const PUBLISHED = "published local member to cluster through raft";
const SERVING_PORT = new RegExp(`${INSECURELY}.*"address":"127\\.0\\.0\\.1:(\\d+)"`);

/**
 * Lines that etcd always writes in this order, and ours too, with the fields that have the same values. Those of
 * raft begin with the member's id.
 */
const SHARED: readonly [string, readonly string[]][] = [
  ["Running: ", []],
  ["configuring peer listeners", ["listen-peer-urls"]],
  ["configuring client listeners", ["listen-client-urls"]],
  [
    "starting an etcd server",
    [
      "etcd-version",
      "member-initialized",
      "name",
      "data-dir",
      "wal-dir",
      "wal-dir-dedicated",
      "member-dir",
      "force-new-cluster",
      "heartbeat-interval",
      "election-timeout",
      "initial-election-tick-advance",
      "snapshot-count",
      "max-wals",
      "max-snapshots",
      "snapshot-catchup-entries",
      "initial-advertise-peer-urls",
      "listen-peer-urls",
      "advertise-client-urls",
      "listen-client-urls",
      "listen-metrics-urls",
      "cors",
      "host-whitelist",
      "initial-cluster",
      "initial-cluster-state",
      "initial-cluster-token",
      "quota-backend-bytes",
      "max-request-bytes",
      "max-concurrent-streams",
      "pre-vote",
      "feature-gates",
      "initial-corrupt-check",
      "corrupt-check-time-interval",
      "compact-check-time-interval",
      "auto-compaction-mode",
      "auto-compaction-retention",
      "auto-compaction-interval",
      "downgrade-check-interval",
      "max-learners",
    ],
  ],
  ["starting etcd server", ["local-member-id", "local-server-version", "cluster-version"]],
  ["became leader at term 2", []],
  ["elected leader", []],
  [PUBLISHED, ["local-member-id", "local-member-attributes", "cluster-id", "publish-timeout"]],
  [READY, []],
  [INSECURELY, ["traffic", "address"]],
  ["received signal; shutting down", ["signal"]],
  ["closing etcd server", ["name", "data-dir", "advertise-peer-urls", "advertise-client-urls"]],
  ["closed etcd server", ["name", "data-dir", "advertise-peer-urls", "advertise-client-urls"]],
];

/** The shared lines in the order in which they came, each with its level and shared fields. */
function sharedLines(lines: readonly Record<string, unknown>[]): SharedLine[] {
  return lines.flatMap((line): SharedLine[] => {
    const found = SHARED.find(([words]) => String(line["msg"]).includes(words));
    if (found === undefined) return [];
    const [words, fields] = found;
    const values = fields.map((field) => [field, line[field]]);
    return [[words, line["level"], Object.fromEntries(values)]];
  });
}

type SharedLine = readonly [string, ...unknown[]];

/** Two goroutines of etcd write these lines, now and then (on a busy machine) in the other order. */
function publishedFirst(lines: SharedLine[]): SharedLine[] {
  const place = (words: string): number => lines.findIndex(([found]) => found === words);
  const [published, ready] = [place(PUBLISHED), place(READY)];
  if (published === ready + 1) lines.splice(ready, 2, lines[published]!, lines[ready]!);
  return lines;
}

describe("log lines", () => {
  it("are those of real etcd where scripts match them: words, levels, fields and order", async () => {
    const etcd = findPeer("ETCD_BIN", "etcd");
    if (etcd === undefined) return;
    if (!execFileSync(etcd, ["--version"], { encoding: "utf8" }).includes("Version: 3.7")) {
      console.warn(`MISSING: etcd 3.7 (here is ${etcd}): its log lines are not compared`);
      return;
    }
    const [client, peer] = [await freePort(), await freePort()];
    const flags = [
      ["--name", "m1"],
      ["--data-dir", "data"],
      ["--listen-client-urls", `http://127.0.0.1:${client}`],
      ["--advertise-client-urls", `http://127.0.0.1:${client}`],
      ["--listen-peer-urls", `http://127.0.0.1:${peer}`],
      ["--initial-advertise-peer-urls", `http://127.0.0.1:${peer}`],
      ["--initial-cluster", `m1=http://127.0.0.1:${peer}`],
      ["--snapshot-count", "1234"],
      ["--feature-gates", "LeaseCheckpoint=true"],
    ].flat();
    const lifeOf = async (running: Running): Promise<SharedLine[]> => {
      await said(running, INSECURELY);
      running.child.kill("SIGTERM");
      await running.exit;
      return sharedLines(logLines(running));
    };
    const real = await lifeOf(start(flags, { cwd: temporaryDirectory(), program: [etcd] }));
    const ours = await lifeOf(start(flags, { cwd: temporaryDirectory() }));
    expect(ours).toEqual(publishedFirst(real));
    expect(new Set(ours.map(([words]) => words)).size).toBe(SHARED.length);
  });

  it("tell the port that was bound, for those who asked for any", async () => {
    const running = start(
      [
        ["--name", "any", "--data-dir", join(directory, "any")],
        ["--listen-client-urls", "http://localhost:0"],
        ["--advertise-client-urls", "http://localhost:0"],
        ["--listen-peer-urls", "http://localhost:0"],
        ["--listen-metrics-urls", `unix://${join(directory, "metrics.sock")}`],
      ].flat(),
    );
    await said(running, INSECURELY);
    const port = SERVING_PORT.exec(running.output.err)?.[1];
    expect(await (await fetch(`http://127.0.0.1:${port}/version`)).text()).toContain("etcdserver");
    const messages = logLines(running).map(({ msg }) => msg);
    expect(messages).toContain("serving peer traffic");
    expect(messages).toContain("serving metrics");
    running.child.kill("SIGINT");
    expect(await running.exit).toBe(0);
    expect(logLines(running)).toContainEqual(
      expect.objectContaining({ msg: "received signal; shutting down", signal: "interrupt" }),
    );
  });
});

describe("NOTIFY_SOCKET", () => {
  const RECEIVE = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(150)
print("bound", flush=True)
# The message, then a barrier that the sender waits at.
while True: print(s.recv(4096).decode(), flush=True)
`;

  function has(...command: string[]): boolean {
    try {
      execFileSync(command[0] ?? "", command.slice(1), { stdio: "ignore" });
      return true;
    } catch {
      console.warn(`MISSING: ${command[0]}: readiness for systemd is not tested`);
      return false;
    }
  }

  it("gets READY=1 once the member serves", async () => {
    if (!has("systemd-notify", "--version") || !has("python3", "--version")) return;
    const path = join(directory, "notify.sock");
    const receiver = spawn("python3", ["-c", RECEIVE, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(receiver.stdout, "data");
    let received = "";
    receiver.stdout.on("data", (chunk: Buffer) => (received += chunk.toString()));
    const running = start(
      [
        ["--name", "notify", "--data-dir", join(directory, "notify")],
        ["--listen-client-urls", "http://127.0.0.1:0"],
        ["--advertise-client-urls", "http://127.0.0.1:0"],
        ["--listen-peer-urls", "http://127.0.0.1:0"],
      ].flat(),
      { environment: { NOTIFY_SOCKET: path } },
    );
    await said(running, "successfully notified init daemon");
    await expect.poll(() => received).toContain("READY=1");
    expect(running.output.err.indexOf(READY)).toBeLessThan(
      running.output.err.indexOf("notifying init daemon"),
    );
    receiver.kill();
    running.child.kill("SIGTERM");
    expect(await running.exit).toBe(0);
  });

  it("that nobody answers at is an error in the log, and no more", async () => {
    const running = start(
      [
        ["--name", "deaf", "--data-dir", join(directory, "deaf")],
        ["--listen-client-urls", "http://127.0.0.1:0"],
        ["--advertise-client-urls", "http://127.0.0.1:0"],
        ["--listen-peer-urls", "http://127.0.0.1:0"],
      ].flat(),
      { environment: { NOTIFY_SOCKET: join(directory, "nobody.sock") } },
    );
    await said(running, "failed to notify systemd for readiness");
    running.child.kill("SIGTERM");
    expect(await running.exit).toBe(0);
  });
});
