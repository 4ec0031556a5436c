import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CliError } from "../src/errors.ts";
import { GROUPS } from "../src/flags/flag.ts";
import { readSettings } from "../src/flags/settings.ts";
import { FLAGS } from "../src/flags/table.ts";

const directory = mkdtempSync(join(tmpdir(), "cli-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** etcd 3.7 or later, whose flags these are; older ones differ. */
function realEtcd(): string | undefined {
  for (const path of [process.env["ETCD_BIN"], "etcd"]) {
    if (path === undefined) continue;
    try {
      const text = execFileSync(path, ["--version"], { encoding: "utf8" });
      const minor = Number(/etcd Version: 3\.(\d+)/.exec(text)?.[1] ?? 0);
      if (minor >= 7) return path;
    } catch {
      // Not installed, or not runnable.
    }
  }
  console.warn("MISSING: etcd 3.7 (set ETCD_BIN): exit codes are not compared with real etcd");
  return undefined;
}

function exitCodeOfReal(
  path: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"], ...environment };
    const child = spawn(path, args, { cwd: directory, env, stdio: "ignore" });
    // What has not failed by then is serving.
    const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

function exitCodeOfOurs(
  args: readonly string[],
  environment: Record<string, string>,
): number | null {
  try {
    const request = readSettings({
      args,
      environment,
      readFile: (path) => readFileSync(path, "utf8"),
    });
    return request.kind === "serve" ? null : 0;
  } catch (error) {
    if (error instanceof CliError) return error.exitCode;
    throw error;
  }
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const REFUSED: readonly [string[], Record<string, string>?][] = [
  [["--version"]],
  [["-version"]],
  [["--help"]],
  [["-h"]],
  [["--nosuch"]],
  [["---name"]],
  [["--=x"]],
  [["positional"]],
  [["--version", "extra"]],
  [["--", "--name"]],
  [["--strict-reconfig-check", "false"]],
  [["--snapshot-count", "abc"]],
  [["--snapshot-count"]],
  [["--snapshot-count=-1"]],
  [["--heartbeat-interval=+5"]],
  [["--heartbeat-interval=08"]],
  [["--heartbeat-interval=5000"]],
  [["--heartbeat-interval=0"]],
  [["--election-timeout=50001"]],
  [["--max-concurrent-streams=99999999999"]],
  [["--quota-backend-bytes=1e3"]],
  [["--quota-backend-bytes=9223372036854775808"]],
  [["--grpc-keepalive-min-time=5"]],
  [["--grpc-keepalive-min-time=1d"]],
  [["--force-new-cluster=maybe"]],
  [["--initial-cluster-state=bad"]],
  [["--v2-deprecation=zz"]],
  [["--auto-compaction-mode="]],
  [["--listen-client-urls=foo"]],
  [["--listen-client-urls=http://127.0.0.1"]],
  [["--listen-client-urls=http://127.0.0.1:1/x"]],
  [["--listen-client-urls=http://127.0.0.1:1"]],
  [["--listen-peer-urls=http://example.com:1"]],
  [["--initial-advertise-peer-urls=http://:1"]],
  [["--feature-gates=Foo=true"]],
  [["--feature-gates=LeaseCheckpoint=maybe"]],
  [["--feature-gates=LeaseCheckpointPersist=true"]],
  [["--compact-hash-check-time=0s"]],
  [["--config-file=/nonexistent"]],
  [["--enable-log-rotation"]],
  [["--enable-log-rotation", "--log-outputs=a.log,b.log"]],
  [["--enable-log-rotation", "--log-outputs=a.log", "--log-rotation-config-json={"]],
  [["--enable-log-rotation", "--log-outputs=a.log", '--log-rotation-config-json={"maxage":"x"}']],
  [["--feature-gates=AllAlpha=true,LeaseCheckpoint=false"]],
  [["--log-format=wrong"]],
  [[], { ETCD_SNAPSHOT_COUNT: "abc" }],
  [[], { ETCD_CONFIG_FILE: "/nonexistent" }],
  [["--name=y"], { ETCD_NAME: "x" }],
  [["--name=y"], { ETCD_NAME: "y" }],
  [["--name=y"], { ETCD_NAME: "" }],
];

/** Where we differ on purpose: bad words are found with the other bad values, before starting. */
const OURS_INSTEAD = new Map([
  ["--auto-compaction-mode=", 2],
  ["--log-format=wrong", 2],
]);

/** Flags that etcd does not have. */
const OWN = /^(auto-defrag-threshold|auto-disarm-nospace|audit-log.*|auth-failure-delay|console)$/;

/** Defaults that etcd's help leaves out or words otherwise; `log-format` is a deviation. */
const DEFAULTS: Readonly<Record<string, string>> = {
  "log-format": "auto",
  "max-concurrent-streams": "4294967295",
  "memory-mlock": "false",
  "enable-grpc-gateway": "true",
  "bootstrap-defrag-threshold-megabytes": "0",
  "downgrade-check-time": "5s",
  "snapshot-catchup-entries": "5000",
  "compaction-sleep-interval": "",
};

describe("the flag table", () => {
  it("has the flags of real etcd --help, in its order and groups, with its defaults", () => {
    const path = realEtcd();
    if (path === undefined) return;
    const text = execFileSync(path, ["--help"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const listed = text.slice(text.indexOf("\nMember:\n")).split(/^(?=\S.*:$)/m);
    const theirs = listed.flatMap((part) => {
      const group = part.trimStart().split(":", 1)[0]!;
      return [...part.matchAll(/^ {2}--(\S+)(?: '?(.*?)'?)?$/gm)].map((match) => {
        const [, name = "", value = ""] = match;
        return `${group}: --${name} '${DEFAULTS[name] ?? value}'`;
      });
    });
    const ours = GROUPS.flatMap((group) =>
      FLAGS[group]
        .filter(({ name }) => !OWN.test(name))
        .map(({ name, defaultText = "" }) => `${group}: --${name} '${defaultText}'`),
    );
    expect(theirs.length).toBeGreaterThan(100);
    expect(ours).toEqual(theirs);
  });
});

describe("exit codes are those of real etcd", () => {
  const path = realEtcd();

  it("for command lines and environments", async () => {
    if (path === undefined) return;
    const check = async ([args, environment = {}]: (typeof REFUSED)[number]): Promise<void> => {
      const line = `${JSON.stringify(environment)} ${args.join(" ")}`;
      const real = await exitCodeOfReal(path, args, environment);
      expect(real, `${line}: real etcd serves`).not.toBeNull();
      const expected = OURS_INSTEAD.get(args.join(" ")) ?? real;
      expect(exitCodeOfOurs(args, environment), line).toBe(expected);
    };
    for (let i = 0; i < REFUSED.length; i += 4)
      await Promise.all(REFUSED.slice(i, i + 4).map(check));
  });

  it("for configuration files", async () => {
    if (path === undefined) return;
    const files = [
      "snapshot-count: -4",
      "heartbeat-interval: abc",
      "watch-progress-notify-interval: 10s",
      "pre-vote: 1",
      "a: [",
      "heartbeat-interval: 5000",
      "peer-transport-security: 3",
      '{"max-wals": "two"}',
      "auto-compaction-retention: 5",
      "initial-cluster-token: 010",
      "log-outputs: [stderr, 3]",
      "log-level: 3",
      "name: a\n\tb: c",
      "[1, 2]",
    ];
    for (const [i, content] of files.entries()) {
      const args = ["--config-file", file(`${i}.yaml`, content)];
      const real = await exitCodeOfReal(path, args, {});
      expect(exitCodeOfOurs(args, {}), content).toBe(real);
    }
  });
});
