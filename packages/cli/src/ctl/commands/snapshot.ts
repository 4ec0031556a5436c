import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { EtcdError } from "@nodetcd/client";
import { goDuration } from "@nodetcd/runtime";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";
import { errorText, rpcErrorText } from "../error-text.ts";
import { errorWords } from "../numbers.ts";
import { humanBytes } from "../output/values.ts";
import { Progress } from "../../progress.ts";
import type { Session } from "../session.ts";
import { signalAfter } from "../signal-after.ts";

const EXAMPLE = `  # Save snapshot to a given file
  nodetcd ctl snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot from given address and save it to file
  nodetcd ctl snapshot save --endpoints=127.0.0.1:3000 /backup/etcd-snapshot.db
  
  # Get snapshot from given address with certificates
  nodetcd ctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/etcd.crt --key=/etc/etcd/etcd.key snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot with certain user and password
  nodetcd ctl --user=root --password=password123 snapshot save /backup/etcd-snapshot.db
  
  # Get snapshot from given address with timeout
  nodetcd ctl --endpoints=https://127.0.0.1:2379 --dial-timeout=20s snapshot save /backup/etcd-snapshot.db
  
  # Save snapshot with desirable time format
  nodetcd ctl snapshot save /mnt/backup/etcd/backup_$(date +%Y%m%d_%H%M%S).db`;

/** Bytes of the SHA-256 behind the last page. */
const CHECKSUM_BYTES = 32;
const SECTOR = 512;

const save: Command<CtlCall> = {
  use: "save <filename>",
  short: "Stores an etcd node backend snapshot to a given file",
  example: EXAMPLE,
  run: async ({ args, connect, err }) => {
    const [path] = args;
    if (path === undefined || args.length > 1) {
      throw badArguments("snapshot save expects one argument <filename>");
    }
    const session = await connect();
    const { endpoints } = session.settings;
    if (endpoints.length !== 1) {
      throw interrupted(
        `snapshot must be requested to one selected node, not multiple [${endpoints.join(" ")}]`,
      );
    }
    const version = await saveTo(session, path, new Progress(err));
    session.say(`Snapshot saved at ${path}`);
    if (version !== "") session.say(`Server version ${version}`);
  },
};

function interrupted(text: string): ExitError {
  return new ExitError(EXIT.interrupted, text);
}

/** Writes beside the target, syncs, and renames: the target is whole or untouched. @returns the data's version */
async function saveTo(session: Session, path: string, progress: Progress): Promise<string> {
  const part = `${path}.part`;
  const descriptor = openPart(part);
  session.log("info", "created temporary db file", { path: part });
  const startedAt = performance.now();
  const endpoint = session.settings.endpoints[0]!;
  try {
    let size = 0;
    let version = "";
    session.log("info", "opened snapshot stream; downloading", {});
    const { timeoutMs, isTimeoutGiven } = session.settings;
    const chunks = session.client.maintenance.snapshot({
      onVersion: (one) => (version = one),
      ...(isTimeoutGiven ? { signal: signalAfter(timeoutMs) } : {}),
    });
    for await (const chunk of chunks) {
      if (size === 0) session.log("info", "fetching snapshot", { endpoint });
      for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk.subarray(at));
      size += chunk.length;
      progress.update(
        () =>
          `${humanBytes(size)}, ${humanBytes(Math.round((size * 1_000) / (performance.now() - startedAt)))}/s`,
      );
    }
    progress.done();
    session.log("info", "completed snapshot read; closing", {});
    if (size % SECTOR !== CHECKSUM_BYTES)
      throw interrupted(`sha256 checksum not found [bytes: ${size}]`);
    fsyncSync(descriptor);
    const fields = {
      endpoint,
      size: humanBytes(size),
      took: goDuration(performance.now() - startedAt),
    };
    session.log("info", "fetched snapshot", { ...fields, "etcd-version": version });
    renameTo(part, path);
    session.log("info", "saved", { path });
    return version;
  } catch (error) {
    progress.done();
    if (!(error instanceof EtcdError)) throw error;
    const isLate = session.settings.isTimeoutGiven && error.code === "CANCELLED";
    const late = "context deadline exceeded";
    if (isLate || errorText(error) === late) throw interrupted(late);
    const text = rpcErrorText(error);
    session.log("warn", "failed to receive from snapshot stream; closing", { error: text });
    throw interrupted(text);
  } finally {
    closeSync(descriptor);
    rmSync(part, { force: true });
  }
}

function openPart(part: string): number {
  try {
    return openSync(part, "w", 0o600);
  } catch (error) {
    throw interrupted(`could not open ${part} (open ${part}: ${systemWords(error)})`);
  }
}

function renameTo(part: string, path: string): void {
  try {
    renameSync(part, path);
  } catch (error) {
    throw interrupted(`could not rename ${part} to ${path} (${systemWords(error)})`);
  }
}

/** The system's words for its error: `no such file or directory`. */
function systemWords(error: unknown): string {
  return /^[A-Z0-9]+: ([^,]*)/.exec(errorWords(error))?.[1] ?? errorWords(error);
}

export const snapshot: Command<CtlCall> = {
  use: "snapshot <subcommand>",
  short: "Manages etcd node snapshots",
  example: EXAMPLE,
  subcommands: [save],
};
