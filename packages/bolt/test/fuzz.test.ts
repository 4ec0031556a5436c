import { defragment, openDatabase } from "@nodetcd/bolt";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { readRawMeta, writeRawMeta } from "../src/inspect/raw-meta.ts";
import { baseImages, runCase } from "./fuzz.ts";
import { b, codeOf } from "./helpers.ts";

const PAGE = 4096;
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const COUNT = 600 * Number(process.env["TIMES"] ?? 1);

describe("damaged files", () => {
  test(`${COUNT} random ones end in an answer or an error with its code (SEED=${SEED})`, () => {
    const images = baseImages(SEED);
    const outcomes = new Set<string>();
    for (let i = 0; i < COUNT; i++) {
      try {
        for (const code of runCase(images, SEED + i)) outcomes.add(code);
      } catch (error) {
        throw new Error(`COUNT=${i + 1} SEED=${SEED}, case ${SEED + i}`, { cause: error });
      }
    }
    // Else the damage was too small, or so great that nothing was reached.
    expect(outcomes).toContain("OK");
    expect(outcomes).toContain("CORRUPT");
    // At the door: the meta pages say something else, or an unknown version.
    expect(outcomes.has("INVALID") || outcomes.has("VERSION_MISMATCH")).toBe(true);
  });

  test("the healthy files that they are made of are healthy", () => {
    for (const { bytes } of baseImages(SEED)) {
      const disk = new FaultDisk();
      const file = disk.open("/db", "create");
      file.write(bytes, 0);
      file.close();
      const db = openDatabase(disk, "/db", { readOnly: true });
      expect(db.view((tx) => [...tx.check()])).toEqual([]);
      db.close();
    }
  });
});

interface Sample {
  readonly disk: FaultDisk;
  readonly freelist: number;
  /** Root of bucket "x", and its children. */
  readonly branch: number;
  readonly leaves: readonly number[];
  /** Root of bucket "y". */
  readonly otherBranch: number;
}

/** Buckets "x", "y", and "key 0100" in "x": each a branch with leaves. */
function sample(): Sample {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { noGrowSync: true });
  db.update((tx) => {
    const x = tx.createBucket(b("x"));
    for (const bucket of [x, tx.createBucket(b("y")), x.createBucket(b("key 0100"))]) {
      for (let i = 0; i < 500; i++) bucket.put(b(`key ${1000 + i}`), b("a value like others"));
    }
  });
  const found = db.view((tx) => {
    const branch = tx.bucket(b("x"))!.rootPageId;
    const { count, words } = tx.page(branch);
    const leaves = Array.from({ length: count }, (_, i) => words[4 + i * 4 + 2]!);
    const otherBranch = tx.bucket(b("y"))!.rootPageId;
    return { disk, freelist: tx.meta.freelistPageId!, branch, leaves, otherBranch };
  });
  db.close();
  return found;
}

function write(disk: FaultDisk, position: number, bytes: Uint8Array): void {
  const file = disk.open("/db", "write");
  file.write(bytes, position);
  file.close();
}

function pageNumber(id: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(id), true);
  return bytes;
}

/** Where the file has the root page id of nested bucket "key 0100": the first value of a leaf. */
function nestedRootPosition({ disk, leaves }: Sample): number {
  const leaf = leaves[0]! * PAGE;
  const view = new DataView(disk.readFile("/db").slice().buffer);
  return leaf + 16 + view.getUint32(leaf + 20, true) + view.getUint32(leaf + 24, true);
}

function setHighWater(disk: FaultDisk, highWater: bigint): void {
  for (const index of [0, 1]) {
    const record = disk.readFile("/db").slice(index * PAGE + 16, index * PAGE + 80);
    writeRawMeta({ ...readRawMeta(record), highWater }, record);
    write(disk, index * PAGE + 16, record);
  }
}

function inView<T>(
  disk: FaultDisk,
  work: Parameters<ReturnType<typeof openDatabase>["view"]>[0],
): T {
  const db = openDatabase(disk, "/db", { readOnly: true });
  try {
    return db.view(work) as T;
  } finally {
    db.close();
  }
}

