import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { type FlagValues, stringFlag, switchFlag } from "../../command-line/flag.ts";
import { quote } from "../../quote.ts";
import type { CtlCall } from "../call.ts";
import { checkLoad, type Load, statistics } from "../check/load.ts";
import { residentBytes } from "../check/resident-bytes.ts";
import { cleanUp, compactAndDefragment } from "../check/clean-up.ts";
import { interruptSignal } from "../interrupts.ts";
import { Progress } from "../../progress.ts";
import { wireRange } from "../ranges.ts";
import { METHODS } from "@nodetcd/messages";
import type { Session } from "../session.ts";

const AUTO_COMPACT = switchFlag(
  "auto-compact",
  "Compact storage with last revision after test is finished.",
);
const AUTO_DEFRAG = switchFlag("auto-defrag", "Defragment storage after test is finished.");
const SIZES = ["small", "medium", "large", "xLarge"];
const PERF = {
  load: stringFlag(
    "load",
    "The performance check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge). Different workload models use different configurations in terms of number of clients and expected throughput.",
    "s",
    { choices: SIZES },
  ),
  prefix: stringFlag(
    "prefix",
    "The prefix for writing the performance check's keys.",
    "/etcdctl-check-perf/",
  ),
};
const SCALE = {
  load: stringFlag(
    "load",
    "The datascale check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)",
    "s",
    { choices: SIZES },
  ),
  prefix: stringFlag(
    "prefix",
    "The prefix for writing the datascale check's keys.",
    "/etcdctl-check-datascale/",
  ),
};

type Size = "s" | "m" | "l" | "xl";
const ALIASES: Readonly<Record<string, Size>> = {
  s: "s",
  small: "s",
  m: "m",
  medium: "m",
  l: "l",
  large: "l",
  xl: "xl",
  xLarge: "xl",
};

/** Writes a second, and connections. */
const PERF_LOADS: Readonly<Record<Size, readonly [rate: number, clients: number]>> = {
  s: [150, 50],
  m: [1_000, 200],
  l: [8_000, 500],
  xl: [15_000, 1_000],
};
const PERF_SECONDS = 60;

/** Keys, and connections. */
const SCALE_LOADS: Readonly<Record<Size, readonly [keys: number, clients: number]>> = {
  s: [10_000, 50],
  m: [100_000, 200],
  l: [1_000_000, 500],
  xl: [3_000_000, 1_000],
};

/** What passes: shares of the rate, seconds. */
const LEAST_SHARE = 0.9;
const SLOWEST_MAX = 0.5;
const DEVIATION_MAX = 0.1;

function sizeOf(text: string): Size {
  const size = ALIASES[text];
  if (size === undefined) throw new ExitError(EXIT.badFeature, `unknown load option ${text}`);
  return size;
}

/** The check would delete keys that are not its own. */
async function refuseKeys(session: Session, prefix: string, command: string): Promise<void> {
  const range = wireRange(prefix, undefined, { prefix: true });
  const { kvs } = await session.send(
    METHODS.KV.Range,
    { ...range, limit: 1 },
    { timeoutMs: PERF_SECONDS * 1_000 },
  );
  if (kvs.length === 0) return;
  const shown = quote(Buffer.from(prefix));
  throw new ExitError(EXIT.invalidInput, `prefix ${shown} has keys. Delete with ${command} first`);
}

const perf: Command<CtlCall> = {
  use: "perf [options]",
  short: "Check the performance of the etcd cluster",
  flags: [PERF.load, PERF.prefix, AUTO_COMPACT, AUTO_DEFRAG],
  run: async ({ flags, connect, err }) => {
    const [rate, clients] = PERF_LOADS[sizeOf(flags.get(PERF.load))];
    const prefix = flags.get(PERF.prefix);
    const session = await connect();
    await refuseKeys(session, prefix, `'etcdctl del --prefix ${prefix}'`);
    const progress = new Progress(err);
    const result = await checkLoad(session, {
      prefix,
      clients,
      rate,
      keyBytes: 256,
      valueBytes: 1_024,
      stop: interruptSignal(),
      durationMs: PERF_SECONDS * 1_000,
      onDone: (done, elapsedMs) =>
        progress.update(
          () =>
            `${Math.floor(elapsedMs / 1_000)} of ${PERF_SECONDS} s, ${Math.round((done * 1_000) / elapsedMs)} writes/s`,
        ),
    });
    progress.done();
    const revision = await cleanUp(session, prefix);
    await finish(session, flags, revision);
    judge(session, result, rate);
  },
};

