import { BUCKETS } from "@nodetcd/backend";
import { openDatabase } from "@nodetcd/bolt";
import { crc32c } from "@nodetcd/bytes";
import { MvccError, noLeases, openStore } from "@nodetcd/mvcc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { intFlag } from "../../command-line/flag.ts";
import { CACHE_BYTES, checkForm, exactly, requireFile, show, type UtlCall } from "../call.ts";
import { ReadOnlyBackend } from "../read-only-backend.ts";

const REVISION = intFlag("rev", "maximum revision to hash (default: latest revision)");

export const hashkv: Command<UtlCall> = {
  use: "hashkv <filename>",
  short: "Prints the KV history hash of a given file",
  flags: [REVISION],
  checkArguments: exactly(1),
  run: async (call) => {
    checkForm(call);
    const path = call.args[0]!;
    requireFile(path);
    const { hash, hashRevision, compactRevision } = await hashOf(
      path,
      Number(call.flags.get(REVISION)),
    );
    show(call, {
      json: JSON.stringify({ hash, hashRevision, compactRevision }),
      fields: [
        ["Hash", hash],
        ["Hash revision", hashRevision],
        ["Compact revision", compactRevision],
      ],
      rows: {
        head: ["hash", "hash revision", "compact revision"],
        rows: [[String(hash), String(hashRevision), String(compactRevision)]],
      },
    });
  },
};

async function hashOf(
  path: string,
  revision: number,
): Promise<{ hash: number; hashRevision: number; compactRevision: number }> {
  const { disk, clock } = nodeRuntime;
  const database = openDatabase(disk, path, { readOnly: true, cacheBytes: CACHE_BYTES, clock });
  const backend = new ReadOnlyBackend(database);
  const store = await openStore(backend, { clock, lessor: noLeases, cacheBytes: 0 });
  try {
    const found = await store.hashKv(Math.max(0, revision));
    // Up to a revision before the first, of which there is only the name of the bucket.
    return revision < 0
      ? { ...found, hash: crc32c(0, Buffer.from(BUCKETS.key)), hashRevision: revision }
      : found;
  } catch (error) {
    if (!(error instanceof MvccError)) throw error;
    throw new ExitError(EXIT.error, error.message.replace(/^etcdserver: /, ""));
  } finally {
    await store.close();
    database.close();
  }
}
