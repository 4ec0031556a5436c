import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  openDatabaseInSlices,
} from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { afterEach, describe, expect, test } from "vitest";
import { MAX_PAGES } from "../src/limits.ts";
import { metaPage, readMeta } from "../src/meta.ts";
import { b, codeOf, text } from "./helpers.ts";

const PAGE = 4096;

/** A closed file with transactions 0 to 4. */
function sample(options: DatabaseOptions = {}): FaultDisk {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", options);
  for (let i = 0; i < 3; i++) {
    db.update((tx) => tx.createBucketIfMissing(b("x")).put(b(`k${i}`), b(`v${i}`)));
  }
  db.close();
  return disk;
}

function patch(disk: FaultDisk, position: number, ...bytes: number[]): void {
  const file = disk.open("/db", "write");
  file.write(Uint8Array.from(bytes), position);
  file.close();
}

const openCode = (disk: FaultDisk, options?: DatabaseOptions) =>
  codeOf(() => openDatabase(disk, "/db", options).close());
const keys = (db: Database) => db.view((tx) => tx.bucket(b("x"))!.stats().keys);

describe("openDatabase()", () => {
  test("makes the four first pages of a new file", () => {
    const disk = new FaultDisk();
    openDatabase(disk, "/db").close();
    const file = disk.readFile("/db");
    expect(file.length).toBe(4 * PAGE);
    expect(readMeta(file.subarray(16))).toMatchObject({
      pageSize: PAGE,
      rootPageId: 3,
      freelistPageId: 2,
      highWater: 4,
      txid: 0,
    });
    expect(readMeta(file.subarray(PAGE + 16))).toMatchObject({ txid: 1 });
    expect([file[2 * PAGE + 8], file[3 * PAGE + 8]]).toEqual([0x10, 0x02]);
    expect(disk.list("/").map((entry) => entry.name)).toEqual(["db"]);
  });

  test.each([1024, 2048, 4096, 16_384, 65_536])("opens files of page size %i", (pageSize) => {
    const disk = sample({ pageSize });
    const db = openDatabase(disk, "/db", { pageSize: 4096 });
    expect(db.pageSize).toBe(pageSize);
    expect(keys(db)).toBe(3);
    db.close();
    patch(disk, 16, 0);
    expect(openDatabase(disk, "/db", { readOnly: true }).pageSize).toBe(pageSize);
  });

  test("refuses page sizes that are none", () => {
    for (const pageSize of [0, 512, 3000, 2 ** 25]) {
      expect(openCode(new FaultDisk(), { pageSize })).toBe("PAGE_SIZE");
    }
  });

  test("takes the older meta when the newer is broken", () => {
    const disk = sample();
    patch(disk, 16 + 20, 0xff);
    const db = openDatabase(disk, "/db");
    expect(keys(db)).toBe(2);
    expect(db.begin(true).id).toBe(4);
  });

  test("says what is wrong with both metas", () => {
    const both = (offset: number, ...bytes: number[]): FaultDisk => {
      const disk = sample();
      patch(disk, 16 + offset, ...bytes);
      patch(disk, PAGE + 16 + offset, ...bytes);
      return disk;
    };
    expect(openCode(both(0, 1, 2, 3, 4))).toBe("INVALID");
    expect(openCode(both(0, 0xed, 0x0c, 0xda, 0xed))).toBe("WRONG_BYTE_ORDER");
    expect(openCode(both(4, 1, 0, 0, 0))).toBe("VERSION_MISMATCH");
    expect(openCode(both(16, 0xff))).toBe("CHECKSUM");
    const short = new FaultDisk();
    short.open("/db", "create").write(b("no database"), 0);
    expect(openCode(short)).toBe("INVALID");
  });

  test("a meta whose checksum is right but whose fields are not is INVALID", () => {
    const disk = sample();
    const meta = readMeta(disk.readFile("/db").subarray(16));
    if (meta instanceof Error) throw meta;
    patch(disk, 0, ...metaPage({ ...meta, rootPageId: 99_999 }, 0));
    patch(disk, PAGE, ...metaPage({ ...meta, highWater: MAX_PAGES + 1 }, 1));
    expect(openCode(disk)).toBe("INVALID");
  });

  test("a freelist page that is none, or names impossible pages, is CORRUPT", () => {
    for (const bytes of [
      [0x02, 0],
      [0x10, 0, 0xff, 0xff],
    ]) {
      const disk = sample();
      const db = openDatabase(disk, "/db", { readOnly: true });
      const id = db.view((tx) => tx.meta.freelistPageId!);
      db.close();
      patch(disk, id * PAGE + 8, ...bytes);
      patch(disk, id * PAGE + 16, 0xff, 0xff, 0xff);
      expect(openCode(disk)).toBe("CORRUPT");
    }
  });

  test("readOnly takes no writes and needs the file", () => {
    const db = openDatabase(sample(), "/db", { readOnly: true });
    expect(keys(db)).toBe(3);
    expect(codeOf(() => db.begin(true))).toBe("DATABASE_READ_ONLY");
    expect(() => openDatabase(new FaultDisk(), "/db", { readOnly: true })).toThrow("no such file");
  });

  test("a file without a stored freelist opens, and gets one unless told not to", () => {
    const disk = sample({ noFreelistSync: true });
    const kept = openDatabase(disk, "/db", { noFreelistSync: true });
    const free = kept.stats().freePages;
    expect(kept.view((tx) => tx.meta.freelistPageId)).toBe(undefined);
    expect(kept.view((tx) => [...tx.check()])).toEqual([]);
    kept.close();
    const stored = openDatabase(disk, "/db");
    expect(stored.view((tx) => tx.meta.freelistPageId)).not.toBe(undefined);
    expect(stored.view((tx) => [...tx.check()])).toEqual([]);
    expect(free).toBeGreaterThan(0);
  });
});

