import { type Database, openDatabase } from "@nodetcd/bolt";
import type { BoltCommand, Call } from "../command.ts";
import type { BenchKey } from "./bench-key.ts";
import { BENCH_FLAGS, type BenchOptions, readBenchOptions } from "./options.ts";
import { CpuAndHeapProfile } from "./profile.ts";
import { runReads } from "./reads.ts";
import { Counter, goBenchLine, resultLine } from "./result.ts";
import { runWrites } from "./writes.ts";

export const bench: BoltCommand = {
  use: "bench",
  short: "measure writes and reads on a file made for it",
  flags: BENCH_FLAGS,
  run: (call) => {
    const options = readBenchOptions(call);
    if (options.work) call.err.write(`work: ${options.path}\n`);
    const { pageSize, noSync } = options;
    const db = openDatabase(call.disk, options.path, { pageSize, noSync, clock: call.clock });
    try {
      measure(call, options, db);
    } finally {
      db.close();
      if (!options.work) call.disk.remove(options.path);
      if (!options.work && options.directory !== undefined) {
        call.disk.removeTree(options.directory);
      }
    }
  },
};

function measure(call: Call, options: BenchOptions, db: Database): void {
  const profile = new CpuAndHeapProfile(call, options);
  const writes = new Counter(call);
  call.err.write("starting write benchmark.\n");
  profile.start("w");
  const keys = runWrites(call, db, options, writes);
  writes.stop();
  profile.stop("w");
  shuffle(keys, call);

  const reads = new Counter(call);
  call.err.write("starting read benchmark.\n");
  profile.start("r");
  runReads(db, options, keys, reads);
  reads.stop();
  profile.stop("r");

  if (options.goBenchOutput) {
    call.out.write(goBenchLine("BenchmarkWrite", writes) + goBenchLine("BenchmarkRead", reads));
  } else {
    call.out.write(resultLine("Write", writes) + resultLine("Read", reads));
  }
  call.out.write("\n");
}

function shuffle(keys: BenchKey[], { random }: Call): void {
  for (let i = keys.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [keys[i], keys[j]] = [keys[j]!, keys[i]!];
  }
}
