import type { Command } from "../command-line/command.ts";
import type { CtlCall } from "./call.ts";
import { alarm } from "./commands/alarm.ts";
import { auth } from "./commands/auth.ts";
import { check } from "./commands/check.ts";
import { compaction } from "./commands/compaction.ts";
import { completion } from "./commands/completion.ts";
import { defrag } from "./commands/defrag.ts";
import { del } from "./commands/del.ts";
import { diff } from "./commands/diff.ts";
import { downgrade } from "./commands/downgrade.ts";
import { elect } from "./commands/elect.ts";
import { endpoint } from "./commands/endpoint.ts";
import { get } from "./commands/get.ts";
import { help } from "./commands/help.ts";
import { history } from "./commands/history.ts";
import { lease } from "./commands/lease.ts";
import { lock } from "./commands/lock.ts";
import { makeMirror } from "./commands/make-mirror.ts";
import { member } from "./commands/member.ts";
import { moveLeader } from "./commands/move-leader.ts";
import { options } from "./commands/options.ts";
import { pin } from "./commands/pin.ts";
import { put } from "./commands/put.ts";
import { restore } from "./commands/restore.ts";
import { role } from "./commands/role.ts";
import { snapshot } from "./commands/snapshot.ts";
import { space } from "./commands/space.ts";
import { txn } from "./commands/txn.ts";
import { user } from "./commands/user.ts";
import { version } from "./commands/version.ts";
import { watch } from "./commands/watch.ts";
import { GLOBAL_FLAGS } from "./globals.ts";

const GROUPS: readonly (readonly [title: string, commands: readonly Command<CtlCall>[]])[] = [
  ["Key-value commands", [compaction, del, get, lease, put, txn, watch]],
  [
    "Cluster maintenance commands",
    [alarm, defrag, downgrade, endpoint, member, moveLeader, snapshot],
  ],
  ["History and space commands", [diff, history, pin, restore, space]],
  ["Concurrency commands", [elect, lock]],
  ["Authentication commands", [auth, role, user]],
  ["Utility commands", [check, completion, help, makeMirror, options, version]],
];

/** `nodetcd ctl` with all its commands. */
export const CTL: Command<CtlCall> = {
  use: "nodetcd ctl",
  short: "A simple command line client for etcd3.",
  persistentFlags: GLOBAL_FLAGS,
  hidesFlags: true,
  subcommands: GROUPS.flatMap(([group, commands]) =>
    commands.map((command) => ({ ...command, group })),
  ),
};

/** The last line of each help. */
export const OPTIONS_HINT: string = `Use "${CTL.use} options" for a list of global command-line options (applies to all commands).`;
