import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { type CheckFinding, openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { afterAll, describe, expect, test } from "vitest";
import { BoltError } from "../src/errors.ts";
import { b } from "./helpers.ts";
import { changeRandomly, newModel } from "./history.ts";
import { findBbolt } from "./real-bbolt.ts";

const PAGE = 4096;
const directory = nodeDisk.makeTemporaryDirectory("bolt-check-");
afterAll(() => nodeDisk.removeTree(directory));
const bbolt = findBbolt();

/** A file with one bucket of many leaves under one branch, and where these are. */
function sample(): { disk: FaultDisk; branch: number; leaves: number[]; freelist: number } {
  const disk = new FaultDisk();
  const db = openDatabase(disk, "/db", { noGrowSync: true });
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < 500; i++) bucket.put(b(`key ${String(i).padStart(4, "0")}`), b("value"));
  });
  const found = db.view((tx) => {
    const branch = tx.bucket(b("x"))!.rootPageId;
    const page = tx.page(branch);
    const leaves = Array.from({ length: page.count }, (_, i) => page.words[4 + i * 4 + 2]!);
    return { branch, leaves, freelist: tx.meta.freelistPageId! };
  });
  db.close();
  return { disk, ...found };
}

function patch(disk: FaultDisk, position: number, ...bytes: number[]): void {
  const file = disk.open("/db", "write");
  file.write(Uint8Array.from(bytes), position);
  file.close();
}

function findings(disk: FaultDisk): CheckFinding[] {
  const db = openDatabase(disk, "/db", { readOnly: true });
  const found = db.view((tx) => [
    ...tx.check({ keyToString: (key) => Buffer.from(key).toString() }),
  ]);
  db.close();
  return found;
}

