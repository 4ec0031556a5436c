import { statSync } from "node:fs";
import type { Transaction } from "@nodetcd/bolt";
import { crc32c, WireError } from "@nodetcd/bytes";
import { isTombstoneKey, mainOf, recordKey } from "@nodetcd/mvcc";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { humanBytes } from "../../ctl/output/values.ts";
import type { Output } from "../../output.ts";
import { Progress } from "../../progress.ts";
import { checkForm, show, type UtlCall, withDatabase } from "../call.ts";

export const snapshotStatus: Command<UtlCall> = {
  use: "status <filename>",
  short: "Gets backend snapshot status of a given file",
  long: `When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
The items in the lists are hash, revision, total keys, total size.
`,
  checkArguments: (args) => {
    if (args.length === 1) return;
    throw new ExitError(EXIT.badArguments, "snapshot status requires exactly one argument");
  },
  run: (call) => {
    checkForm(call);
    const path = call.args[0]!;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new ExitError(EXIT.error, "invalid database");
    }
    const status = withDatabase(call, path, (db) => db.view((tx) => readStatus(tx, call.err)));
    const { hash, revision, totalKey, totalSize, version } = status;
    show(call, {
      json: JSON.stringify(status),
      fields: [
        ["Hash", hash],
        ["Revision", revision],
        ["Keys", totalKey],
        ["Size", totalSize],
        ["Version", version],
      ],
      rows: {
        head: ["hash", "revision", "total keys", "total size", "version"],
        rows: [
          [hash.toString(16), String(revision), String(totalKey), humanBytes(totalSize), version],
        ],
      },
    });
  },
};

export interface SnapshotStatus {
  /** CRC-32C over the names of buckets, keys and values, in order. */
  readonly hash: number;
  readonly revision: number;
  readonly totalKey: number;
  readonly totalSize: number;
  /** Empty before etcd 3.6. */
  readonly version: string;
}

const KEY = Buffer.from("key");
const META = Buffer.from("meta");
const STORAGE_VERSION = Buffer.from("storageVersion");

/** Checks the file first. Raises `ExitError` when it is damaged. */
export function readStatus(tx: Transaction, err: Output): SnapshotStatus {
  const progress = new Progress(err);
  const faults = [...tx.check({ onPage: () => progress.update(() => "checking pages") })];
  progress.done();
  if (faults.length > 0) {
    const lines = faults.map(({ message }) => message).join("\n");
    const text = `snapshot file integrity check failed. ${faults.length} errors found.\n${lines}`;
    throw new ExitError(EXIT.error, text);
  }
  const stored = tx.bucket(META)?.get(STORAGE_VERSION);
  const version = stored === undefined ? "" : Buffer.from(stored).toString();
  let hash = 0;
  let revision = 0;
  let records = 0;
  const seen = new Set<string>();
  tx.forEach((name, bucket) => {
    hash = crc32c(hash, name);
    const isKeys = Buffer.compare(name, KEY) === 0;
    bucket.forEach((key, value = new Uint8Array(0)) => {
      hash = crc32c(crc32c(hash, key), value);
      if (!isKeys) return;
      revision = mainOf(key);
      note(seen, key, value);
      progress.update(() => `${++records} records`);
    });
  });
  progress.done();
  return { hash, revision, totalKey: seen.size, totalSize: tx.size(), version };
}

function note(seen: Set<string>, key: Uint8Array, value: Uint8Array): void {
  try {
    const name = Buffer.from(recordKey(value)).toString("latin1");
    if (isTombstoneKey(key)) seen.delete(name);
    else seen.add(name);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const shown = Buffer.from(key).toString("hex");
    throw new ExitError(EXIT.error, `cannot unmarshal value, key: ${shown}: ${error.message}`);
  }
}
