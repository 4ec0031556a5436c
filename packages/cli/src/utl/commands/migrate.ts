import { type Backend, BUCKETS, openBackend } from "@nodetcd/backend";
import { WireError } from "@nodetcd/bytes";
import { InternalRaftRequest } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { WalError } from "@nodetcd/wal";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { stringFlag, switchFlag } from "../../command-line/flag.ts";
import { requireFile, type UtlCall } from "../call.ts";
import { pathsOf, viewLog } from "../data-directory.ts";

const DATA_DIR = stringFlag("data-dir", "Path to the etcd data dir");
const TARGET = stringFlag(
  "target-version",
  'Target etcd version to migrate contents of data dir. Minimal value 3.5. Format "X.Y" for example 3.6.',
);
const FORCE = switchFlag(
  "force",
  "Ignore migration failure and forcefully override storage version. Not recommended.",
);

/** Versions of data that there are, the oldest first; 3.5 has no record of it. */
const VERSIONS = ["3.5", "3.6", "3.7"];
const KEY = Buffer.from("storageVersion");

export const migrate: Command<UtlCall> = {
  use: "migrate",
  short:
    "Migrates schema of etcd data dir files to make them compatible with different etcd version",
  flags: [DATA_DIR, TARGET, FORCE],
  requiredFlags: [DATA_DIR, TARGET],
  run: async ({ flags, err }) => {
    const target = targetOf(flags.get(TARGET));
    const paths = pathsOf(flags.get(DATA_DIR), "");
    requireFile(paths.database);
    const backend = openBackend(nodeRuntime, paths.database);
    try {
      const current = currentVersion(backend);
      if (current === target) {
        err.write(`The data has version ${target} already\n`);
        return;
      }
      const fault = await whyNot(paths.wal, current, target);
      if (fault !== undefined && !flags.get(FORCE)) throw new ExitError(EXIT.error, fault);
      if (fault !== undefined) err.write(`Warning: ${fault}; done nevertheless, as --force says\n`);
      setVersion(backend, target);
      await backend.commit();
      err.write(`The data had version ${current}, and has ${target} now\n`);
    } finally {
      await backend.close();
    }
  },
};

function targetOf(text: string): string {
  if (text.split(".").length !== 2) {
    throw badArguments(`wrong target version format, expected "X.Y", got ${JSON.stringify(text)}`);
  }
  const match = /^(\d+)\.(\d+)$/.exec(text);
  if (match === null) {
    throw badArguments(`failed to parse target version: ${text}.0 is not in dotted-tri format`);
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major < 3 || (major === 3 && minor < 5)) {
    throw badArguments(`target version ${JSON.stringify(text)} not supported. Minimal "3.5"`);
  }
  return `${major}.${minor}`;
}

function currentVersion(backend: Backend): string {
  const stored = backend.get(BUCKETS.meta, KEY);
  if (stored !== undefined) return Buffer.from(stored).toString().split(".").slice(0, 2).join(".");
  if (backend.get(BUCKETS.meta, Buffer.from("confState")) === undefined) {
    throw new ExitError(EXIT.error, "missing confstate information");
  }
  return "3.5";
}

function setVersion(backend: Backend, version: string): void {
  if (version === "3.5") backend.delete(BUCKETS.meta, KEY);
  else backend.put(BUCKETS.meta, KEY, Buffer.from(`${version}.0`));
}

/** Why data of one version cannot be made that of another; undefined when it can. */
async function whyNot(wal: string, current: string, target: string): Promise<string | undefined> {
  if (!VERSIONS.includes(target))
    return `cannot create migration plan: version ${JSON.stringify(`${target}.0`)} is not supported`;
  if (VERSIONS.indexOf(target) > VERSIONS.indexOf(current)) return undefined;
  const newest = await newestInLog(wal);
  if (newest === undefined || VERSIONS.indexOf(newest) <= VERSIONS.indexOf(target))
    return undefined;
  return `cannot downgrade storage, WAL contains newer entries, as the target version ("${target}.0") is lower than the version ("${newest}.0") detected from WAL logs`;
}

/** The version that entries of the log, behind its snapshot, need at least: etcd 3.6 for one kind of them. */
async function newestInLog(wal: string): Promise<string | undefined> {
  try {
    const { entries } = await viewLog(wal);
    return entries.some(({ data, type }) => type === 0 && needs36(data)) ? "3.6" : undefined;
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    throw new ExitError(EXIT.error, `failed to read wal: ${error.message}`);
  }
}

function needs36(data: Uint8Array): boolean {
  try {
    return InternalRaftRequest.decode(data).downgradeVersionTest !== undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return false;
  }
}