async function finish(
  session: Session,
  flags: FlagValues,
  revision: number | undefined,
): Promise<void> {
  await compactAndDefragment(session, {
    compactAt: flags.get(AUTO_COMPACT) ? revision : undefined,
    defragment: flags.get(AUTO_DEFRAG),
  });
}

/** Says what passed and what failed. Raises `ExitError` when anything failed. */
function judge(session: Session, result: Load, rate: number): void {
  const { perSecond, slowest, deviation } = statistics(result);
  const throughput = Math.floor(perSecond) + 1;
  let isGood = sayErrors(session, result);
  const say = (passed: boolean, good: string, bad: string): void => {
    session.say(passed ? good : bad);
    isGood &&= passed;
  };
  say(
    perSecond / rate > LEAST_SHARE,
    `PASS: Throughput is ${throughput} writes/s`,
    `FAIL: Throughput too low: ${throughput} writes/s`,
  );
  say(
    slowest <= SLOWEST_MAX,
    `PASS: Slowest request took ${slowest.toFixed(6)}s`,
    `Slowest request took too long: ${slowest.toFixed(6)}s`,
  );
  say(
    deviation <= DEVIATION_MAX,
    `PASS: Stddev is ${deviation.toFixed(6)}s`,
    `Stddev too high: ${deviation.toFixed(6)}s`,
  );
  session.say(isGood ? "PASS" : "FAIL");
  if (!isGood) throw new ExitError(EXIT.error);
}

function sayErrors(session: Session, { errors }: Load): boolean {
  if (errors.size === 0) return true;
  session.say("FAIL: too many errors");
  for (const [text, times] of errors) session.say(`FAIL: ERROR(${text}) -> ${times}`);
  return false;
}

const datascale: Command<CtlCall> = {
  use: "datascale [options]",
  short:
    "Check the memory usage of holding data for different workloads on a given server endpoint.",
  long: "If no endpoint is provided, localhost will be used. If multiple endpoints are provided, first endpoint will be used.",
  flags: [SCALE.load, SCALE.prefix, AUTO_COMPACT, AUTO_DEFRAG],
  run: async ({ flags, connect, err }) => {
    const [keys, clients] = SCALE_LOADS[sizeOf(flags.get(SCALE.load))];
    const prefix = flags.get(SCALE.prefix);
    const session = await connect();
    await refuseKeys(session, prefix, `etcdctl del --prefix ${prefix}`);
    const before = await residentBytes(session);
    if (before === undefined) throw unreadable(session, "before");
    session.say(
      `Start data scale check for work load [${keys} key-value pairs, 1024 bytes per key-value, ${clients} concurrent clients].`,
    );
    const progress = new Progress(err);
    const result = await checkLoad(session, {
      prefix,
      clients,
      count: keys,
      keyBytes: 512,
      valueBytes: 512,
      stop: interruptSignal(),
      onDone: (done, elapsedMs) =>
        progress.update(
          () => `${done} of ${keys} keys, ${Math.round((done * 1_000) / elapsedMs)}/s`,
        ),
    });
    progress.done();
    const after = await residentBytes(session);
    if (after === undefined) throw unreadable(session, "after");
    const revision = await cleanUp(session, prefix);
    await finish(session, flags, revision);
    if (!sayErrors(session, result)) throw new ExitError(EXIT.error);
    const megabytes = ((after - before) / (1_024 * 1_024)).toFixed(2);
    session.say(`PASS: Approximate system memory used : ${megabytes} MB.`);
  },
};

function unreadable(session: Session, when: string): ExitError {
  session.say(`FAIL: Could not read process_resident_memory_bytes ${when} the put operations.`);
  return new ExitError(EXIT.error);
}

export const check: Command<CtlCall> = {
  use: "check <subcommand>",
  short:
    "commands for checking properties of the etcd cluster. Use `nodetcd ctl check --help` to see subcommands",
  long: "commands for checking properties of the etcd cluster",
  subcommands: [perf, datascale],
};
