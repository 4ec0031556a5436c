import { openBackend } from "@nodetcd/backend";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { goDuration } from "@nodetcd/runtime";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { stringFlag } from "../../command-line/flag.ts";
import { humanBytes } from "../../ctl/output/values.ts";
import { requireFile, type UtlCall } from "../call.ts";

const DATA_DIR = stringFlag(
  "data-dir",
  "Required. Defragments a data directory not in use by etcd.",
);

export const defrag: Command<UtlCall> = {
  use: "defrag",
  short: "Defragments the storage of the etcd",
  flags: [DATA_DIR],
  requiredFlags: [DATA_DIR],
  run: async ({ flags, err }) => {
    const dataDir = flags.get(DATA_DIR);
    const path = `${dataDir}/member/snap/db`;
    const { disk } = nodeRuntime;
    try {
      requireFile(path);
    } catch (error) {
      const text = `Failed to defragment etcd data[${dataDir}] (${error instanceof Error ? error.message : String(error)})`;
      throw new ExitError(EXIT.error, text);
    }
    const size = (): number => {
      const file = disk.open(path, "read");
      try {
        return file.size();
      } finally {
        file.close();
      }
    };
    const before = size();
    const startedAt = performance.now();
    const backend = openBackend(nodeRuntime, path);
    try {
      await backend.defragment();
    } finally {
      await backend.close();
    }
    const took = goDuration(performance.now() - startedAt);
    err.write(
      `Defragmented ${path}: ${humanBytes(before)} before, ${humanBytes(size())} now, took ${took}\n`,
    );
  },
};
