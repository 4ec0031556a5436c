import * as fs from "node:fs";
import { openDatabase } from "@nodetcd/bolt";
import { clearElements, openRawFile } from "@nodetcd/bolt/inspect";
import { nodeDisk } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { MAX_PAGES } from "../src/limits.ts";
import { type Meta, metaPage } from "../src/meta.ts";
import { b, codeOf, text } from "./helpers.ts";

const PAGE = 1024;

/** A file with one bucket, a branch over leaves, without free space; and where these are. */
function sample() {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { pageSize: PAGE, noGrowSync: true });
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 100; i < 200; i++) bucket.put(b(`key ${i}`), b("value"));
  });
  const found = db.view((tx) => {
    const branch = tx.bucket(b("x"))!.rootPageId;
    return { branch, leaf: tx.page(branch).words[4 + 2]!, meta: tx.meta };
  });
  db.close();
  return { disk, ...found };
}

function patch(disk: FaultDisk, position: number, bytes: ArrayLike<number>): void {
  const file = disk.open("/db", "write");
  file.write(Uint8Array.from(bytes), position);
  file.close();
}

/** Both metas say this; the first is the current one. */
function patchMetas(disk: FaultDisk, meta: Meta): void {
  patch(disk, 0, metaPage(meta, 0));
  patch(disk, PAGE, metaPage({ ...meta, txid: meta.txid - 1 }, 1));
}

describe("a child page id above 2^32", () => {
  /** The second child of the branch gets the first one's id, and one bit more above 2^32. */
  function damaged(): FaultDisk {
    const { disk, branch, leaf } = sample();
    const element = branch * PAGE + 16 + 16;
    const id = [leaf & 0xff, leaf >>> 8, 0, 0, 1, 0, 0, 0];
    patch(disk, element + 8, id);
    return disk;
  }

  test("is CORRUPT for get(), also when a page with its lower bits is in the cache", () => {
    const db = openDatabase(damaged(), "/db", { readOnly: true });
    db.view((tx) => {
      const bucket = tx.bucket(b("x"))!;
      expect(text(bucket.get(b("key 100")))).toBe("value");
      expect(codeOf(() => bucket.get(b("key 130")))).toBe("CORRUPT");
    });
  });

  test("is CORRUPT for put() and commit()", () => {
    const db = openDatabase(damaged(), "/db");
    const change = (): void =>
      db.update((tx) => {
        const bucket = tx.bucket(b("x"))!;
        bucket.get(b("key 100"));
        bucket.put(b("key 130"), b("new"));
      });
    expect(codeOf(change)).toBe("CORRUPT");
  });
});

describe("a freelist page id out of range", () => {
  test.each([0, 1, 99_999, 2 ** 40, 2 ** 53])(
    "%d: read, checked, not written",
    (freelistPageId) => {
      const { disk, meta } = sample();
      patchMetas(disk, { ...meta, freelistPageId });
      const db = openDatabase(disk, "/db", { readOnly: true });
      db.view((tx) => {
        expect(tx.id).toBe(meta.txid);
        expect(text(tx.bucket(b("x"))!.get(b("key 150")))).toBe("value");
        expect([...tx.check()].map(({ kind }) => kind)).toEqual(["damaged"]);
      });
      db.close();
      expect(codeOf(() => openDatabase(disk, "/db"))).toBe("CORRUPT");
    },
  );
});

test("a transaction id that could not be counted further takes no more transactions", () => {
  const { disk, meta } = sample();
  patchMetas(disk, { ...meta, txid: Number.MAX_SAFE_INTEGER });
  const db = openDatabase(disk, "/db");
  expect(codeOf(() => db.begin(true))).toBe("INVALID");
  expect(db.view((tx) => tx.id)).toBe(Number.MAX_SAFE_INTEGER);
});

test("no page is allocated that the next opening would refuse", () => {
  const { disk, meta } = sample();
  patchMetas(disk, { ...meta, highWater: MAX_PAGES - 1 });
  const directory = nodeDisk.makeTemporaryDirectory("bolt-huge-");
  try {
    fs.writeFileSync(`${directory}/db`, disk.readFile("/db"));
    // Sparse: as large as it says, and next to nothing on the disk.
    fs.truncateSync(`${directory}/db`, MAX_PAGES * PAGE);
    const db = openDatabase(nodeDisk, `${directory}/db`);
    const fill = (): void =>
      db.update((tx) => tx.bucket(b("x"))!.put(b("large"), new Uint8Array(20 * PAGE)));
    expect(codeOf(fill)).toBe("MAX_SIZE_REACHED");
    expect(db.view((tx) => text(tx.bucket(b("x"))!.get(b("key 150"))))).toBe("value");
    db.close();
  } finally {
    nodeDisk.removeTree(directory);
  }
});

test("clearElements() empties a page whose elements make no sense", () => {
  const { disk, leaf } = sample();
  patch(disk, leaf * PAGE + 10, [0xf0, 0xff]);
  const file = openRawFile(disk, "/db", "write");
  expect(codeOf(() => clearElements(file, leaf, 0, 1))).toBe("CORRUPT");
  clearElements(file, leaf, 0, -1);
  expect(file.header(leaf)).toMatchObject({ count: 0, overflow: 0 });
  file.close();
});