test("making a file leaves one beside it alone that a user may have called .new", () => {
  const disk = new FaultDisk();
  const beside = openDatabase(disk, "/db.new");
  beside.update((tx) => void tx.createBucket(b("kept")));
  beside.close();
  openDatabase(disk, "/db").close();
  const db = openDatabase(disk, "/db.new", { readOnly: true });
  expect(db.view((tx) => tx.bucket(b("kept")))).not.toBe(undefined);
  expect(disk.list("/").map(({ name }) => name)).toEqual(["db", "db.new"]);
});

describe("the file lock", () => {
  const directory = nodeDisk.makeTemporaryDirectory("bolt-lock-");
  afterEach(() => nodeDisk.removeTree(directory));

  test("one writer or many readers; TIMEOUT otherwise", () => {
    const path = `${directory}/db`;
    const writer = openDatabase(nodeDisk, path);
    writer.update((tx) => tx.createBucket(b("x")).put(b("k"), b("v")));
    expect(codeOf(() => openDatabase(nodeDisk, path))).toBe("TIMEOUT");
    expect(codeOf(() => openDatabase(nodeDisk, path, { readOnly: true }))).toBe("TIMEOUT");
    const began = performance.now();
    expect(codeOf(() => openDatabase(nodeDisk, path, { lockTimeoutMs: 200 }))).toBe("TIMEOUT");
    expect(performance.now() - began).toBeGreaterThan(190);
    writer.close();
    const readers = [1, 2].map(() => openDatabase(nodeDisk, path, { readOnly: true }));
    for (const reader of readers) {
      expect(reader.view((tx) => text(tx.bucket(b("x"))!.get(b("k"))))).toBe("v");
    }
    expect(codeOf(() => openDatabase(nodeDisk, path))).toBe("TIMEOUT");
    for (const reader of readers) reader.close();
    openDatabase(nodeDisk, path).close();
  });
});

test("DATABASE_NOT_OPEN after close(), which may be called again", () => {
  const db = openDatabase(new FaultDisk(), "/db");
  const read = db.begin(false);
  const write = db.begin(true);
  db.close();
  db.close();
  expect(codeOf(() => db.begin(false))).toBe("DATABASE_NOT_OPEN");
  expect(codeOf(() => db.sync())).toBe("DATABASE_NOT_OPEN");
  expect(codeOf(() => read.bucket(b("x")))).toBe("TX_CLOSED");
  expect(codeOf(() => write.commit())).toBe("TX_CLOSED");
});

describe("openDatabaseInSlices()", () => {
  const options: DatabaseOptions = { noFreelistSync: true, clock: nodeClock };

  test("finds the free pages that openDatabase finds", async () => {
    const disk = sample(options);
    const db = openDatabase(disk, "/db", options);
    db.update((tx) => {
      for (let i = 0; i < 2_000; i++) tx.bucket(b("x"))!.put(b(`k${i}`), new Uint8Array(i % 500));
      for (let i = 0; i < 5; i++) tx.bucket(b("x"))!.put(b(`long${i}`), new Uint8Array(100_000));
    });
    db.update((tx) => {
      for (let i = 0; i < 2_000; i++) if (i % 100 < 70) tx.bucket(b("x"))!.delete(b(`k${i}`));
      tx.bucket(b("x"))!.delete(b("long2"));
    });
    db.close();
    const atOnce = openDatabase(disk, "/db", options);
    const { freePages } = atOnce.stats();
    atOnce.close();
    const inSlices = await openDatabaseInSlices(disk, "/db", options);
    expect(freePages).toBeGreaterThan(10);
    expect(inSlices.stats().freePages).toBe(freePages);
    inSlices.update((tx) => tx.bucket(b("x"))!.put(b("later"), b("1")));
    inSlices.view((tx) => expect([...tx.check()]).toEqual([]));
    inSlices.close();
  });

  test("of a file that is none it says so, and lets it go", async () => {
    const disk = sample(options);
    patch(disk, 16, 1);
    patch(disk, PAGE + 16, 1);
    for (let i = 0; i < 2; i++) {
      await expect(openDatabaseInSlices(disk, "/db", options)).rejects.toMatchObject({
        code: "INVALID",
      });
    }
  });
});

test("opening reads of long values their first pages alone", () => {
  const options: DatabaseOptions = { noFreelistSync: true };
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", options);
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < 20; i++) bucket.put(b(`k${i}`), new Uint8Array(1024 * 1024));
  });
  db.close();
  let bytes = 0;
  const open = disk.open.bind(disk);
  disk.open = (...given) => {
    const file = open(...given);
    const read = file.read.bind(file);
    file.read = (into, position) => {
      bytes += into.length;
      return read(into, position);
    };
    return file;
  };
  openDatabase(disk, "/db", options).close();
  expect(bytes).toBeLessThan(1024 * 1024);
});