/** Lines that the real bbolt's check prints about the file. */
function bboltFindings(disk: FaultDisk): string[] | undefined {
  if (bbolt === undefined) return undefined;
  const path = `${directory}/db`;
  fs.writeFileSync(path, disk.readFile("/db"));
  const { stdout, stderr } = spawnSync(bbolt, ["check", path], { encoding: "utf8" });
  const lines = `${stdout}${stderr}`.split("\n");
  return lines.filter((line) => /^(page \d|the first key|key\[)/.test(line));
}

type Sample = ReturnType<typeof sample>;
const CASES: {
  kind: CheckFinding["kind"];
  damage: (s: Sample) => void;
  /** bbolt says the same, word for word. */
  sameWords: boolean;
}[] = [
  {
    kind: "unreachable-unfreed",
    damage: (s) => patch(s.disk, s.freelist * PAGE + 10, 0, 0),
    sameWords: true,
  },
  {
    kind: "reachable-freed",
    damage: (s) => patch(s.disk, s.freelist * PAGE + 16, s.leaves[1]!),
    sameWords: true,
  },
  {
    kind: "already-freed",
    damage: (s) => patch(s.disk, s.freelist * PAGE + 24, 2),
    sameWords: true,
  },
  {
    kind: "multiple-references",
    damage: (s) => patch(s.disk, s.branch * PAGE + 16 + 16 + 8, s.leaves[0]!),
    sameWords: true,
  },
  {
    kind: "out-of-bounds",
    damage: (s) => patch(s.disk, s.branch * PAGE + 16 + 16 + 8, 0xff, 0xff),
    sameWords: false,
  },
  {
    kind: "invalid-type",
    damage: (s) => patch(s.disk, s.leaves[1]! * PAGE + 8, 0x20),
    sameWords: false,
  },
  {
    kind: "key-order",
    damage: (s) => patch(s.disk, firstKey(s, s.leaves[1]!) + 4, 0x30, 0x39, 0x39, 0x39),
    sameWords: false,
  },
  {
    kind: "key-below-ancestor",
    damage: (s) => patch(s.disk, firstKey(s, s.leaves[1]!) + 4, 0x2f),
    sameWords: true,
  },
  {
    kind: "key-above-ancestor",
    damage: (s) => patch(s.disk, firstKey(s, s.leaves[1]!) + 4, 0x39),
    sameWords: false,
  },
  {
    kind: "damaged",
    damage: (s) => patch(s.disk, s.leaves[1]! * PAGE + 16 + 4, 0xff, 0xff, 0xff),
    sameWords: false,
  },
];

/** Offset in the file of the first key of a leaf. */
function firstKey(s: Sample, leaf: number): number {
  const bytes = s.disk.readFile("/db");
  return leaf * PAGE + 16 + new DataView(bytes.buffer).getUint32(leaf * PAGE + 16 + 4, true);
}

describe("check()", () => {
  test.each(CASES)("finds $kind", ({ kind, damage, sameWords }) => {
    const s = sample();
    expect(findings(s.disk)).toEqual([]);
    damage(s);
    const found = findings(s.disk);
    expect(found.map((finding) => finding.kind)).toContain(kind);
    const theirs = bboltFindings(s.disk);
    if (theirs === undefined || !sameWords) return;
    expect(found.map((finding) => finding.message).sort()).toEqual(theirs.sort());
  });

  test("finds a freelist page that is none", () => {
    const s = sample();
    patch(s.disk, s.freelist * PAGE + 8, 0x02);
    expect(findings(s.disk)).toMatchObject([{ kind: "damaged", pageId: s.freelist }]);
  });

  test("begins at a page when told to, and refuses one out of range", () => {
    const s = sample();
    const db = openDatabase(s.disk, "/db", { readOnly: true });
    db.view((tx) => {
      expect([...tx.check({ pageId: s.branch })]).toEqual([]);
      expect([...tx.check({ pageId: 99_999 })].map((finding) => finding.kind)).toEqual([
        "page-id-out-of-range",
      ]);
    });
  });

  test("of an older reader is about what that reader sees", () => {
    const db = openDatabase(new FaultDisk(), "/db");
    const model = newModel();
    const random = new SeededRandom(3);
    db.update((tx) => changeRandomly(random, tx, model, PAGE));
    const reader = db.begin(false);
    for (let i = 0; i < 10; i++) db.update((tx) => changeRandomly(random, tx, model, PAGE));
    expect([...reader.check()]).toEqual([]);
    reader.rollback();
  });
});

test("damaged files give an error with a code or a clean answer, and walks end", () => {
  const seed = Number(process.env["SEED"] ?? 11);
  const random = new SeededRandom(seed);
  const disk = new FaultDisk();
  const model = newModel();
  const db = openDatabase(disk, "/db", { pageSize: 1024, noGrowSync: true });
  for (let i = 0; i < 8; i++) db.update((tx) => changeRandomly(random, tx, model, 1024));
  db.close();
  const sound = disk.readFile("/db");
  const codes = new Map<string, number>();
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from(sound);
    for (let i = 1 + random.below(4); i > 0; i--) mutate(random, bytes);
    const damaged = new FaultDisk();
    damaged.open("/db", "create").write(bytes, 0);
    const outcome = look(damaged, `SEED=${seed} round ${round}`);
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
  }
  expect([...codes.keys()]).toEqual(expect.arrayContaining(["clean", "found", "CORRUPT"]));
});

/** A byte, a header field, or one page in the place of another. */
function mutate(random: SeededRandom, bytes: Uint8Array): void {
  const pages = bytes.length / 1024;
  const page = 2 + random.below(pages - 2);
  switch (random.below(4)) {
    case 0:
      bytes[random.below(bytes.length)] = random.below(256);
      return;
    case 1:
      bytes[page * 1024 + random.below(16)] = random.below(256);
      return;
    case 2:
      bytes[page * 1024 + 16 + random.below(64)] = random.below(pages);
      return;
    default: {
      const from = 2 + random.below(pages - 2);
      bytes.copyWithin(page * 1024, from * 1024, (from + 1) * 1024);
      bytes[page * 1024] = page % 256;
    }
  }
}

function look(disk: FaultDisk, hint: string): string {
  try {
    const db = openDatabase(disk, "/db", { readOnly: true });
    return db.view((tx) => {
      let found = 0;
      for (const _ of tx.check()) if (++found > 100_000) throw new Error("endless check");
      tx.forEach((_, bucket) => {
        let steps = 0;
        const cursor = bucket.cursor();
        for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
          if (++steps > 100_000) throw new Error("endless walk");
          bucket.get(entry.key);
          bucket.cursor().seek(entry.key);
        }
        for (let entry = cursor.last(); entry !== undefined; entry = cursor.prev()) {
          if (++steps > 200_000) throw new Error("endless walk");
        }
      });
      return found > 0 ? "found" : "clean";
    });
  } catch (error) {
    if (error instanceof BoltError) return error.code;
    throw new Error(hint, { cause: error });
  }
}
