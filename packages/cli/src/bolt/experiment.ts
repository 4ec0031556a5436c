import type { ReclaimPolicy } from "@nodetcd/bolt";
import type { Disk } from "@nodetcd/runtime";
import { usageError } from "./command-error.ts";
import type { BoltCommand, Call } from "./command.ts";
import { longReaderSummary, longReaderTable, runLongReader } from "./experiment-long-reader.ts";
import { longReaderPicture } from "./experiment-picture.ts";
import { runStaggered, type StaggeredRun, staggeredTable } from "./experiment-staggered.ts";
import { intFlag, stringFlag, stringsFlag } from "./flag.ts";
import { Progress } from "./progress.ts";

const PAGE_SIZE = 4096;
/** Commits after the reader has gone: enough to see pending pages become free ones. */
const COMMITS_AFTER = 8;
const DEFAULT_READERS = [1, 4, 16, 64];
/** Enough for the file to find its size, and then as many again. */
const LIFETIMES = 8;

const POLICY = stringFlag("policy", "oldest-reader, between-readers or both", "both");
const COMMITS = intFlag("commits", "commits while the reader is open", 64);
const VALUE_SIZE = intFlag("value-size", "bytes of the value that each commit writes", 1024);
const SVG = stringFlag("svg", "also draw the counts into this file", "");
const READERS = stringsFlag("readers", "readers open at a time (default 1,4,16,64)");
const LIFETIME = intFlag("lifetime", "commits that each reader lives through", 256);
const KEYS = intFlag("keys", "keys in the bucket; each commit overwrites one of them", 1);

const longReader: BoltCommand = {
  use: "long-reader",
  short: "what one reader held open does to the file, commit by commit",
  flags: [POLICY, COMMITS, VALUE_SIZE, SVG],
  args: [0, 0],
  run: (call) => {
    const commits = positive(call, COMMITS);
    const valueSize = positive(call, VALUE_SIZE);
    const options = { commits, commitsAfter: COMMITS_AFTER, valueSize };
    const runs = policies(call).map((policy) => runLongReader(call.disk, policy, options));
    call.out.write(
      `One reader over ${commits} commits, each of one value of ${valueSize} bytes.\n\n`,
    );
    call.out.write(`${longReaderTable(runs)}\n${longReaderSummary(runs)}`);
    const path = call.flags.get(SVG);
    if (path !== "") writeText(call.disk, path, longReaderPicture(runs));
  },
};

const staggeredReaders: BoltCommand = {
  use: "staggered-readers",
  short: "how much the file grows under many readers that overlap",
  flags: [POLICY, READERS, LIFETIME, KEYS, VALUE_SIZE],
  args: [0, 0],
  run: (call) => {
    const lifetime = positive(call, LIFETIME);
    const commits = LIFETIMES * lifetime;
    const keys = positive(call, KEYS);
    const options = { lifetime, commits, keys, valueSize: positive(call, VALUE_SIZE) };
    const progress = new Progress(call);
    const runs: StaggeredRun[] = [];
    for (const readers of readerCounts(call)) {
      for (const policy of policies(call)) {
        progress.update(() => `${readers} readers, ${policy}`);
        runs.push(runStaggered(call.disk, policy, readers, options));
      }
    }
    progress.done();
    call.out.write(
      `${commits} commits of one of ${keys} key(s), ${options.valueSize} bytes; ` +
        `each reader lives through ${lifetime} commits.\n\n${staggeredTable(runs, PAGE_SIZE)}`,
    );
  },
};

/** Not in bbolt: what the two reclaim policies do, measured. */
export const experiment: BoltCommand = {
  use: "experiment <subcommand>",
  short: "measure what the reclaim policies do",
  subcommands: [longReader, staggeredReaders],
};

function policies({ flags }: Call): ReclaimPolicy[] {
  const policy = flags.get(POLICY);
  if (policy === "both") return ["oldest-reader", "between-readers"];
  if (policy === "oldest-reader" || policy === "between-readers") return [policy];
  throw usageError(`policy must be oldest-reader, between-readers or both, but got ${policy}`);
}

function readerCounts({ flags }: Call): number[] {
  if (!flags.has(READERS)) return DEFAULT_READERS;
  return flags.get(READERS).map((text) => {
    if (!/^[1-9]\d{0,3}$/.test(text)) {
      throw usageError(`readers must be numbers from 1 to 9999, but got ${text}`);
    }
    return Number(text);
  });
}

function positive({ flags }: Call, flag: typeof COMMITS): number {
  const value = flags.get(flag);
  if (value >= 1 && value <= 1_000_000) return value;
  throw usageError(`${flag.name} must be from 1 to 1000000, but got ${value}`);
}

function writeText(disk: Disk, path: string, text: string): void {
  const file = disk.open(path, "create", 0o644);
  try {
    file.truncate(0);
    file.write(Buffer.from(text), 0);
  } finally {
    file.close();
  }
}
