/**
 * Empty unary calls per second over 16 connections x 16 streams, driven by h2load: this package next to
 * `node:http2`, in turns, medians of ROUNDS (default 3) rounds of CALLS (default 300,000; a tenth of
 * that for node:http2). Also this package's own client: one channel, 256 calls in flight.
 * `node --conditions=@nodetcd/source --import tsx packages/grpc/bench/empty-call.ts`
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { Channel } from "../src/grpc.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const calls = Number(process.env["CALLS"] ?? 300_000);
const PATH = "/bench.Echo/Empty";

const body = join(mkdtempSync(join(tmpdir(), "nodetcd-grpc-bench-")), "empty-message");
writeFileSync(body, Buffer.alloc(5));

async function startServer(kind: string): Promise<{ port: number; child: ChildProcess }> {
  const script = new URL("./empty-server.ts", import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ["--conditions=@nodetcd/source", "--import", "tsx", script],
    { env: { ...process.env, PORT: "0", HTTP2: kind }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString()))),
  );
  return { port, child };
}

function h2load(port: number, count: number): Promise<number> {
  const args = ["-c16", "-m16", "-n", String(count), "-d", body, "-H", "te: trailers"];
  args.push("-H", "content-type: application/grpc", `http://127.0.0.1:${port}${PATH}`);
  return new Promise((resolve, reject) => {
    execFile("h2load", args, (error, stdout) => {
      const rate = /finished in .*, ([\d.]+) req\/s/.exec(stdout);
      const clean = stdout.includes(`${count} succeeded, 0 failed, 0 errored`);
      if (rate === null || !clean) reject(error ?? new Error(`h2load says: ${stdout}`));
      else resolve(Number(rate[1]));
    });
  });
}

function ownClient(port: number, count: number): Promise<number> {
  const channel = new Channel({ network: nodeNetwork, clock: nodeClock, host: "127.0.0.1", port });
  const request = new Uint8Array(0);
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    let sent = 0;
    let received = 0;
    const next = (): void => {
      sent++;
      channel.unaryCallback(PATH, request, (error) => {
        if (error !== undefined) reject(error);
        else if (++received === count) {
          channel.close();
          resolve((count / (performance.now() - begin)) * 1000);
        } else if (sent < count) next();
      });
    };
    for (let i = 0; i < 256; i++) next();
  });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const own = await startServer("own");
const node = await startServer("node");
const rates: { own: number[]; node: number[]; client: number[] } = {
  own: [],
  node: [],
  client: [],
};
for (let round = 0; round <= rounds; round++) {
  const ownRate = await h2load(own.port, calls);
  const nodeRate = await h2load(node.port, Math.ceil(calls / 10));
  const clientRate = await ownClient(own.port, Math.ceil(calls / 3));
  // The first round warms up.
  if (round === 0) continue;
  rates.own.push(ownRate);
  rates.node.push(nodeRate);
  rates.client.push(clientRate);
}
own.child.kill();
node.child.kill();
const show = (rate: number): string => Math.round(rate).toLocaleString("en");
console.log(
  `@nodetcd/grpc server  ${show(median(rates.own))} calls/s  (${rates.own.map(show).join(" ")})`,
);
console.log(
  `node:http2 server     ${show(median(rates.node))} calls/s  (${rates.node.map(show).join(" ")})`,
);
console.log(`ratio                 ${(median(rates.own) / median(rates.node)).toFixed(1)}`);
console.log(`@nodetcd/grpc client  ${show(median(rates.client))} calls/s on one connection`);
