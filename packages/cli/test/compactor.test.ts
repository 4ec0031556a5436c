import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realEtcdBinaries, startRealEtcd } from "../../client/test/real-etcd.ts";
import { startEtcd } from "../../nodetcd/src/nodetcd.ts";
import { logLines, type Running, said, start, temporaryDirectory } from "./support/program.ts";

interface Target {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const servers: { name: string; open: () => Promise<Target> }[] = [
  { name: "nodetcd", open: () => startEtcd() },
  ...realEtcdBinaries().map(({ path, version }) => ({
    name: `etcd ${version}`,
    open: () => startRealEtcd(path),
  })),
];

const COMPACTED = "compacted: this compactor won the round";

describe.each(servers)("nodetcd compactor at $name", ({ open }) => {
  let target: Target;
  let client: Client;
  beforeAll(async () => {
    target = await open();
    client = new Client({ runtime: nodeRuntime, endpoints: target.endpoint });
  });
  afterAll(async () => {
    client.close();
    await target.stop();
  });

  const run = (...flags: string[]): Running =>
    start(["compactor", "--endpoints", target.endpoint, "--log-format", "json", ...flags]);
  const compactions = (running: Running): Record<string, unknown>[] =>
    logLines(running).filter(({ msg }) => msg === COMPACTED);

  test("three processes compact once an interval, and go on when the winner is killed", async () => {
    const three = [0, 1, 2].map(() => run("--interval", "400ms"));
    const all = (): Record<string, unknown>[] => three.flatMap(compactions);
    const until = (count: number): Promise<void> =>
      expect.poll(() => all().length).toBeGreaterThanOrEqual(count);
    await until(3);
    const winner = three.find((one) => compactions(one).length > 0)!;
    winner.child.kill("SIGKILL");
    await winner.exit;
    const others = three.filter((one) => one !== winner);
    const before = others.flatMap(compactions).length;
    await expect.poll(() => others.flatMap(compactions).length).toBeGreaterThan(before + 2);
    for (const one of others) one.child.kill("SIGTERM");
    expect(await Promise.all(others.map(({ exit }) => exit))).toEqual([0, 0]);
    // Each value of the clock is won once; the clock is the version of the key.
    const clocks = all().map(({ clock }) => Number(clock));
    expect(new Set(clocks).size).toBe(clocks.length);
    const times = all()
      .map(({ ts }) => Date.parse(String(ts)))
      .toSorted((a, b) => a - b);
    for (const [i, time] of times.slice(1).entries()) expect(time - times[i]!).toBeGreaterThan(200);
    expect(three.flatMap(logLines).filter(({ level }) => level === "error")).toEqual([]);
    expect((await client.maintenance.hashKv()).compactRevision).toBeGreaterThan(1);
  });

  test("--once and --dry-run end by themselves; metrics are served while it runs", async () => {
    expect(await run("--once").exit).toBe(0);
    const before = (await client.get("compact_rev_key"))!;
    const dry = run("--once", "--dry-run");
    expect(await dry.exit).toBe(0);
    expect(dry.output.err).toContain(`"compacted-revision":${before.modRevision}`);
    expect((await client.get("compact_rev_key"))!.modRevision).toBe(before.modRevision);

    const serving = run("--interval=100ms", "--metrics-listen=127.0.0.1:0");
    await said(serving, COMPACTED);
    const { metrics } = logLines(serving).find(({ msg }) => msg === "compacting")!;
    const page = await (await fetch(String(metrics))).text();
    expect(page).toMatch(/nodetcd_compactor_rounds_total\{outcome="compacted"\} [1-9]/);
    expect((await fetch(String(metrics).replace("/metrics", "/"))).status).toBe(404);
    serving.child.kill("SIGTERM");
    expect(await serving.exit).toBe(0);
  });
});

test("nodetcd compactor comes over TLS as a user, and is refused without", async () => {
  const dataDir = temporaryDirectory();
  const etcd = await startEtcd({ dataDir, config: { clientTls: { autoTls: true } } });
  try {
    await etcd.client.auth.addUser("root", { password: "p:w" });
    await etcd.client.auth.grantRole("root", "root");
    await etcd.client.auth.enable();
    const once = (environment: Record<string, string>, ...flags: string[]): Running =>
      start(["compactor", "--once", "--endpoints", etcd.endpoint, ...flags], { environment });
    const ca = ["--cacert", join(dataDir, "fixtures/client/cert.pem")];
    expect(await once({}, ...ca).exit).toBe(1);
    expect(await once({ NODETCD_COMPACTOR_USER: "root:p:w" }, ...ca).exit).toBe(0);
    expect(await once({}, ...ca, "--user=root:p:w").exit).toBe(0);
  } finally {
    await etcd.stop();
  }
}, 60_000);

describe("nodetcd compactor", () => {
  test.each([
    [["--intervall", "5m"], "Did you mean --interval?"],
    [["--interval", "5"], 'invalid value "5" for --interval: write a duration'],
    [["--interval", "1ms"], "it must be from 10 to"],
    [["--endpoints", "ftp://a:1"], "Endpoint ftp://a:1"],
    [["--user", "root"], "--user must be name:password"],
    [["--cert", "a.pem"], "--cert and --key go together"],
    [["--metrics-listen", "9100"], '"9100" is not an address to listen on'],
  ])("refuses %j with what to do", async (flags, words) => {
    const running = start(["compactor", ...flags]);
    expect(await running.exit).toBe(2);
    expect(running.output.err).toContain(words);
  });
});
