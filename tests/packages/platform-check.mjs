// Runs inside a platform that is tried, in a project with `nodetcd` in it: the three tests, then the program. Prints what it took as JSON.
// Usage: node platform-check.mjs [read-only]
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const readOnly = process.argv.includes("read-only");
const main = join(import.meta.dirname, "node_modules/nodetcd/lib/nodetcd/dist/main.js");

function run(...args) {
  const done = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
  if (done.status === 0) return done.stdout;
  throw new Error(
    `${args.join(" ")}: ${done.status} ${done.error ?? ""}\n${done.stdout}\n${done.stderr}`,
  );
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function tryProgram() {
  const folder = readOnly ? "/nowhere" : mkdtempSync(join(tmpdir(), "platform-"));
  const [client, peer] = [
    `http://127.0.0.1:${await freePort()}`,
    `http://127.0.0.1:${await freePort()}`,
  ];
  const flags = ["--data-dir", join(folder, "data"), "--listen-client-urls", client];
  const advertised = ["--advertise-client-urls", client, "--listen-peer-urls", peer];
  const server = spawn(process.execPath, [main, ...flags, ...advertised]);
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (chunk) => (said += chunk));
  const ended = once(server, "close");
  if (readOnly) {
    const [status] = await ended;
    const refusal = /Cannot [^"\n]+/.exec(said)?.[0];
    if (status === 0 || refusal === undefined) throw new Error(`no sentence: ${status} ${said}`);
    return { refused: refusal };
  }
  const ctl = (...args) => run(main, "ctl", "--endpoints", client, ...args);
  for (let tries = 0; !said.includes("ready to serve client requests"); tries++) {
    if (tries === 600 || server.exitCode !== null) throw new Error(`it does not serve: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  ctl("put", "greeting", "hello");
  if (ctl("get", "greeting") !== "greeting\nhello\n") throw new Error("put and get differ");
  server.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true });
  return { locks: said.includes("can be run") ? "claims" : "flock" };
}

const begun = performance.now();
run("--test", "nodetcd.test.mjs");
const tested = performance.now();
const program = await tryProgram();
console.log(
  JSON.stringify({ tests: tested - begun, program: performance.now() - tested, ...program }),
);
