import { BoltError, type Database } from "@nodetcd/bolt";
import { MvccError, noLeases, openStore } from "@nodetcd/mvcc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { WalError, readSnapshotFiles } from "@nodetcd/wal";
import { DiskError } from "@nodetcd/runtime";
import { openDatabase } from "@nodetcd/bolt";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { stringFlag } from "../../command-line/flag.ts";
import { Progress } from "../../progress.ts";
import { CACHE_BYTES, exactly, requireFile, TIMEOUT, type UtlCall } from "../call.ts";
import {
  type LogView,
  type Paths,
  pathsOf,
  planStart,
  viewDatabase,
  viewLog,
} from "../data-directory.ts";
import { ReadOnlyBackend } from "../read-only-backend.ts";

const WAL_DIR = stringFlag(
  "wal-dir",
  "Path to the WAL directory (in the data directory if not given)",
);

export const verify: Command<UtlCall> = {
  use: "verify <data-dir>",
  short: "Checks all of a data directory, and changes nothing",
  long: `Checks all of a data directory, of etcd or nodetcd, and changes nothing: pages and records of the database, checksums and
order of the log, snapshot files, and that the three are of one member and fit together. The member must not be running.
`,
  examples: ["verify /var/lib/etcd"],
  flags: [WAL_DIR],
  checkArguments: exactly(1),
  run: async (call) => {
    const paths = pathsOf(call.args[0]!, call.flags.get(WAL_DIR));
    requireFile(paths.database);
    const report = new Report(call);
    const log = await report.check("log: checksums, order, hard state", () => checkLog(paths));
    await report.check("snapshot files: checksums", () => checkSnapshotFiles(paths));
    const database = await report.check("database: opens", () => openIt(call, paths));
    if (database !== undefined) {
      try {
        await report.check("database: pages", () => checkPages(database, new Progress(call.err)));
        await report.check("database: records and revisions", () => checkRecords(database));
        if (log !== undefined) {
          await report.check("log and database fit together", () => checkTogether(log, database));
        }
      } finally {
        database.close();
      }
    }
    if (report.failures > 0) throw new ExitError(EXIT.error, `${report.failures} checks failed`);
  },
};

/** A check that failed, for people. */
class Finding extends Error {
  override readonly name = "Finding";
}

const KNOWN = [Finding, BoltError, WalError, MvccError, DiskError];

/** Says of each check how it went. */
class Report {
  failures = 0;
  readonly #call: UtlCall;

  constructor(call: UtlCall) {
    this.#call = call;
  }

  async check<T>(name: string, work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      const result = await work();
      this.#say(`ok    ${name}`);
      return result;
    } catch (error) {
      if (!KNOWN.some((kind) => error instanceof kind)) throw error;
      this.failures++;
      this.#say(`FAIL  ${name}: ${(error as Error).message}`);
      return undefined;
    }
  }

  #say(line: string): void {
    this.#call.out.write(`${line}\n`);
    this.#call.out.flush();
  }
}

async function checkLog({ wal }: Paths): Promise<LogView> {
  const log = await viewLog(wal);
  const { hardState, lastIndex } = log;
  if (hardState.commit > lastIndex) {
    throw new Finding(
      `it says that index ${hardState.commit} is committed, and ends at ${lastIndex}`,
    );
  }
  return log;
}

function checkSnapshotFiles({ snapshots }: Paths): void {
  for (const { name, snapshot } of readSnapshotFiles(nodeRuntime.disk, snapshots)) {
    if (snapshot === undefined) throw new Finding(`${snapshots}/${name} is damaged`);
  }
}

function openIt({ flags }: UtlCall, { database }: Paths): Database {
  const lockTimeoutMs = flags.get(TIMEOUT);
  const { disk, clock } = nodeRuntime;
  return openDatabase(disk, database, {
    readOnly: true,
    cacheBytes: CACHE_BYTES,
    clock,
    ...(lockTimeoutMs > 0 ? { lockTimeoutMs } : {}),
  });
}

function checkPages(database: Database, progress: Progress): void {
  let pages = 0;
  const onPage = (): void => progress.update(() => `checked ${++pages} pages`);
  const findings = database.view((tx) => [...tx.check({ onPage })]);
  progress.done();
  if (findings.length === 0) return;
  const [first] = findings;
  throw new Finding(
    `${first!.message}${findings.length > 1 ? `, and ${findings.length - 1} more` : ""}`,
  );
}

async function checkRecords(database: Database): Promise<void> {
  const { clock } = nodeRuntime;
  const backend = new ReadOnlyBackend(database);
  const store = await openStore(backend, { clock, lessor: noLeases, cacheBytes: 0 });
  await store.close();
}

function checkTogether(log: LogView, database: Database): void {
  const { refuses } = planStart(log, viewDatabase(database));
  if (refuses !== undefined) throw new Finding(refuses);
}
