import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, it } from "vitest";
import { scenarios } from "./scenarios.ts";

const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "etcd"));
const binary = [process.env["ETCD_BIN"] ?? "", ...onPath].find(
  (path) => path !== "" && existsSync(path),
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

if (binary === undefined) {
  console.warn("MISSING: etcd (set ETCD_BIN): Job and CronJob are not tried on it");
  describe("Job and CronJob on real etcd", () => it.skip("are not proven here"));
} else {
  const folder = mkdtempSync(join(tmpdir(), "nodetcd-jobs-etcd-"));
  let etcd: ChildProcess;
  let client: Client;
  beforeAll(async () => {
    const [port, peer] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    etcd = spawn(
      binary,
      [
        ["--data-dir", folder, "--unsafe-no-fsync"],
        ["--listen-client-urls", url, "--advertise-client-urls", url],
        ["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
        ["--initial-cluster", `default=${peerUrl}`],
      ].flat(),
      { stdio: "ignore" },
    );
    client = new Client({ runtime: nodeRuntime, endpoints: url });
    await client.get("ready");
  });
  afterAll(async () => {
    client.close();
    const gone = new Promise((resolve) => etcd.once("exit", resolve));
    etcd.kill("SIGKILL");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  scenarios("on real etcd", () => client);
}
