/** The npm client `@kubernetes/client-node` on `nodetcd jobs`, installed into a folder of its own for the run. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sayMissing } from "../../peers.ts";
import { run, temporaryDirectory } from "../../processes.ts";
import { JobsServer } from "../jobs-server.ts";

/** The newest that runs on Node 20. */
const PACKAGE = "@kubernetes/client-node@1.4.0";

async function main(): Promise<void> {
  const folder = temporaryDirectory("nodetcd-client-node");
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE];
    const installed = await run("npm", npm, { cwd: folder, timeoutMs: 120_000 });
    if (installed.status !== 0) {
      return sayMissing(`${PACKAGE} from npm (${installed.stderr.trim().split("\n").at(-1)})`);
    }
    copyFileSync(join(import.meta.dirname, "client.mjs"), join(folder, "client.mjs"));
    mkdirSync(join(folder, "jobs"));
    const server = await JobsServer.start({ folder: join(folder, "jobs") });
    if (server === undefined) return;
    try {
      const args = [join(folder, "client.mjs"), server.url];
      const done = await run(process.execPath, args, { cwd: folder, timeoutMs: 120_000 });
      if (done.status !== 0)
        throw new Error(`${PACKAGE} ended with ${done.status}: ${done.stderr}`);
      console.log(`${PACKAGE}: ${done.stdout.toString().trim()}`);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
