/**
 * `nodetcd jobs` by a compressed clock, in a process of its own, to be killed. Arguments: how many times as fast, since
 * when (milliseconds of wall time), what it said then, and those of `nodetcd jobs`.
 */
import { jobs } from "@nodetcd/cli";
import { compressedClock } from "./compressed-clock.ts";
import { plant } from "./planted.ts";

/** Real seconds until another controller takes over. */
const LEASE_SECONDS = 4;

const [speed = "1", start = "0", at = start, ...flags] = process.argv.slice(2);
plant(process.env["PLANTED"] ?? "", flags);
const clock = compressedClock(Number(speed), Number(start), Number(at));
process.exitCode = await jobs(flags, { clock, leaseSeconds: LEASE_SECONDS, restartMs: 5_000 });
