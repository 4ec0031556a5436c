/**
 * The load generator: a process of its own, a closed loop of unary calls.
 *
 *     tsx benchmarks/load.ts '{"port":2379,"kind":"put","connections":16,"streams":16,"seconds":2}'
 *
 * Each connection keeps `streams` calls in flight; a reply is followed by the next call at once. Prints one line
 * of JSON: what `LoadResult` says. The first `warmUpSeconds` are not counted.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Channel, type UnaryDone } from "@nodetcd/grpc";
import { METHODS, PutRequest, RangeRequest } from "@nodetcd/messages";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";

export interface LoadOptions {
  readonly port: number;
  readonly kind: "fill" | "put" | "range" | "serializable";
  readonly connections: number;
  /** Calls in flight on each connection. */
  readonly streams: number;
  /** Counted time; for `fill` it ends when every key was written once. */
  readonly seconds: number;
  /** Path of the authority's certificate of a server that is called over TLS. */
  readonly ca?: string;
  /** Sent with each call. */
  readonly token?: string;
  /** Default 0.5. */
  readonly warmUpSeconds?: number;
  /** Different keys that are written and read. Default 10,000. */
  readonly keys?: number;
  /** Bytes of a value. Default 256. */
  readonly valueBytes?: number;
  /** A file that gets every counted latency, as 64-bit floats of milliseconds, unsorted. */
  readonly samplesFile?: string;
}

export interface LoadResult {
  readonly calls: number;
  readonly perSecond: number;
  readonly errors: number;
  readonly firstError: string | undefined;
  /** Share of one core that this process used: near 1 it, not the server, is what is measured. */
  readonly busy: number;
}

/** Latencies kept at most; more than a run of some seconds can have. */
const MAX_SAMPLES = 4_000_000;
const DEFAULT_KEYS = 10_000;
const DEFAULT_VALUE_BYTES = 256;

/** Requests are encoded once: the load's own cost stays small and the same for every server. */
function encodeRequests(options: LoadOptions): { path: string; requests: Uint8Array[] } {
  const count = options.keys ?? DEFAULT_KEYS;
  const value = new Uint8Array(options.valueBytes ?? DEFAULT_VALUE_BYTES).fill(120);
  const isWrite = options.kind === "put" || options.kind === "fill";
  const requests = Array.from({ length: count }, (_, index) => {
    const key = Buffer.from(`key${String(index).padStart(9, "0")}`);
    return isWrite
      ? PutRequest.encode({ key, value })
      : RangeRequest.encode({ key, serializable: options.kind === "serializable" });
  });
  return { path: isWrite ? METHODS.KV.Put.path : METHODS.KV.Range.path, requests };
}

async function load(options: LoadOptions): Promise<LoadResult> {
  const { path, requests } = encodeRequests(options);
  const metadata = options.token === undefined ? undefined : new Map([["token", options.token]]);
  const samples = new Float64Array(MAX_SAMPLES);
  const start = performance.now();
  const from = start + (options.warmUpSeconds ?? 0.5) * 1000;
  const until = options.kind === "fill" ? Infinity : from + options.seconds * 1000;
  let counted = 0;
  let errors = 0;
  let firstError: string | undefined;
  let next = 0;
  let cpuAtStart = process.cpuUsage();
  let counting = false;

  const loop = (channel: Channel): Promise<void> =>
    new Promise((resolve) => {
      const send = (): void => {
        // A stride that meets every key, far from its neighbours.
        const request = requests[(next * 7919) % requests.length];
        next += 1;
        if (request === undefined) return;
        const sentAt = performance.now();
        const done: UnaryDone = (error) => {
          const now = performance.now();
          if (error !== undefined) {
            errors += 1;
            firstError ??= error.message;
          } else if (now >= from && now < until && counted < MAX_SAMPLES) {
            if (!counting) {
              counting = true;
              cpuAtStart = process.cpuUsage();
            }
            samples[counted++] = now - sentAt;
          }
          const isOver = options.kind === "fill" ? next >= requests.length : now >= until;
          if (isOver || errors > 1000) resolve();
          else send();
        };
        channel.unaryCallback(path, request, done, metadata);
      };
      send();
    });

  const channels = Array.from(
    { length: options.connections },
    () =>
      new Channel({
        network: nodeNetwork,
        clock: nodeClock,
        host: "127.0.0.1",
        port: options.port,
        ...(options.ca === undefined ? {} : { tls: { ca: readFileSync(options.ca) } }),
      }),
  );
  await Promise.all(
    channels.flatMap((channel) => Array.from({ length: options.streams }, () => loop(channel))),
  );
  const seconds = options.kind === "fill" ? (performance.now() - start) / 1000 : options.seconds;
  const used = process.cpuUsage(cpuAtStart);
  for (const channel of channels) channel.close();

  if (options.samplesFile !== undefined) {
    writeFileSync(options.samplesFile, new Uint8Array(samples.buffer, 0, counted * 8));
  }
  return {
    calls: counted,
    perSecond: counted / seconds,
    errors,
    firstError,
    busy: (used.user + used.system) / 1e6 / seconds,
  };
}

const [argument] = process.argv.slice(2);
if (argument === undefined) throw new Error("usage: load.ts <options as JSON>");
console.log(JSON.stringify(await load(JSON.parse(argument) as LoadOptions)));
process.exit(0);
