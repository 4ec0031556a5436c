/**
 * The fuzz test of the suite at full size:
 * `node --expose-gc --conditions=@nodetcd/source --import tsx packages/grpc/bench/fuzz.ts`.
 * STREAMS (default 10000) and SEED are read from the environment.
 */
import { fuzz } from "../test/fuzz.ts";
import { seed } from "../test/seed.ts";

const streams = Number(process.env["STREAMS"] ?? 10_000);
const report = await fuzz(streams, seed);
console.log(report);
const leaked = report.connectionsLeft !== 1 || report.callsLeft !== 0;
if (leaked || report.heapGrowthBytes > 32 * 1024 * 1024) process.exitCode = 1;