describe("what random damage found", () => {
  test("stats() of a branch whose children are one page raises CORRUPT", () => {
    const { disk, branch, leaves } = sample();
    write(disk, branch * PAGE + 16 + 16 + 8, pageNumber(leaves[0]!));
    expect(codeOf(() => inView(disk, (tx) => tx.bucket(b("x"))!.stats()))).toBe("CORRUPT");
  });

  test("stats() and inspect() of a bucket that is nested in itself raise CORRUPT", () => {
    const found = sample();
    write(found.disk, nestedRootPosition(found), pageNumber(found.branch));
    expect(codeOf(() => inView(found.disk, (tx) => tx.root.stats()))).toBe("CORRUPT");
    expect(codeOf(() => inView(found.disk, (tx) => tx.root.inspect()))).toBe("CORRUPT");
  });

  test("defragment() of a bucket that is nested in itself raises CORRUPT", () => {
    const found = sample();
    write(found.disk, nestedRootPosition(found), pageNumber(found.branch));
    const copy = openDatabase(found.disk, "/copy");
    const work = (): void => inView(found.disk, (tx) => void [...defragment(tx, copy)]);
    expect(codeOf(work)).toBe("CORRUPT");
    copy.close();
  });

  test("inspect() of a bucket at a page number beyond all numbers raises CORRUPT", () => {
    const found = sample();
    write(found.disk, nestedRootPosition(found), new Uint8Array(8).fill(0x7f));
    expect(codeOf(() => inView(found.disk, (tx) => tx.root.inspect()))).toBe("CORRUPT");
  });

  test("deleteBucket() of a bucket that is nested in itself raises CORRUPT", () => {
    const found = sample();
    write(found.disk, nestedRootPosition(found), pageNumber(found.branch));
    const db = openDatabase(found.disk, "/db");
    expect(codeOf(() => db.update((tx) => tx.deleteBucket(b("x"))))).toBe("CORRUPT");
    db.close();
  });

  test("put() into a page that the freelist has too raises CORRUPT at the commit", () => {
    const { disk, leaves, freelist } = sample();
    write(disk, freelist * PAGE + 10, Uint8Array.of(1, 0));
    write(disk, freelist * PAGE + 16, pageNumber(leaves[0]!));
    const db = openDatabase(disk, "/db");
    const work = (): void => db.update((tx) => tx.bucket(b("x"))!.put(b("key 1000"), b("new")));
    expect(codeOf(work)).toBe("CORRUPT");
    db.close();
  });

  test("createBucket() among names out of order raises CORRUPT", () => {
    const disk = new FaultDisk();
    const db = openDatabase(disk, "/db", { noGrowSync: true });
    db.update((tx) => {
      for (const name of ["a", "b", "c", "d"]) tx.createBucket(b(name));
    });
    const root = db.view((tx) => tx.meta.rootPageId);
    db.close();
    const page = new DataView(disk.readFile("/db").slice(root * PAGE, (root + 1) * PAGE).buffer);
    for (const [index, name] of ["a", "z", "y", "b"].entries()) {
      const element = 16 + index * 16;
      write(disk, root * PAGE + element + page.getUint32(element + 4, true), b(name));
    }
    const again = openDatabase(disk, "/db");
    expect(codeOf(() => again.update((tx) => void tx.createBucket(b("c"))))).toBe("CORRUPT");
    again.close();
  });

  test("a commit that would merge a leaf with a branch raises CORRUPT", () => {
    const { disk, branch, otherBranch } = sample();
    write(disk, branch * PAGE + 16 + 16 + 8, pageNumber(otherBranch));
    const db = openDatabase(disk, "/db");
    const deleteMany = (): void => {
      db.update((tx) => {
        for (let i = 0; i < 60; i++) tx.bucket(b("x"))!.delete(b(`key ${1000 + i}`));
      });
    };
    expect(codeOf(deleteMany)).toBe("CORRUPT");
    db.close();
  });

  test("a file cut short opens for reading, with a finding, but not for writing", () => {
    const { disk } = sample();
    const file = disk.open("/db", "write");
    file.truncate(file.size() - PAGE);
    file.close();
    expect(codeOf(() => openDatabase(disk, "/db"))).toBe("CORRUPT");
    const kinds = inView<string[]>(disk, (tx) => [...tx.check()].map(({ kind }) => kind));
    expect(kinds).toContain("damaged");
  });

  test("a high-water mark of a billion pages costs neither time nor memory", () => {
    const { disk } = sample();
    setHighWater(disk, 1_000_000_000n);
    expect(codeOf(() => openDatabase(disk, "/db"))).toBe("CORRUPT");
    const findings = inView<{ message: string }[]>(disk, (tx) => [...tx.check()]);
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^pages \d+ to 999999999: beyond the end of the file$/),
    ]);
  });

  test("a high-water mark above 2^32 pages is INVALID: ids would not fit the page cache", () => {
    const { disk } = sample();
    setHighWater(disk, 2n ** 32n + 100n);
    expect(codeOf(() => openDatabase(disk, "/db", { readOnly: true }))).toBe("INVALID");
  });
});
