/**
 * Real etcd and nodetcd side by side: same machine, same disk, same load, in turn (A B A B ...).
 *
 *     npm run bench            about two minutes
 *     RUNS=5 SECONDS=3 npm run bench
 *     BESIDE=../old/bin/nodetcd npm run bench    an older tree of ours in the same turns
 *
 * `LOADERS=1` uses one load process (default 4). `ONLY=put` leaves out workloads whose name does not hold that. Every figure is the median over the
 * runs; latencies are those that the load generator sees, in milliseconds.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type Peer, peer, ROOT } from "../tests/peers.ts";
import { run, type ServerProcess, startServer, temporaryDirectory } from "../tests/processes.ts";
import { PutRequest } from "@nodetcd/messages";
import type { LoadOptions, LoadResult } from "./load.ts";

const RUNS = Number(process.env["RUNS"] ?? 3);
const SECONDS = Number(process.env["SECONDS"] ?? 1.5);
/** Load processes: so many that the server, and none of them, is at its limit; two were at 100 % of a core. */
const LOADERS = Number(process.env["LOADERS"] ?? 4);
const ONLY = process.env["ONLY"] ?? "";
/** Many runs put more than the default of 2 GiB. */
const QUOTA_BYTES = 8 * 1024 ** 3;

interface Workload {
  readonly name: string;
  readonly kind: LoadOptions["kind"];
  readonly connections: number;
  readonly streams: number;
}

const SHAPES = [
  { connections: 16, streams: 16 },
  { connections: 64, streams: 1 },
];
const WORKLOADS: readonly Workload[] = [
  ...SHAPES.map((shape) => ({ name: "Put 256 B", kind: "put" as const, ...shape })),
  ...SHAPES.map((shape) => ({ name: "Range linearizable", kind: "range" as const, ...shape })),
  ...SHAPES.map((shape) => ({
    name: "Range serializable",
    kind: "serializable" as const,
    ...shape,
  })),
].filter(({ name }) => name.toLowerCase().includes(ONLY.toLowerCase()));

/** What the load processes of one run measured together. */
interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Of the busiest load process: near 1 it, not the server, is what is measured. */
  readonly busy: number;
}

async function loadProcess(options: LoadOptions): Promise<LoadResult> {
  const script = join(ROOT, "benchmarks", "load.ts");
  const args = ["--conditions=@nodetcd/source", "--import", "tsx", script, JSON.stringify(options)];
  const done = await run(process.execPath, args, { cwd: ROOT, timeoutMs: 120_000 });
  if (done.status !== 0) throw new Error(`load ended with ${done.status}: ${done.stderr}`);
  const result = JSON.parse(done.stdout.toString()) as LoadResult;
  if (result.errors > 0) console.log(`  ${result.errors} calls failed: ${result.firstError}`);
  return result;
}

/** The connections are shared out to `LOADERS` processes, which begin together. */
async function load(options: LoadOptions, directory: string): Promise<Measured> {
  const loaders = Math.min(LOADERS, options.connections);
  const files = Array.from({ length: loaders }, (_, index) => join(directory, `samples-${index}`));
  const results = await Promise.all(
    files.map((samplesFile) =>
      loadProcess({ ...options, connections: options.connections / loaders, samplesFile }),
    ),
  );
  const parts = files.map((file) => {
    const bytes = readFileSync(file);
    rmSync(file);
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  });
  const sorted = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (sorted.set(part, at), at + part.length), 0);
  sorted.sort();
  const percentile = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return {
    perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
    busy: Math.max(...results.map(({ busy }) => busy)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

type Figure = keyof Measured;

function medians(results: readonly Measured[]): Record<Figure, number> {
  const of = (figure: Figure): number => median(results.map((result) => result[figure]));
  return {
    perSecond: of("perSecond"),
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    busy: of("busy"),
  };
}

async function compare(
  workload: Workload,
  servers: readonly ServerProcess[],
  directory: string,
): Promise<void> {
  const results = servers.map((): Measured[] => []);
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [index, server] of servers.entries()) {
      const { kind, connections, streams } = workload;
      results[index]?.push(
        await load(
          { port: server.clientPort, kind, connections, streams, seconds: SECONDS },
          directory,
        ),
      );
    }
  }
  const figures = results.map(medians);
  for (const [index, { perSecond, p50, p99, p999, busy }] of figures.entries()) {
    const first = figures[0];
    const ratio =
      index > 0 && first !== undefined ? `  x ${(perSecond / first.perSecond).toFixed(2)}` : "";
    const columns = [
      workload.name.padEnd(19),
      `${workload.connections} x ${workload.streams}`.padEnd(8),
      (servers[index]?.peer.version === "beside"
        ? "beside"
        : (servers[index]?.peer.name ?? "")
      ).padEnd(8),
      Math.round(perSecond).toLocaleString("en").padStart(9),
      ...[p50, p99, p999].map((ms) => ms.toFixed(2).padStart(8)),
      `${Math.round(busy * 100)}%`.padStart(6),
    ];
    console.log(columns.join(" ") + ratio);
  }
}

