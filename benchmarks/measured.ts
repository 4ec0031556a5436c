/** Load processes that begin together, and what they measure. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../tests/peers.ts";
import { run } from "../tests/processes.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

/** Load processes: so many that the server, and none of them, is at its limit; two were at 100 % of a core. */
export const LOADERS = Number(process.env["LOADERS"] ?? 4);

/** Runs of each load; every figure is their median. */
export const RUNS = Number(process.env["RUNS"] ?? 3);
/** How long one lasts. */
export const SECONDS = Number(process.env["SECONDS"] ?? 1.5);
/** Many runs put more than the default of 2 GiB. */
export const QUOTA_BYTES = 8 * 1024 ** 3;

export const HEADING =
  "workload            shape    server    calls/s      p50      p99    p99.9   load";

/** What the load processes of one run measured together. */
export interface Measured {
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
export async function load(options: LoadOptions, directory: string): Promise<Measured> {
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

export function medians(results: readonly Measured[]): Record<Figure, number> {
  const of = (figure: Figure): number => median(results.map((result) => result[figure]));
  return {
    perSecond: of("perSecond"),
    p50: of("p50"),
    p99: of("p99"),
    p999: of("p999"),
    busy: of("busy"),
  };
}

export interface Workload {
  readonly name: string;
  readonly kind: LoadOptions["kind"];
  readonly connections: number;
  readonly streams: number;
}

/** A server, or a part of a cluster, under load. */
export interface Subject {
  /** As the table calls it. */
  readonly label: string;
  /** Asked before each run, since leaders change. */
  readonly port: () => number | Promise<number>;
  /** What lets the load in. Default: nothing is needed. */
  readonly entry?: Pick<LoadOptions, "ca" | "token">;
}

/** The same load on all subjects in turn (A B A B ...), and a line for each; ratios are to the first. */
export async function compare(
  { name, kind, connections, streams }: Workload,
  subjects: readonly Subject[],
  directory: string,
): Promise<void> {
  const results = subjects.map((): Measured[] => []);
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [i, { port, entry }] of subjects.entries()) {
      const shape = { kind, connections, streams, seconds: SECONDS };
      results[i]!.push(await load({ ...shape, ...entry, port: await port() }, directory));
    }
  }
  const figures = results.map(medians);
  for (const [i, { perSecond, p50, p99, p999, busy }] of figures.entries()) {
    const columns = [
      name.padEnd(19),
      `${connections} x ${streams}`.padEnd(8),
      subjects[i]!.label.padEnd(8),
      Math.round(perSecond).toLocaleString("en").padStart(9),
      ...[p50, p99, p999].map((ms) => ms.toFixed(2).padStart(8)),
      `${Math.round(busy * 100)}%`.padStart(6),
    ];
    const ratio = i === 0 ? "" : `  x ${(perSecond / figures[0]!.perSecond).toFixed(2)}`;
    console.log(columns.join(" ") + ratio);
  }
}

/** Writes every key once. */
export async function fill({ port, entry }: Subject): Promise<void> {
  const options = { kind: "fill", connections: 4, streams: 64, seconds: 0 } as const;
  await loadProcess({ ...options, ...entry, port: await port(), warmUpSeconds: 0 });
}
