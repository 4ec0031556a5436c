/**
 * Ten thousand strangers at a TLS port: silent ones, ones that stop in the middle of their first record, ones that send
 * nonsense in it, ones that drip. Meanwhile a client puts; its times, and the server's memory and descriptors, are held to bounds.
 *
 *     COUNT=10000 tsx tests/security/handshakes.ts
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { peer } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { makeFiles } from "./files.ts";
import { pause, TlsMember } from "./member.ts";

const COUNT = Number(process.env["COUNT"] ?? 10_000);
/** Strangers that begin at once: no more than the system keeps waiting for a server. */
const WAVE = 200;
/** Much of it is what the collector has not looked at yet; it does not grow with more strangers. */
const RSS_GROWTH_MAX = 200 * 1024 * 1024;
const DESCRIPTORS_MAX = 1_200;

const RECORD = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);

/** What the strangers do, in turn. */
const KINDS: readonly ((socket: Socket) => void)[] = [
  () => undefined,
  (socket) => void socket.write(RECORD),
  (socket) => void socket.write(Buffer.concat([RECORD.subarray(0, 5), randomBytes(512)])),
  (socket) => void socket.write(randomBytes(100)),
  (socket) => {
    socket.write(RECORD.subarray(0, 1));
    const drip = setInterval(() => socket.write(Buffer.from([1])), 500);
    socket.on("close", () => clearInterval(drip));
  },
];

interface Usage {
  readonly rss: number;
  readonly descriptors: number;
}

function usage(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  return { rss, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** Times of puts one after the other, until told to stop. */
async function putting(client: Client, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const start = performance.now();
    await client.put("key", "value");
    times.push(performance.now() - start);
    await pause(5);
  }
  return times.toSorted((a, b) => a - b);
}

function show(times: readonly number[]): string {
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  return `${times.length} puts, median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${(times.at(-1) ?? 0).toFixed(1)} ms`;
}

/** The strangers, in a process of their own: they stay until it is ended. */
async function attack(port: number): Promise<void> {
  for (let i = 0; i < COUNT; i += WAVE) {
    for (let j = 0; j < WAVE; j++) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      socket.on("connect", () => KINDS[j % KINDS.length]!(socket)).resume();
    }
    await pause(60);
  }
  console.log("all have come");
}

/** Resolves when all strangers have come; some stay. */
function startAttack(port: number): { over: Promise<void>; end: () => void } {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), String(port)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const over = new Promise<void>((resolve) => {
    child.stdout.once("data", () => resolve());
    child.once("close", () => resolve());
  });
  return { over, end: () => child.kill("SIGKILL") };
}

async function until(isSo: () => boolean, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isSo() && Date.now() < end) await pause(50);
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const work = temporaryDirectory("security-handshakes");
  const files = join(work, "files");
  await makeFiles(files);
  const flags = ["--cert-file=OWN.crt", "--key-file=OWN.key"];
  const member = await TlsMember.start(subject, { flags }, files, join(work, "member"));
  const ca = readFileSync(join(files, "ca.crt"));
  const endpoints = `https://127.0.0.1:${member.port}`;
  const client = new Client({ runtime: nodeRuntime, endpoints, tls: { ca } });
  try {
    const quietEnd = Date.now() + 2_000;
    const quiet = await putting(client, () => Date.now() > quietEnd);
    const before = usage(member.pid);
    const most = { ...before };
    const watch = (): number => {
      const now = usage(member.pid);
      most.rss = Math.max(most.rss, now.rss);
      most.descriptors = Math.max(most.descriptors, now.descriptors);
      return now.descriptors;
    };
    let isOver = false;
    const puts = putting(client, () => isOver);
    const strangers = startAttack(member.port);
    let haveCome = false;
    void strangers.over.then(() => (haveCome = true));
    await until(() => (watch(), haveCome), 60_000);
    // Those that wait for nothing are cut by the time limit.
    const isLeft = (): boolean => watch() <= before.descriptors + 5;
    const came = performance.now();
    await until(isLeft, 90_000);
    const seconds = ((performance.now() - came) / 1_000).toFixed(1);
    strangers.end();
    isOver = true;
    const during = await puts;
    const fresh = new Client({ runtime: nodeRuntime, endpoints, tls: { ca } });
    await fresh.put("another", "client");
    fresh.close();
    await pause(500);
    const after = usage(member.pid);
    const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
    console.log(`quiet:  ${show(quiet)}; ${mib(before.rss)}, ${before.descriptors} descriptors`);
    console.log(
      `attack: ${show(during)}; ${mib(most.rss)}, ${most.descriptors} descriptors at most`,
    );
    console.log(
      `after:  ${mib(after.rss)}, ${after.descriptors} descriptors; the last of ${COUNT} strangers was cut ${seconds} s after it came`,
    );
    const problems = [
      most.rss - before.rss > RSS_GROWTH_MAX && "memory grew too much",
      most.descriptors > DESCRIPTORS_MAX && "too many descriptors were taken",
      after.descriptors > before.descriptors + 20 && "strangers were not cut",
      (during.at(-1) ?? Infinity) > 5_000 && "a put waited for more than 5 s",
    ].filter((each) => each !== false);
    for (const problem of problems) console.log(`FAIL ${problem}`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    client.close();
    await member.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

const [port] = process.argv.slice(2);
await (port === undefined ? main() : attack(Number(port)));
