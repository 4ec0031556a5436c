import { BoltCommandError, usageError } from "../command-error.ts";
import type { AnyFlag, Call } from "../command.ts";
import { floatFlag, intFlag, stringFlag, switchFlag } from "../flag.ts";

const WRITE_MODES = ["seq", "rnd", "seq-nest", "rnd-nest"] as const;
const READ_MODES = ["seq", "rnd"] as const;
const PROFILE_MODES = ["rw", "r", "w"] as const;
export type WriteMode = (typeof WRITE_MODES)[number];

/** A key begins with a 32-bit number. */
const MIN_KEY_SIZE = 4;

export interface BenchOptions {
  readonly writeMode: WriteMode;
  readonly readMode: (typeof READ_MODES)[number];
  readonly profileMode: (typeof PROFILE_MODES)[number];
  /** Keys to write in all, and in one transaction. */
  readonly count: number;
  readonly batchSize: number;
  /** Bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly pageSize: number;
  readonly fillPercent: number;
  readonly noSync: boolean;
  /** Leave the file in place. */
  readonly work: boolean;
  readonly path: string;
  /** Made for the file when no path was given. */
  readonly directory: string | undefined;
  readonly goBenchOutput: boolean;
  /** Where V8's profiles go; "" for nowhere. */
  readonly cpuProfile: string;
  readonly memProfile: string;
}

const BATCH_SIZE = intFlag("batch-size", "puts in one transaction; 0: all", 0);
const BLOCK_PROFILE = stringFlag("blockprofile", "accepted and ignored", "");
const COUNT = intFlag("count", "keys to put", 1000);
const CPU_PROFILE = stringFlag("cpuprofile", "write V8's CPU profile to this file", "");
const FILL_PERCENT = floatFlag("fill-percent", "share of a page that a split fills", 0.5);
const GO_BENCH_OUTPUT = switchFlag("gobench-output", "report in the form of Go's benchmarks");
const INITIAL_MMAP_SIZE = intFlag("initial-mmap-size", "accepted and ignored", 0);
const KEY_SIZE = intFlag("key-size", "bytes of a key", 8);
const MEM_PROFILE = stringFlag("memprofile", "write V8's heap profile to this file", "");
const NO_SYNC = switchFlag("no-sync", "do not wait for the disk");
const PAGE_SIZE = intFlag("page-size", "bytes of a page", 4096);
const PATH = stringFlag("path", "where the file is made; else in a temporary folder", "");
const PROFILE_MODE = stringFlag("profile-mode", "what is profiled: rw, r or w", "rw");
const READ_MODE = stringFlag("read-mode", "order of the reads: seq or rnd", "seq");
const VALUE_SIZE = intFlag("value-size", "bytes of a value", 32);
const WORK = switchFlag("work", "keep the file, and tell its path");
const WRITE_MODE = stringFlag(
  "write-mode",
  "order of the puts: seq, rnd, seq-nest or rnd-nest",
  "seq",
);

export const BENCH_FLAGS: readonly AnyFlag[] = [
  BATCH_SIZE,
  BLOCK_PROFILE,
  COUNT,
  CPU_PROFILE,
  FILL_PERCENT,
  GO_BENCH_OUTPUT,
  INITIAL_MMAP_SIZE,
  KEY_SIZE,
  MEM_PROFILE,
  NO_SYNC,
  PAGE_SIZE,
  PATH,
  PROFILE_MODE,
  READ_MODE,
  VALUE_SIZE,
  WORK,
  WRITE_MODE,
];

/** Checks everything, then makes a folder for the file when no path was given. */
export function readBenchOptions({ flags, disk }: Call): BenchOptions {
  const count = flags.get(COUNT);
  const batchSize = flags.get(BATCH_SIZE) || count;
  if (count < 1 || batchSize < 1) throw usageError("--count and --batch-size must be at least 1");
  if (count % batchSize !== 0) {
    throw usageError("the number of iterations must be divisible by the batch size");
  }
  const keySize = flags.get(KEY_SIZE);
  if (keySize < MIN_KEY_SIZE) throw usageError(`--key-size must be at least ${MIN_KEY_SIZE}`);
  const valueSize = flags.get(VALUE_SIZE);
  if (valueSize < 0) throw usageError("--value-size must be at least 0");
  const writeMode = oneOf(
    WRITE_MODES,
    flags.get(WRITE_MODE),
    "the write mode should be one of seq, rnd, seq-nest, or rnd-nest",
  );
  const readMode = oneOf(READ_MODES, flags.get(READ_MODE), "the read mode should be seq or rnd");
  const profileMode = oneOf(
    PROFILE_MODES,
    flags.get(PROFILE_MODE),
    "the profile mode should be one of rw, r or w",
  );
  const given = flags.get(PATH);
  if (given !== "" && disk.exists(given)) {
    throw new BoltCommandError(`${given} exists already`, {
      advice: "bench makes a file of its own, and removes it at the end unless --work is given.",
    });
  }
  const directory = given === "" ? disk.makeTemporaryDirectory("bolt-bench-") : undefined;
  return {
    writeMode,
    readMode,
    profileMode,
    count,
    batchSize,
    keySize,
    valueSize,
    pageSize: flags.get(PAGE_SIZE),
    fillPercent: flags.get(FILL_PERCENT),
    noSync: flags.get(NO_SYNC),
    work: flags.get(WORK),
    path: directory === undefined ? given : `${directory}/db`,
    directory,
    goBenchOutput: flags.get(GO_BENCH_OUTPUT),
    cpuProfile: flags.get(CPU_PROFILE),
    memProfile: flags.get(MEM_PROFILE),
  };
}

function oneOf<T extends string>(known: readonly T[], text: string, problem: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw usageError(problem);
  return found;
}
