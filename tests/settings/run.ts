/**
 * Command lines, environments and files that real etcd starts with must be taken here too, with the same
 * values. What is taken here and not there is listed, and is no fault.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../packages/cli/src/flags/settings.ts";
import { isAtLeast, peer, sayMissing } from "../peers.ts";
import { freePort } from "../processes.ts";
import { type Case, CASES } from "./cases.ts";

/** How long etcd may take to start, in milliseconds; one with a high log level says nothing. */
const START_MS = 6_000;
const AT_ONCE = 4;

/** What is compared, by the names of etcd's first log line; undefined: refused. */
type Taken = Record<string, unknown> | undefined;

interface Given {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly file: string | undefined;
}

async function given(one: Case): Promise<Given> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const client = `http://127.0.0.1:${port}`;
  const url = (text: string): string => text.replaceAll("PORT", String(port));
  const settings = {
    "listen-client-urls": url(one.listen ?? client),
    "advertise-client-urls": url(one.advertise ?? client),
    "listen-peer-urls": `http://127.0.0.1:${peerPort}`,
    "initial-advertise-peer-urls": `http://127.0.0.1:${peerPort}`,
    "initial-cluster": `default=http://127.0.0.1:${peerPort}`,
  };
  const pairs = Object.entries(settings);
  const environment = one.environment ?? {};
  if (one.file === undefined) {
    const args = [...pairs.map(([name, value]) => `--${name}=${value}`), ...(one.args ?? [])];
    return { args, environment, file: undefined };
  }
  const head = pairs.map(([name, value]) => `${name}: '${value}'\n`).join("");
  return { args: [], environment, file: head + one.file };
}

const COMPARED = [
  "name",
  "snapshot-count",
  "initial-cluster-token",
  "pre-vote",
  "listen-client-urls",
];

function pick(line: string): Record<string, unknown> {
  const found = JSON.parse(line) as Record<string, unknown>;
  return Object.fromEntries(COMPARED.map((name) => [name, found[name]]));
}

/** What real etcd makes of it; an empty record when it runs and says nothing. */
async function byEtcd(path: string, { args, environment, file }: Given): Promise<Taken> {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  const config = file === undefined ? [] : ["--config-file", "etcd.yaml"];
  if (file !== undefined) writeFileSync(join(folder, "etcd.yaml"), file);
  const child = spawn(path, [...args, ...config], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const isUp = new Promise<undefined>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("ready to serve client requests")) resolve(undefined);
    });
    setTimeout(() => resolve(undefined), START_MS).unref();
  });
  const code = await Promise.race([exit, isUp]);
  child.kill("SIGKILL");
  await exit;
  rmSync(folder, { recursive: true, force: true });
  const line = log.split("\n").find((each) => each.includes('"starting an etcd server"'));
  if (typeof code === "number") return undefined;
  return line === undefined ? {} : pick(line);
}

function byOurs({ args, environment, file }: Given): Taken {
  const config = file === undefined ? [] : ["--config-file=etcd.yaml"];
  try {
    const request = readSettings({
      args: [...args, ...config],
      environment,
      readFile: () => file ?? "",
    });
    if (request.kind !== "serve") return undefined;
    const { name, snapshotCount, initialClusterToken, preVote, listenClientUrls } =
      request.settings.config;
    const values = [name, snapshotCount, initialClusterToken, preVote, listenClientUrls];
    return Object.fromEntries(COMPARED.map((key, i) => [key, values[i]]));
  } catch {
    return undefined;
  }
}

async function compare(path: string, one: Case): Promise<"alike" | "more" | "fault"> {
  const settings = await given(one);
  const [real, ours] = [await byEtcd(path, settings), byOurs(settings)];
  if (real === undefined && ours === undefined) return "alike";
  const isEmpty = real !== undefined && Object.keys(real).length === 0;
  if (ours !== undefined && (isEmpty || JSON.stringify(real) === JSON.stringify(ours))) {
    return "alike";
  }
  const what = JSON.stringify(one);
  if (real === undefined) {
    console.log(`taken here and refused by etcd (or only at its start): ${what}`);
    return "more";
  }
  console.error(`DIFFERS: ${what}\n  etcd ${JSON.stringify(real)}\n  ours ${JSON.stringify(ours)}`);
  return "fault";
}

const etcd = peer("etcd");
if (etcd === undefined || !isAtLeast(etcd.version, "3.7")) {
  sayMissing("etcd 3.7: no settings were compared");
} else {
  const counts = { alike: 0, more: 0, fault: 0 };
  const left = [...CASES];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      counts[await compare(etcd.path, one)]++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const { alike, more, fault } = counts;
  console.log(
    `settings: ${CASES.length} starts, ${alike} alike, ${more} taken only here, ${fault} differ`,
  );
  process.exitCode = fault === 0 ? 0 : 1;
}
