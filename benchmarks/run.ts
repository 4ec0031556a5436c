/**
 * Real etcd and nodetcd side by side: same machine, same disk, same load, in turn (A B A B ...).
 *
 *     npm run bench            about two minutes
 *     RUNS=5 SECONDS=3 npm run bench
 *     npm run bench -- cluster    three members of each beside each other
 *     BESIDE=../old/bin/nodetcd npm run bench    an older tree of ours in the same turns
 *     SECURITY=tls npm run bench    over TLS; simple: with a user and a token, jwt: with a signed one, audit: with our audit log
 *
 * `LOADERS=1` uses one load process (default 4). `ONLY=put` leaves out workloads whose name does not hold that, `SHAPES=1x1,16x16` names
 * connections and streams. Every figure is the median over the
 * runs; latencies are those that the load generator sees, in milliseconds.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type Peer, peer } from "../tests/peers.ts";
import { run, type ServerProcess, temporaryDirectory } from "../tests/processes.ts";
import { makeFiles } from "../tests/security/files.ts";
import { PutRequest } from "@nodetcd/messages";
import {
  compare,
  fill,
  HEADING,
  load,
  LOADERS,
  QUOTA_BYTES,
  RUNS,
  SECONDS,
  type Subject,
  type Workload,
} from "./measured.ts";
import { SECURITIES, type Secured, startSecured } from "./secured.ts";

const ONLY = process.env["ONLY"] ?? "";
const SECURITY = SECURITIES.find((each) => each === (process.env["SECURITY"] ?? "none"));
const SHAPES = (process.env["SHAPES"] ?? "16x16,64x1").split(",").map((shape) => {
  const [connections = 1, streams = 1] = shape.split("x").map(Number);
  return { connections, streams };
});
const WORKLOADS: readonly Workload[] = [
  ...SHAPES.map((shape) => ({ name: "Put 256 B", kind: "put" as const, ...shape })),
  ...SHAPES.map((shape) => ({ name: "Range linearizable", kind: "range" as const, ...shape })),
  ...SHAPES.map((shape) => ({
    name: "Range serializable",
    kind: "serializable" as const,
    ...shape,
  })),
].filter(({ name }) => name.toLowerCase().includes(ONLY.toLowerCase()));

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
  if (SECURITY === undefined) throw new Error(`SECURITY is one of ${SECURITIES.join(", ")}`);
  const beside = process.env["BESIDE"];
  const ours = peer("nodetcd");
  const older = ours && beside ? { ...ours, path: resolve(beside), version: "beside" } : undefined;
  const found = [peer("etcd"), older, ours].filter((each) => each !== undefined);
  const base = temporaryDirectory("nodetcd-bench");
  const servers: Secured[] = [];
  const files = join(base, "files");
  try {
    await makeFiles(files);
    for (const each of found) {
      const dataDirectory = join(base, `${each.name}-${each.version}`);
      mkdirSync(dataDirectory, { mode: 0o700 });
      const flags = [`--quota-backend-bytes=${QUOTA_BYTES}`];
      servers.push(await startSecured(each, SECURITY, files, { dataDirectory, flags }));
    }
    const versions = found.map(({ name, version }) => `${name} ${version}`).join(", ");
    console.log(
      `${versions}; node ${process.version}; ${cpus().length} x ${cpus()[0]?.model ?? "cpu"}; data in ${base}; security: ${SECURITY}`,
    );
    console.log(
      `medians of ${RUNS} runs of ${SECONDS} s each, in turn; latencies in ms; "load" is the cpu of the busiest of ${LOADERS} load processes`,
    );
    console.log(HEADING);
    const subjects = servers.map(({ server, entry }): Subject => {
      const { name, version } = server.peer;
      return { label: version === "beside" ? version : name, port: () => server.clientPort, entry };
    });
    for (const subject of subjects) await fill(subject);
    for (const workload of WORKLOADS) await compare(workload, subjects, base);
    const h2load = peer("h2load");
    if (h2load !== undefined && SECURITY === "none") {
      console.log("cross-check of the load generator, Put of one key, 16 x 16:");
      for (const { server } of servers) await crossCheck(h2load, server, base);
    }
  } finally {
    for (const { server } of servers) await server.stop();
    rmSync(base, { recursive: true, force: true });
  }
}

if (process.argv[2] === "cluster") await (await import("./cluster.ts")).benchClusters();
else await main();
