/** The npm client `etcd3` (grpc-js underneath), installed into a directory of its own for the run. */
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, sayMissing } from "../peers.ts";
import { run, startServer, temporaryDirectory } from "../processes.ts";

export async function proveEtcd3(subject: Peer): Promise<string> {
  const directory = temporaryDirectory("nodetcd-etcd3");
  try {
    writeFileSync(join(directory, "package.json"), '{ "private": true, "type": "module" }');
    const npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "etcd3@1.1.2"];
    const installed = await run("npm", npm, { cwd: directory, timeoutMs: 120_000 });
    if (installed.status !== 0) {
      sayMissing(`etcd3 from npm (${installed.stderr.trim().split("\n").at(-1)})`);
      return "left out";
    }
    const script = join(directory, "etcd3-client.mjs");
    copyFileSync(join(dirname(fileURLToPath(import.meta.url)), "etcd3-client.mjs"), script);
    const server = await startServer(subject);
    try {
      const done = await run(process.execPath, [script, server.endpoint], {
        cwd: directory,
        timeoutMs: 60_000,
      });
      if (done.status !== 0) throw new Error(`etcd3 ended with ${done.status}: ${done.stderr}`);
      return done.stdout.toString().trim();
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
