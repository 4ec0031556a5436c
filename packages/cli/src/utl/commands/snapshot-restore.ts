import { createHash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  checkAdvertised,
  checkNames,
  MembershipError,
  parseInitialCluster,
} from "@nodetcd/membership";
import { nodeResolver, nodeRuntime } from "@nodetcd/runtime/node";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { type FlagValues, stringFlag, switchFlag, uintFlag } from "../../command-line/flag.ts";
import { humanBytes } from "../../ctl/output/values.ts";
import type { Output } from "../../output.ts";
import { Progress } from "../../progress.ts";
import { parseUrls } from "../../flags/urls.ts";
import { FlagValueError } from "../../flags/value-error.ts";
import { requireFile, type UtlCall } from "../call.ts";
import { foundFrom, type RestorePlan } from "../restore.ts";

const FLAGS = {
  dataDir: stringFlag("data-dir", "Path to the output data directory"),
  walDir: stringFlag("wal-dir", "Path to the WAL directory (use --data-dir if none given)"),
  cluster: stringFlag(
    "initial-cluster",
    "Initial cluster configuration for restore bootstrap",
    "default=http://localhost:2380",
  ),
  token: stringFlag(
    "initial-cluster-token",
    "Initial cluster token for the etcd cluster during restore bootstrap",
    "etcd-cluster",
  ),
  peerUrls: stringFlag(
    "initial-advertise-peer-urls",
    "List of this member's peer URLs to advertise to the rest of the cluster",
    "http://localhost:2380",
  ),
  name: stringFlag("name", "Human-readable name for this member", "default"),
  skipHashCheck: switchFlag(
    "skip-hash-check",
    "Ignore snapshot integrity hash value (required if copied from data directory)",
  ),
  memoryMap: uintFlag(
    "initial-memory-map-size",
    "Initial memory map size of the database in bytes. It uses the default value if not defined or defined to 0",
    10_737_418_240n,
  ),
  bump: uintFlag("bump-revision", "How much to increase the latest revision after restore"),
  markCompacted: switchFlag(
    "mark-compacted",
    "Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)",
  ),
} as const;

export const snapshotRestore: Command<UtlCall> = {
  use: "restore <filename> --data-dir {output dir} [options]",
  short: "Restores an etcd member snapshot to an etcd directory",
  examples: [
    "snapshot restore backup.db --data-dir /var/lib/etcd",
    "snapshot restore backup.db --data-dir /var/lib/etcd --bump-revision 1000000000 --mark-compacted",
  ],
  flags: Object.values(FLAGS),
  run: async ({ args, flags, err }) => {
    if (args.length !== 1) {
      throw badArguments("snapshot restore requires exactly one argument");
    }
    const source = args[0]!;
    const plan = await planOf(flags);
    requireFile(source, "open");
    copyDatabase(source, plan.database, flags.get(FLAGS.skipHashCheck), err);
    await foundFrom(plan);
    err.write(
      `Restored ${source} into ${dirname(dirname(plan.snapshots))} as member ${plan.name}\n`,
    );
  },
};

/** Everything checked that does not need the snapshot. Raises `ExitError`. */
async function planOf(flags: FlagValues): Promise<RestorePlan> {
  const bump = Number(flags.get(FLAGS.bump));
  const mark = flags.get(FLAGS.markCompacted);
  // etcdutl's words, with its slip.
  if (bump > 0 !== mark) throw badArguments("--mark-compacted required if --revision-bump > 0");
  const name = flags.get(FLAGS.name);
  const token = flags.get(FLAGS.token);
  const dataDir = flags.get(FLAGS.dataDir) || `${name}.etcd`;
  const { disk } = nodeRuntime;
  try {
    const cluster = parseInitialCluster(flags.get(FLAGS.cluster));
    checkNames(cluster, name);
    await checkAdvertised(cluster, name, parseUrls(flags.get(FLAGS.peerUrls)), nodeResolver);
    if (disk.exists(dataDir) && disk.list(dataDir).length > 0) {
      throw new ExitError(
        EXIT.error,
        `data-dir ${JSON.stringify(dataDir)} not empty or could not be read`,
      );
    }
    const walDir = flags.get(FLAGS.walDir);
    if (walDir !== "" && disk.exists(walDir)) {
      throw new ExitError(EXIT.error, `wal-dir ${JSON.stringify(walDir)} exists`);
    }
    const snapshots = join(dataDir, "member", "snap");
    const wal = walDir === "" ? join(dataDir, "member", "wal") : walDir;
    return { database: join(snapshots, "db"), snapshots, wal, name, cluster, token, bump };
  } catch (error) {
    if (!(error instanceof MembershipError || error instanceof FlagValueError)) throw error;
    // What follows is advice for flags of the server.
    throw new ExitError(EXIT.error, error.message.split("; write it as")[0]!);
  }
}

const CHECKSUM_BYTES = 32;
const SECTOR = 512;
const CHUNK_BYTES = 1_024 * 1_024;

/** Copies the pages without the checksum behind them, and compares it. A copy that is refused is removed. */
function copyDatabase(source: string, target: string, skipCheck: boolean, err: Output): void {
  const size = statSync(source).size;
  const hasChecksum = size % SECTOR === CHECKSUM_BYTES;
  if (!hasChecksum && !skipCheck) {
    throw new ExitError(EXIT.error, "snapshot missing hash but --skip-hash-check=false");
  }
  const length = hasChecksum ? size - CHECKSUM_BYTES : size;
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const from = openSync(source, "r");
  const to = openSync(target, "wx", 0o600);
  const progress = new Progress(err);
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let at = 0; at < length;) {
      const count = readSync(from, chunk, 0, Math.min(CHUNK_BYTES, length - at), at);
      if (count === 0) throw new ExitError(EXIT.error, `${source} ends before it should`);
      const part = chunk.subarray(0, count);
      hash.update(part);
      for (let done = 0; done < count;) done += writeSync(to, part, done);
      at += count;
      progress.update(() => `${humanBytes(at)} of ${humanBytes(length)} copied`);
    }
    fsyncSync(to);
    if (!hasChecksum || skipCheck) return;
    const stored = Buffer.alloc(CHECKSUM_BYTES);
    readSync(from, stored, 0, CHECKSUM_BYTES, length);
    const computed = hash.digest();
    if (computed.equals(stored)) return;
    rmSync(target);
    const show = (bytes: Buffer): string => `[${[...bytes].join(" ")}]`;
    throw new ExitError(EXIT.error, `expected sha256 ${show(stored)}, got ${show(computed)}`);
  } finally {
    progress.done();
    closeSync(from);
    closeSync(to);
  }
}
