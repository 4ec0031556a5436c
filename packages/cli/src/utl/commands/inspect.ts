import type { Database } from "@nodetcd/bolt";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { WalError } from "@nodetcd/wal";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { stringFlag } from "../../command-line/flag.ts";
import { humanBytes } from "../../ctl/output/values.ts";
import { exactly, type UtlCall, withDatabase } from "../call.ts";
import {
  type DatabaseView,
  type LogView,
  type Paths,
  pathsOf,
  planStart,
  viewDatabase,
  viewLog,
} from "../data-directory.ts";

const WAL_DIR = stringFlag(
  "wal-dir",
  "Path to the WAL directory (in the data directory if not given)",
);

export const inspect: Command<UtlCall> = {
  use: "inspect <data-dir>",
  short: "Shows what a data directory holds, and what a start would do with it",
  long: `Shows what a data directory holds, of etcd or nodetcd, and what a start would do with it: its log, snapshots, database,
consistent index and members. Changes nothing. The member must not be running.
`,
  examples: ["inspect /var/lib/etcd"],
  flags: [WAL_DIR],
  checkArguments: exactly(1),
  run: async (call) => {
    const paths = pathsOf(call.args[0]!, call.flags.get(WAL_DIR));
    const { view, lines } = withDatabase(call, paths.database, (db) => {
      const found = viewDatabase(db);
      return { view: found, lines: databaseLines(paths, db, found) };
    });
    const log = await readTheLog(paths);
    const plan = planStart(log, view);
    const start =
      plan.refuses === undefined ? `A start ${plan.does}.` : `A start refuses: ${plan.refuses}.`;
    const all = [...memberLines(log, view), "", ...logLines(paths, log), "", ...lines, "", start];
    call.out.write(`${all.join("\n")}\n`);
    if (plan.refuses !== undefined) throw new ExitError(EXIT.error);
  },
};

async function readTheLog({ wal }: Paths): Promise<LogView> {
  try {
    return await viewLog(wal);
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    throw new ExitError(EXIT.error, error.message);
  }
}

function row(name: string, value: string | number): string {
  return `  ${name.padEnd(18)} ${value}`;
}

function memberLines(log: LogView, { members, removed, clusterVersion }: DatabaseView): string[] {
  return [
    "Member",
    row("id", log.memberId.toString(16)),
    row("cluster id", log.clusterId.toString(16)),
    row("cluster version", clusterVersion ?? "not decided yet"),
    ...members.map((member) => {
      const self = member.id === log.memberId ? " (this one)" : "";
      const learner = member.isLearner ? ", learner" : "";
      const name = member.name === "" ? "unstarted" : member.name;
      return row(
        "member",
        `${member.id.toString(16)} ${name} ${member.peerUrls.join(",")}${learner}${self}`,
      );
    }),
    ...(removed.length === 0 ? [] : [row("removed members", removed.join(", "))]),
  ];
}

function logLines({ wal, snapshots }: Paths, log: LogView): string[] {
  const { disk } = nodeRuntime;
  const { segments, entries, hardState, snapshot } = log;
  const files = disk.exists(snapshots)
    ? disk.list(snapshots).filter(({ name }) => name.endsWith(".snap"))
    : [];
  return [
    `Log ${wal}`,
    row("segments", `${segments.length}, ${segments[0]?.name ?? "none"} and after`),
    row("snapshot", `index ${snapshot.index}, term ${snapshot.term}; ${files.length} files`),
    row("entries behind it", entries.length),
    row("last index", log.lastIndex),
    row("term, vote", `${hardState.term}, ${hardState.vote.toString(16)}`),
    row("committed", hardState.commit),
    row("end", log.tail.torn ? "torn inside a record" : "whole"),
  ];
}

function databaseLines({ database }: Paths, db: Database, view: DatabaseView): string[] {
  const { counts } = view;
  const compacted = view.finishedCompaction ?? 0;
  const scheduled = view.scheduledCompaction ?? 0;
  const open = scheduled > compacted ? `; ${scheduled} is scheduled and not finished` : "";
  return [
    `Database ${database}`,
    row("size", `${humanBytes(db.fileSize())}, pages of ${db.pageSize}`),
    row("consistent index", `${view.consistentIndex}, term ${view.term}`),
    row("storage version", view.storageVersion ?? "none (3.5 or older)"),
    row("revisions", counts["key"] ?? 0),
    row("compacted", `${compacted === 0 ? "never" : `at ${compacted}`}${open}`),
    row("leases, alarms", `${counts["lease"] ?? 0}, ${counts["alarm"] ?? 0}`),
    row(
      "authentication",
      `${view.isAuthEnabled ? "on" : "off"}, ${counts["authUsers"] ?? 0} users, ${counts["authRoles"] ?? 0} roles`,
    ),
    ...(view.downgrade === undefined ? [] : [row("downgrade", view.downgrade)]),
  ];
}
