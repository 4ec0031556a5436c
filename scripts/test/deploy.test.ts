import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { validate } from "dockerfile-utils";
import { describe, expect, test } from "vitest";
import { sayMissing } from "../../tests/peers.ts";
import { readSettings } from "../../packages/cli/src/flags/settings.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const deploy = join(root, "deploy");
const read = (name: string): string => readFileSync(join(deploy, name), "utf8");

/** Runs a tool of the named kind; undefined, said aloud, where it is not at hand. */
function tool(variable: string, name: string, args: readonly string[]) {
  const { error, status, stdout, stderr } = spawnSync(process.env[variable] ?? name, args, {
    encoding: "utf8",
  });
  if (error === undefined) return { status, text: `${stdout}${stderr}` };
  sayMissing(`${name} (set ${variable} or put it on PATH)`);
  return undefined;
}

/** The settings that a member makes of arguments, with its files read from `deploy`. */
function settingsOf(args: readonly string[]) {
  const readFile = (path: string): string => read(path.split("/").at(-1)!);
  const request = readSettings({ args, environment: {}, readFile });
  if (request.kind !== "serve") throw new Error(`got ${request.kind}`);
  const warnings = request.settings.notes.filter(({ level }) => level === "warn");
  return { config: request.settings.config, warnings };
}

describe("deploy/nodetcd.service", () => {
  test("is what systemd takes, and starts a member with a configuration that it takes", () => {
    const verified = tool("SYSTEMD_ANALYZE_BIN", "systemd-analyze", [
      "verify",
      join(deploy, "nodetcd.service"),
    ]);
    if (verified !== undefined) expect(verified).toEqual({ status: 0, text: "" });
    const [, command] = /^ExecStart=\/usr\/bin\/env nodetcd (.*)$/m.exec(read("nodetcd.service"))!;
    const { config, warnings } = settingsOf(command!.split(" "));
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ name: "one", dataDir: "/var/lib/nodetcd/data" });
  });
});

describe("deploy/Containerfile", () => {
  test("is a Dockerfile without faults, and its command is one of flags", () => {
    expect(validate(read("Containerfile"))).toEqual([]);
    const [, command] = /^CMD (\[".*\])$/m.exec(read("Containerfile"))!;
    const { config } = settingsOf(JSON.parse(command!) as string[]);
    expect(config.dataDir).toBe("/var/lib/nodetcd/data");
  });

  test("a planted fault is found", () => {
    expect(validate(`${read("Containerfile")}\nRAN true\n`)).toHaveLength(1);
  });
});

describe("deploy/kubernetes", () => {
  const file = join(deploy, "kubernetes/nodetcd.yaml");

  test("is what Kubernetes takes", () => {
    const checked = tool("KUBERNETES_VALIDATE_BIN", "kubernetes-validate", ["--strict", file]);
    if (checked !== undefined) expect(checked.status, checked.text).toBe(0);
  });

  test("its arguments are flags of a member that finds itself in the cluster", () => {
    const args = [...read("kubernetes/nodetcd.yaml").matchAll(/^ {12}- (--\S+)$/gm)].map((match) =>
      match[1]!.replaceAll("$(POD)", "nodetcd-0"),
    );
    const { config, warnings } = settingsOf(args);
    expect(warnings).toEqual([]);
    const own = `${config.name}=${config.initialAdvertisePeerUrls[0]}`;
    expect(config.initialCluster.split(",")).toContain(own);
    expect(config.initialCluster.split(",")).toHaveLength(3);
  });
});

describe("deploy/prometheus", () => {
  test("is what Prometheus takes, and each alert fires when it should", () => {
    const folder = join(deploy, "prometheus");
    for (const args of [
      ["check", "config", join(folder, "prometheus.yml")],
      ["test", "rules", join(folder, "alerts.test.yml")],
    ]) {
      const checked = tool("PROMTOOL_BIN", "promtool", args);
      if (checked !== undefined) expect(checked.status, checked.text).toBe(0);
    }
  });
});
