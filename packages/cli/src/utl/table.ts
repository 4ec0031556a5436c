import type { Command } from "../command-line/command.ts";
import { TIMEOUT, type UtlCall, WRITE_OUT } from "./call.ts";
import { defrag } from "./commands/defrag.ts";
import { hashkv } from "./commands/hashkv.ts";
import { inspect } from "./commands/inspect.ts";
import { migrate } from "./commands/migrate.ts";
import { snapshotRestore } from "./commands/snapshot-restore.ts";
import { snapshotStatus } from "./commands/snapshot-status.ts";
import { verify } from "./commands/verify.ts";
import { version } from "./commands/version.ts";

const snapshot: Command<UtlCall> = {
  use: "snapshot <subcommand>",
  short: "Manages etcd node snapshots",
  subcommands: [snapshotRestore, snapshotStatus],
};

/** `nodetcd utl` with all its commands. */
export const UTL: Command<UtlCall> = {
  use: "nodetcd utl",
  short:
    "Tools for the files of etcd and nodetcd: nothing is sent, the member must not be running.",
  persistentFlags: [WRITE_OUT, TIMEOUT],
  subcommands: [defrag, hashkv, inspect, migrate, snapshot, verify, version],
};
