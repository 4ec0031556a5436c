import { openBackend } from "@nodetcd/backend";
import { RaftMessage } from "@nodetcd/messages";
import { silentLogger } from "@nodetcd/runtime";
import { nodeDisk, nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  SnapshotInstaller,
  type SnapshotInstallerOptions,
} from "../src/replicate/install-snapshot.ts";

const INDEX = 171;
const KEY = Buffer.from("which");
let folder = "";
let path = "";
beforeEach(() => {
  folder = nodeDisk.makeTemporaryDirectory("install-snapshot-");
  path = `${folder}/00000000000000ab.snap.db`;
});
afterEach(() => nodeDisk.removeTree(folder));

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A database at `path`, in the place of one that may be there, as the transport puts it. */
async function arrive(which: string, index: number = INDEX): Promise<void> {
  const made = openBackend(nodeRuntime, `${folder}/tmp`);
  made.put("meta", KEY, Buffer.from(which));
  made.put("meta", Buffer.from("consistent_index"), uint64(index));
  await made.close();
  nodeDisk.rename(`${folder}/tmp`, path);
}

const message = RaftMessage.decode(
  RaftMessage.encode({ snapshot: { data: Buffer.alloc(0), metadata: { index: INDEX, term: 2 } } }),
);

/** An installer whose raft takes snapshots while `takes` says so. */
function setUp() {
  const backend = openBackend(nodeRuntime, `${folder}/db`);
  const read: string[] = [];
  const raft = { takes: true, pending: 0 };
  const reading = { until: Promise.resolve() };
  const options = {
    runtime: nodeRuntime,
    logger: silentLogger,
    backend,
    store: {
      readHistory: async (next: typeof backend) => {
        read.push(Buffer.from(next.get("meta", KEY) ?? []).toString());
        await reading.until;
      },
      stopWork: async () => undefined,
      adopt: async () => undefined,
    },
    step: () => {
      if (raft.takes) raft.pending = INDEX;
    },
    isPending: (index: number) => raft.pending === index,
    drain: () => undefined,
    reload: () => undefined,
    onInstalled: () => (raft.pending = 0),
  };
  const installer = new SnapshotInstaller(options as unknown as SnapshotInstallerOptions);
  return { installer, backend, read, raft, reading };
}

test("receive() reads the database that came last, also when one of the same index was not wanted before", async () => {
  const { installer, backend, read, raft } = setUp();
  raft.takes = false;
  await arrive("of an old term");
  await installer.receive(message, path);
  expect(nodeDisk.exists(path)).toBe(false);

  raft.takes = true;
  await arrive("of the new leader");
  const received = installer.receive(message, path);
  await until(() => raft.pending === INDEX);
  expect(nodeDisk.exists(path)).toBe(true);
  await installer.install(message.snapshot!);
  await received;
  expect(read).toEqual(["of an old term", "of the new leader"]);
  expect(Buffer.from(backend.get("meta", KEY) ?? []).toString()).toBe("of the new leader");
  await backend.close();
});

test("receive() refuses a database that has not come as far as the snapshot says", async () => {
  const { installer, backend, read } = setUp();
  await arrive("too old", INDEX - 1);
  await expect(installer.receive(message, path)).rejects.toThrow("is at index 170 only");
  expect(read).toEqual([]);
  expect(nodeDisk.exists(path)).toBe(false);
  await backend.close();
});

test("receive() leaves alone what raft has taken until it is installed", async () => {
  const { installer, backend, read, raft } = setUp();
  await arrive("the first");
  const first = installer.receive(message, path);
  await until(() => raft.pending === INDEX);
  // Another leader's, of another index, which comes while the ready loop saves the first.
  const later = RaftMessage.decode(
    RaftMessage.encode({ snapshot: { data: Buffer.alloc(0), metadata: { index: 172, term: 3 } } }),
  );
  const second = installer.receive(later, `${folder}/none`).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(nodeDisk.exists(path)).toBe(true);
  await installer.install(message.snapshot!);
  await first;
  expect(await second).toBeInstanceOf(Error);
  expect(read).toEqual(["the first"]);
  await backend.close();
});

test("stop() leaves the file of a snapshot that raft has taken: its record may be in the log", async () => {
  const { installer, backend, raft } = setUp();
  await arrive("taken");
  const received = installer.receive(message, path);
  await until(() => raft.pending === INDEX);
  await installer.stop();
  await received;
  expect(nodeDisk.exists(path)).toBe(true);
  await backend.close();
});

test("stop() waits for a database that is being read, and removes it: raft has not heard of it", async () => {
  const { installer, backend, read, raft, reading } = setUp();
  let go = (): void => undefined;
  reading.until = new Promise((resolve) => (go = resolve));
  await arrive("half read");
  const received = installer.receive(message, path);
  await until(() => read.length === 1);
  const stopping = installer.stop();
  setTimeout(go, 20);
  await stopping;
  expect(nodeDisk.exists(path)).toBe(false);
  expect(raft.pending).toBe(0);
  await received;
  await backend.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
