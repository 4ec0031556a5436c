import { HardState } from "@nodetcd/messages";
import { describe, expect, it, vi } from "vitest";
import { createWal, openWal, readLog, type Wal, type WalOptions } from "../src/wal.ts";
import { listSegments } from "../src/segment.ts";
import {
  appendAll,
  entries,
  entry,
  FROM_START,
  inMemory,
  METADATA,
  plain,
  state,
} from "./helpers.ts";

const DIRECTORY = "/data/wal";
const SMALL: WalOptions = { segmentBytes: 4096 };

async function reopen(runtime: ReturnType<typeof inMemory>, wal: Wal, from = FROM_START) {
  await wal.close();
  return openWal(runtime, DIRECTORY, from, SMALL);
}

describe("append", () => {
  it("gives back metadata, state and entries after reopening, again and again", async () => {
    const runtime = inMemory();
    let wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    for (let round = 0; round < 5; round++) {
      const first = round * 10 + 1;
      await wal.append(state(round + 1, first), entries(first, first + 9, round + 1));
      const opened = await reopen(runtime, wal);
      expect(Buffer.from(opened.metadata)).toEqual(METADATA);
      expect(opened.hardState).toEqual(state(round + 1, first));
      expect(opened.entries.map((e) => e.index)).toEqual(entries(1, first + 9).map((e) => e.index));
      ({ wal } = opened);
    }
    await wal.close();
  });

  it("lets entries of a later term replace the tail", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.append(state(1, 3), entries(1, 10, 1));
    await wal.append(state(2, 3), entries(5, 6, 2));
    const opened = await reopen(runtime, wal);
    expect(plain(opened.entries)).toEqual(plain([...entries(1, 4, 1), ...entries(5, 6, 2)]));
    await opened.wal.close();
  });

  it("keeps entries of every size and type, empty and beyond the write buffer", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    const sizes = [0, 1, 2, 7, 8, 127, 128, 511, 512, 16_383, 16_384, 1_500_000, 3_000_000, 5];
    const list = sizes.map((size, i) => ({
      ...entry(i + 1, 300 + i, new Uint8Array(size).fill(i + 1)),
      type: ([0, 1, 2] as const)[i % 3] ?? 0,
    }));
    await wal.append(state(400, 2 ** 40, 0xffff_ffff_ffff_fffen), list);
    const opened = await reopen(runtime, wal);
    expect(plain(opened.entries)).toEqual(plain(list));
    expect(opened.hardState).toEqual(state(400, 2 ** 40, 0xffff_ffff_ffff_fffen));
    await opened.wal.close();
  });

  it("syncs for entries, term and vote, and not for a commit index alone", async () => {
    let syncs = 0;
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, { onSync: () => syncs++ });
    const added = async (change: () => Promise<void>): Promise<number> => {
      const before = syncs;
      await change();
      return syncs - before;
    };
    expect(await added(() => wal.append(state(1, 0), []))).toBe(1);
    expect(await added(() => wal.append(state(1, 5), []))).toBe(0);
    expect(await added(() => wal.append(state(1, 5, 8n), []))).toBe(1);
    expect(await added(() => wal.append(undefined, entries(1, 3)))).toBe(1);
    expect(await added(() => wal.append(undefined, []))).toBe(0);
    expect(await added(() => wal.append(HardState.create(), []))).toBe(0);
    await wal.close();
  });

  it("refuses to create a log where there is one, or in a directory of other files", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.close();
    await expect(createWal(runtime, DIRECTORY, METADATA)).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    runtime.disk.makeDirectory("/data/other");
    runtime.disk.open("/data/other/notes.txt", "create").close();
    await expect(createWal(runtime, "/data/other", METADATA)).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });

  it("refuses calls after close", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.close();
    await wal.close();
    await expect(wal.append(undefined, entries(1, 1))).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("segments", () => {
  it("are cut at a record boundary, chained, and named by sequence and next index", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.append(state(1, 0), []);
    const list = Array.from({ length: 40 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500, i + 1)));
    await appendAll(wal, list);
    const opened = await reopen(runtime, wal);
    expect(plain(opened.entries)).toEqual(plain(list));
    const names = listSegments(runtime.disk, DIRECTORY).map((segment) => segment.name);
    expect(names.length).toBeGreaterThan(4);
    expect(names[0]).toBe("0000000000000000-0000000000000000.wal");
    expect(names[1]).toBe("0000000000000001-0000000000000009.wal");
    await opened.wal.close();
  });

  it("start with checksum, metadata and state, so that any of them can be the first", async () => {
    const runtime = inMemory();
    let wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.append(state(3, 0), []);
    await appendAll(
      wal,
      Array.from({ length: 20 }, (_, i) => entry(i + 1, 3, Buffer.alloc(500))),
    );
    const snapshot = { index: 18, term: 3, confState: confState() };
    await wal.appendSnapshot(snapshot);
    await appendAll(
      wal,
      Array.from({ length: 20 }, (_, i) => entry(i + 21, 3, Buffer.alloc(500))),
    );
    wal.releaseTo(18);
    await wal.purge(0);
    expect(listSegments(runtime.disk, DIRECTORY)[0]?.firstIndex).toBeGreaterThan(8);
    const opened = await reopen(runtime, wal, snapshot);
    expect(opened.entries.map((e) => e.index)).toEqual(entries(19, 40).map((e) => e.index));
    expect(opened.hardState).toEqual(state(3, 0));
    expect(Buffer.from(opened.metadata)).toEqual(METADATA);
    ({ wal } = opened);
    await wal.close();
    await expect(openWal(runtime, DIRECTORY, FROM_START)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("are released up to the one that holds the index, and purged oldest first", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await appendAll(
      wal,
      Array.from({ length: 60 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500))),
    );
    const firsts = (): number[] => listSegments(runtime.disk, DIRECTORY).map((s) => s.firstIndex);
    const before = firsts();
    await wal.purge(2);
    expect(firsts()).toEqual(before);
    const third = before[2] ?? 0;
    wal.releaseTo(third);
    await wal.purge(before.length - 1);
    expect(firsts()).toEqual(before.slice(1));
    await wal.purge(0);
    expect(firsts()).toEqual(before.slice(1));
    wal.releaseTo(1000);
    await wal.purge(3);
    expect(firsts()).toEqual(before.slice(-3));
    await wal.purge(0);
    expect(firsts()).toEqual(before.slice(-1));
    const names = (): string[] => runtime.disk.list(DIRECTORY).map(({ name }) => name);
    await vi.waitFor(
      () => expect(names().filter((name) => name.endsWith(".wal.tmp"))).toEqual([]),
      150_000,
    );
    await wal.close();
    expect(names().length).toBe(1);
  });

  it("with one missing in between are refused", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await appendAll(
      wal,
      Array.from({ length: 60 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500))),
    );
    await wal.close();
    const names = listSegments(runtime.disk, DIRECTORY).map((segment) => segment.name);
    runtime.disk.remove(`${DIRECTORY}/${names[2]}`);
    await expect(readLog(runtime.disk, DIRECTORY, FROM_START)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining(names[3] ?? "?"),
    });
  });

  it("leave no temporary file behind", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.close();
    runtime.disk.open(`${DIRECTORY}/1.tmp`, "create").close();
    const opened = await openWal(runtime, DIRECTORY, FROM_START, SMALL);
    await opened.wal.close();
    expect(runtime.disk.list(DIRECTORY).map((e) => e.name)).toEqual([
      "0000000000000000-0000000000000000.wal",
    ]);
  });
});

describe("snapshot records", () => {
  it("must be there with the same term", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await wal.append(state(2, 9), entries(1, 9, 2));
    await wal.appendSnapshot({ index: 5, term: 2, confState: confState() });
    await wal.close();
    const open = (index: number, term: number): Promise<unknown> =>
      openWal(runtime, DIRECTORY, { index, term, confState: undefined }, SMALL);
    await expect(open(6, 2)).rejects.toMatchObject({ code: "SNAPSHOT_NOT_FOUND" });
    await expect(open(5, 1)).rejects.toMatchObject({ code: "SNAPSHOT_MISMATCH" });
    const opened = await openWal(runtime, DIRECTORY, { index: 5, term: 2, confState: undefined });
    expect(opened.entries.map((e) => e.index)).toEqual([6, 7, 8, 9]);
    await opened.wal.close();
  });
});

function confState() {
  return { voters: [1n, 2n], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}
