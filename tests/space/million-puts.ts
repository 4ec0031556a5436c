/**
 * A million puts in the order of their keys (32 + 256 bytes) to nodetcd and to real etcd: size of the file, how full its
 * leaves are by `bbolt stats`, and what a restart then takes until `/health`, in seconds and processor seconds.
 *
 *     COUNT=1000000 npm run prove -- million-puts
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";

const COUNT = Number(process.env["COUNT"] ?? 1_000_000);
const CONNECTIONS = 4;
const STREAMS = 64;
const START_MS = 120_000;
const FLAGS = ["--quota-backend-bytes=8589934592"];
const MIB = 1 << 20;

/** Processor seconds of a process so far, from `/proc` (Linux; 100 ticks a second). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function put(url: string): Promise<void> {
  const value = Buffer.alloc(256, "v");
  let next = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (next < COUNT) {
      const key = Buffer.from(String(next++).padStart(32, "0"));
      await connection.call(METHODS.KV.Put, { key, value }, 30_000);
    }
  };
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(url));
  await Promise.all(
    connections.flatMap((each) => Array.from({ length: STREAMS }, () => work(each))),
  );
  for (const connection of connections) connection.close();
}

async function measure(program: Peer): Promise<void> {
  const dataDirectory = temporaryDirectory("million-puts");
  const start = (): ReturnType<typeof startServer> =>
    startServer(program, { dataDirectory, flags: FLAGS, startTimeoutMs: START_MS });
  const first = await start();
  await put(first.url);
  await first.kill();

  const path = `${dataDirectory}/member/snap/db`;
  const began = performance.now();
  const second = await start();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  const processor = processorSeconds(second.pid).toFixed(1);
  await second.stop();
  const size = (statSync(path).size / MIB).toFixed(0);
  console.log(`${program.name} ${program.version}: file ${size} MiB, ${leaves(path)}`);
  console.log(`  restart after kill -9: ${seconds} s, ${processor} s of processor time`);
  rmSync(dataDirectory, { recursive: true });
}

/** Of the bucket `key`. */
function leaves(path: string): string {
  const bbolt = peer("bbolt");
  if (bbolt === undefined) return "leaves not looked at";
  const text = execFileSync(bbolt.path, ["stats", path], { encoding: "utf8" });
  return /Bytes actually used for leaf data: .*/.exec(text)?.[0] ?? text;
}

for (const name of ["nodetcd", "etcd"] as const) {
  const program = peer(name);
  if (program !== undefined) await measure(program);
}
