import { openDatabase } from "@nodetcd/bolt";
import {
  abandonFreelist,
  activeMeta,
  clearElements,
  copyDatabaseFile,
  inspectMetas,
  isFreelistStored,
  openRawFile,
  pageElement,
  pageElements,
  pageTable,
  type RawFile,
  revertMeta,
  updateMeta,
} from "@nodetcd/bolt/inspect";
import { DiskError } from "@nodetcd/runtime";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { b, codeOf, text } from "./helpers.ts";

/** Transaction 2 makes bucket "b" with a=1, b=2, c=3; transaction 3 sets d=4. */
function sample(): FaultDisk {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { pageSize: 1024, noGrowSync: true });
  db.update((tx) => {
    const bucket = tx.createBucket(b("b"));
    for (const [key, value] of ["a1", "b2", "c3"]) bucket.put(b(key!), b(value!));
    for (let i = 0; i < 20; i++)
      bucket.put(b(`x${i}`), b("a long value, so that it is not inline"));
  });
  db.update((tx) => tx.bucket(b("b"))!.put(b("d"), b("4")));
  db.close();
  return disk;
}

function inFile<T>(disk: FaultDisk, work: (file: RawFile) => T): T {
  const file = openRawFile(disk, "/db", "write");
  try {
    return work(file);
  } finally {
    file.close();
  }
}

function keys(disk: FaultDisk): string[] {
  const db = openDatabase(disk, "/db", { readOnly: true });
  const found: string[] = [];
  db.view((tx) => tx.bucket(b("b"))!.forEach((key) => found.push(text(key)!)));
  db.close();
  return found.filter((key) => !key.startsWith("x"));
}

/** The leaf that has key "a". */
function firstLeaf(disk: FaultDisk): number {
  const db = openDatabase(disk, "/db", { readOnly: true });
  const id = db.view((tx) => tx.bucket(b("b"))!.rootPageId);
  db.close();
  const root = inFile(disk, (file) => file.page(id));
  if (root.isLeaf) return id;
  const child = pageElement(root, 0);
  return child.kind === "child" ? child.pageId : 0;
}

describe("looking at pages", () => {
  test("pageElements() gives keys, values and buckets", () => {
    const disk = sample();
    const found = inFile(disk, (file) => [...pageElements(file.page(firstLeaf(disk)))]);
    expect(found.slice(0, 2).map(({ kind, key }) => [kind, text(key)])).toEqual([
      ["value", "a"],
      ["value", "b"],
    ]);
  });

  test("pageElements() of a meta raises PAGE_TYPE, pageElement() beyond the last ELEMENT_RANGE", () => {
    const disk = sample();
    const leaf = firstLeaf(disk);
    inFile(disk, (file) => {
      expect(codeOf(() => [...pageElements(file.page(0))])).toBe("PAGE_TYPE");
      expect(codeOf(() => pageElement(file.page(leaf), 9999))).toBe("ELEMENT_RANGE");
    });
  });

  test("RawFile.page() beyond the end, and of a page with another id, raises CORRUPT", () => {
    const disk = sample();
    inFile(disk, (file) => {
      file.write(3, file.bytes(4));
      expect(codeOf(() => file.page(3))).toBe("CORRUPT");
      expect(codeOf(() => file.page(9999))).toBe("CORRUPT");
      expect(codeOf(() => file.page(2 ** 53 - 1))).toBe("CORRUPT");
    });
  });

  test("pageTable() has every page once, free ones by the list it is given", () => {
    const disk = sample();
    const rows = inFile(disk, (file) => [
      ...pageTable(file, file.highWater, Float64Array.of(3, 2)),
    ]);
    expect(rows.slice(0, 4).map(({ id, type }) => `${id} ${type}`)).toEqual([
      "0 meta",
      "1 meta",
      "2 free",
      "3 free",
    ]);
  });

  test("inspectMetas() says what each is, or why not; activeMeta() which one is newer", () => {
    const disk = sample();
    expect(inFile(disk, activeMeta)).toBe(1);
    const file = disk.open("/db", "write");
    file.write(Uint8Array.of(1), 1024 + 16 + 56);
    file.close();
    const [first, second] = inspectMetas(disk, "/db");
    expect(first).toMatchObject({ txid: 2, pageSize: 1024 });
    expect(second).toMatchObject({ code: "CHECKSUM" });
  });
});

describe("surgery", () => {
  test("revertMeta() undoes the last transaction", () => {
    const disk = sample();
    expect(keys(disk)).toEqual(["a", "b", "c", "d"]);
    inFile(disk, revertMeta);
    expect(keys(disk)).toEqual(["a", "b", "c"]);
  });

  test("clearElements() removes a range; the rest stays readable", () => {
    const disk = sample();
    const leaf = firstLeaf(disk);
    expect(inFile(disk, (file) => clearElements(file, leaf, 1, 3))).toBe(false);
    expect(keys(disk)).toEqual(["a", "d"]);
    expect(codeOf(() => inFile(disk, (file) => clearElements(file, leaf, 2, 1)))).toBe(
      "ELEMENT_RANGE",
    );
    expect(codeOf(() => inFile(disk, (file) => clearElements(file, 0, 0, -1)))).toBe("PAGE_TYPE");
  });

  test("abandonFreelist() leaves a file that opens, and stores a freelist again", () => {
    const disk = sample();
    expect(isFreelistStored(disk, "/db")).toBe(true);
    inFile(disk, abandonFreelist);
    expect(isFreelistStored(disk, "/db")).toBe(false);
    openDatabase(disk, "/db").close();
    expect(isFreelistStored(disk, "/db")).toBe(true);
  });

  test("updateMeta() sets fields, mends the rest, and says when there was nothing to do", () => {
    const disk = sample();
    const db = openDatabase(disk, "/db");
    db.update((tx) => tx.root.setSequence(5));
    db.close();
    expect(inspectMetas(disk, "/db")[0]).toMatchObject({ txid: 4, rootSequence: 5n });
    expect(updateMeta(disk, "/db", 0, { root: 3n }).changed).toBe(true);
    expect(inspectMetas(disk, "/db")[0]).toMatchObject({ rootPageId: 3, rootSequence: 0n });
    expect(updateMeta(disk, "/db", 0, {}).changed).toBe(false);
  });

  test("copyDatabaseFile() copies, refuses a target that exists and a source being written", () => {
    const disk = sample();
    copyDatabaseFile(disk, "/db", "/copy");
    expect(Buffer.compare(disk.readFile("/copy"), disk.readFile("/db"))).toBe(0);
    expect(() => copyDatabaseFile(disk, "/db", "/copy")).toThrow(DiskError);
    const db = openDatabase(disk, "/db");
    expect(codeOf(() => copyDatabaseFile(disk, "/db", "/other"))).toBe("TIMEOUT");
    db.close();
    expect(disk.exists("/other")).toBe(false);
  });
});
