import { openBackend } from "@nodetcd/backend";
import { RaftMessage } from "@nodetcd/messages";
import { nodeDisk, nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  SnapshotInstaller,
  type SnapshotInstallerOptions,
} from "../src/replicate/install-snapshot.ts";

let folder = "";
beforeEach(() => {
  folder = nodeDisk.makeTemporaryDirectory("install-snapshot-");
});
afterEach(() => nodeDisk.removeTree(folder));

const KEY = Buffer.from("which");

/** A database at `path`, in the place of one that may be there, as the transport puts it. */
async function arrive(path: string, which: string): Promise<void> {
  const made = openBackend(nodeRuntime, `${folder}/tmp`);
  made.put("meta", KEY, Buffer.from(which));
  await made.close();
  nodeDisk.rename(`${folder}/tmp`, path);
}

test("receive() reads the database that came last, also when one of the same index was not wanted before", async () => {
  const backend = openBackend(nodeRuntime, `${folder}/db`);
  const read: string[] = [];
  const options = {
    runtime: nodeRuntime,
    backend,
    store: {
      readHistory: async (next: typeof backend) =>
        void read.push(Buffer.from(next.get("meta", KEY) ?? []).toString()),
    },
    step: () => undefined,
  };
  const installer = new SnapshotInstaller(options as unknown as SnapshotInstallerOptions);
  const message = RaftMessage.decode(
    RaftMessage.encode({ snapshot: { data: Buffer.alloc(0), metadata: { index: 171, term: 2 } } }),
  );
  const path = `${folder}/00000000000000ab.snap.db`;
  for (const which of ["of an old term", "of the new leader"]) {
    await arrive(path, which);
    await installer.receive(message, path);
    expect(nodeDisk.exists(path)).toBe(true);
  }
  expect(read).toEqual(["of an old term", "of the new leader"]);
  await installer.discard();
  expect(nodeDisk.exists(path)).toBe(false);
  await backend.close();
});