/** An independent load generator on the same server, shape and message, to hold ours against. */
async function crossCheck(h2load: Peer, server: ServerProcess, directory: string): Promise<void> {
  const message = PutRequest.encode({
    key: Buffer.from("key000000000"),
    value: new Uint8Array(256).fill(120),
  });
  const body = Buffer.alloc(5 + message.length);
  body.writeUInt32BE(message.length, 1);
  body.set(message, 5);
  const file = join(directory, "put.bin");
  writeFileSync(file, body);
  const headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
  const url = `${server.url}/etcdserverpb.KV/Put`;
  const shape = [
    "-c",
    "16",
    "-m",
    "16",
    "-t",
    "1",
    "-D",
    String(Math.ceil(SECONDS)),
    "--warm-up-time",
    "1",
  ];
  const theirs = await run(h2load.path, [...shape, "-d", file, ...headers, url], {
    timeoutMs: 60_000,
  });
  const rate = Number(
    /finished in .*?, ([\d.]+) req\/s/.exec(theirs.stdout.toString())?.[1] ?? NaN,
  );
  const failed = /(\d+) failed/.exec(theirs.stdout.toString())?.[1] ?? "?";
  const shapeOfOurs = {
    kind: "put" as const,
    connections: 16,
    streams: 16,
    seconds: SECONDS,
    keys: 1,
  };
  const ours = await load({ port: server.clientPort, ...shapeOfOurs }, directory);
  console.log(
    `  ${server.peer.name.padEnd(8)} h2load ${Math.round(rate).toLocaleString("en")}/s (${failed} failed), ` +
      `ours ${Math.round(ours.perSecond).toLocaleString("en")}/s: ${(ours.perSecond / rate).toFixed(2)}`,
  );
}

async function main(): Promise<void> {
  const beside = process.env["BESIDE"];
  const ours = peer("nodetcd");
  const older = ours && beside ? { ...ours, path: resolve(beside), version: "beside" } : undefined;
  const found = [peer("etcd"), older, ours].filter((each) => each !== undefined);
  const base = temporaryDirectory("nodetcd-bench");
  const servers: ServerProcess[] = [];
  try {
    for (const each of found) {
      const dataDirectory = join(base, `${each.name}-${each.version}`);
      mkdirSync(dataDirectory, { mode: 0o700 });
      servers.push(
        await startServer(each, { dataDirectory, flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] }),
      );
    }
    const versions = found.map(({ name, version }) => `${name} ${version}`).join(", ");
    console.log(
      `${versions}; node ${process.version}; ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}; data in ${base}`,
    );
    console.log(
      `medians of ${RUNS} runs of ${SECONDS} s each, in turn; latencies in ms; "load" is the cpu of the busiest of ${LOADERS} load processes`,
    );
    console.log("workload            shape    server    calls/s      p50      p99    p99.9   load");
    for (const server of servers) {
      await loadProcess({
        port: server.clientPort,
        kind: "fill",
        connections: 4,
        streams: 64,
        seconds: 0,
        warmUpSeconds: 0,
      });
    }
    for (const workload of WORKLOADS) await compare(workload, servers, base);
    const h2load = peer("h2load");
    if (h2load !== undefined) {
      console.log("cross-check of the load generator, Put of one key, 16 x 16:");
      for (const server of servers) await crossCheck(h2load, server, base);
    }
  } finally {
    for (const server of servers) await server.stop();
    rmSync(base, { recursive: true, force: true });
  }
}

await main();
