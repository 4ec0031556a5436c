import { openDatabase, type Transaction } from "@nodetcd/bolt";
import { SeededRandom, FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { b, codeOf } from "./helpers.ts";
import { ImageDisk } from "./image-disk.ts";

const PAGE = 1024;
const KEYS = 1_200;
const SEED = Number(process.env["SEED"] ?? 1);

/** Two zeros at the end, so that a key has room on either side of it. */
const keyOf = (i: number): Uint8Array => b(`key ${String(i * 100).padStart(7, "0")}`);

/** A tree of three levels. */
function makeImage(): Uint8Array {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { pageSize: PAGE, noGrowSync: true });
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < KEYS; i++) bucket.put(keyOf(i), b(`value ${i}`));
  });
  db.close();
  return disk.readFile("/db");
}

const image = makeImage();
const open = (bytes: Uint8Array) => openDatabase(new ImageDisk(bytes, 1e6, 1e8), "/db");

/** Where the keys of all branch pages, or of all leaves, lie in the file: start and length. */
function keysOf(kind: "branch" | "leaf"): { at: number; length: number }[] {
  const keys: { at: number; length: number }[] = [];
  const visit = (tx: Transaction, id: number): void => {
    const page = tx.page(id);
    for (let i = 0; i < page.count; i++) {
      const element = 4 + i * 4;
      const [position, length] = page.isLeaf
        ? [page.words[element + 1]!, page.words[element + 2]!]
        : [page.words[element]!, page.words[element + 1]!];
      if (page.isLeaf === (kind === "leaf")) {
        keys.push({ at: id * PAGE + 16 + i * 16 + position, length });
      }
      if (!page.isLeaf) visit(tx, page.words[element + 2]!);
    }
  };
  const db = open(image.slice());
  db.view((tx) => visit(tx, tx.bucket(b("x"))!.rootPageId));
  db.close();
  return keys;
}

const isKeyFinding = (kind: string): boolean => /key/.test(kind);

describe(`A bit that was flipped in a key (SEED=${SEED})`, () => {
  test.each(["branch", "leaf"] as const)(
    "of a %s is found by who reads all, or does no harm",
    (kind) => {
      const random = new SeededRandom(SEED);
      const keys = keysOf(kind);
      let found = 0;
      for (let round = 0; round < 600; round++) {
        const { at, length } = keys[round % keys.length]!;
        const bytes = image.slice();
        bytes[at + random.below(length)]! ^= 1 << random.below(8);
        const db = open(bytes);
        const code = codeOf(() =>
          db.view((tx) => {
            const cursor = tx.bucket(b("x"))!.cursor();
            for (let pair = cursor.first(); pair !== undefined; pair = cursor.next());
          }),
        );
        const findings = db.view((tx) => [...tx.check()].map((each) => each.kind));
        if (findings.some(isKeyFinding)) {
          expect(code, `byte ${at}: ${findings.join()}`).toBe("CORRUPT");
          found++;
        } else expect(code).toBeUndefined();
        db.close();
      }
      expect(found).toBeGreaterThan(100);
    },
  );

  test("of a bucket of one page is found by reading it", () => {
    const disk = new FaultDisk();
    const db = openDatabase(disk, "/db", { noGrowSync: true });
    db.update((tx) => {
      const bucket = tx.createBucket(b("x"));
      for (let i = 0; i < 9; i++) bucket.put(keyOf(i), Buffer.alloc(300));
    });
    const root = db.view((tx) => tx.page(tx.bucket(b("x"))!.rootPageId));
    db.close();
    const bytes = disk.readFile("/db").slice();
    // The second of its keys, which begins `key 00001`, is above all others.
    bytes[root.id * 4096 + 32 + root.words[9]!]! ^= 0x10;
    const damaged = open(bytes);
    expect(codeOf(() => damaged.view((tx) => tx.bucket(b("x"))!.get(keyOf(5))))).toBe("CORRUPT");
    damaged.close();
  });

  test("of a branch is found by reading or writing what lies beside it, and is not written on", () => {
    const [, second] = keysOf("branch").slice(-2);
    const bytes = image.slice();
    // The last leaf seems to begin far above its first keys.
    bytes[second!.at + second!.length - 3]! |= 8;
    const last = keyOf(KEYS - 1);
    const read = open(bytes.slice());
    expect(codeOf(() => read.view((tx) => tx.bucket(b("x"))!.get(keyOf(KEYS))))).toBe("CORRUPT");
    read.close();
    const written = open(bytes);
    const put = (): void => written.update((tx) => tx.bucket(b("x"))!.put(keyOf(KEYS), last));
    expect(codeOf(put)).toBe("CORRUPT");
    written.close();
  });
});
