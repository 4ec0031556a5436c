import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@nodetcd/bolt";
import type { Disk, DiskFile } from "@nodetcd/runtime";
import { nodeDisk, nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { quote } from "../../src/quote.ts";
import { nodetcdBolt } from "./run-bolt.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "bolt-commands-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const path = join(directory, "a.db");
{
  const db = openDatabase(nodeDisk, path, { noGrowSync: true });
  db.update((tx) => {
    const fruit = tx.createBucket(Buffer.from("fruit"));
    fruit.put(Buffer.from("apple"), Buffer.from("red"));
    fruit.put(Uint8Array.of(0, 255), Uint8Array.of(1));
    fruit.createBucket(Buffer.from("nested")).put(Buffer.from("k"), Buffer.from("v"));
  });
  db.close();
}

function lines(...args: string[]): string[] {
  const { code, out, err } = nodetcdBolt(args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out.split("\n").slice(0, -1);
}

test("compact --no-sync has synced its copy when it says that it is done", () => {
  const copy = join(directory, "no-sync.db");
  const calls: string[] = [];
  const disk = nodeRuntime.disk;
  const open: Disk["open"] = (at, mode, permissions) => {
    const file = disk.open(at, mode, permissions);
    if (!at.startsWith(copy)) return file;
    return new Proxy(file, {
      get(target, name: keyof DiskFile) {
        const member = target[name];
        if (typeof member !== "function") return member;
        if (name === "write" || name === "sync") calls.push(name);
        return member.bind(target);
      },
    });
  };
  const watched = new Proxy(disk, {
    get: (target, name: keyof Disk) => (name === "open" ? open : target[name]),
  });
  const { code } = nodetcdBolt(["compact", "--no-sync", "-o", copy, path], { disk: watched });
  expect(code).toBe(0);
  expect(calls.filter((call) => call === "write").length).toBeGreaterThan(1);
  expect(calls.slice(calls.lastIndexOf("write"))).toEqual(["write", "sync"]);
});

describe("what commands print", () => {
  test("buckets, keys, get", () => {
    expect(lines("buckets", path)).toEqual(["fruit"]);
    expect(lines("keys", path, "fruit")).toEqual(["00ff", "apple", "nested"]);
    expect(lines("keys", path, "fruit", "nested")).toEqual(["k"]);
    expect(lines("get", path, "fruit", "apple")).toEqual(["red"]);
    expect(lines("get", "--parse-format=hex", path, "fruit", "00ff")).toEqual(["01"]);
  });

  test("info, pages, inspect", () => {
    expect(lines("info", path)).toEqual(["Page Size: 4096"]);
    expect(lines("pages", path).map((line) => line.trimEnd())).toEqual([
      "ID       TYPE       ITEMS  OVRFLW",
      "======== ========== ====== ======",
      "0        meta       0",
      "1        meta       0",
      "2        free",
      "3        free",
      "4        leaf       3",
      "5        leaf       1",
      "6        freelist   2",
    ]);
    expect(JSON.parse(lines("inspect", path).join(""))).toEqual({
      name: "root",
      keyN: 0,
      buckets: [{ name: "fruit", keyN: 2, buckets: [{ name: "nested", keyN: 1 }] }],
    });
  });

  test("a missing bucket or key: what, where and what to do", () => {
    const bucket = nodetcdBolt(["keys", path, "meat"]);
    expect(bucket.code).toBe(1);
    expect(bucket.err).toBe(
      `Error: ${path}: bucket not found: "meat"\n` +
        "See 'nodetcd bolt buckets' for those at the top, 'inspect' for all.\n",
    );
    expect(nodetcdBolt(["get", path, "fruit", "kiwi"]).err).toContain("See 'nodetcd bolt keys'");
  });

  test("help in three spellings, and for groups", () => {
    const help = nodetcdBolt(["check", "--help"]).out;
    expect(help).toContain("Usage:\n  nodetcd bolt check <bbolt-file> [flags]");
    expect(nodetcdBolt(["check", "-h"]).out).toBe(help);
    expect(nodetcdBolt(["help", "check"]).out).toBe(help);
    expect(nodetcdBolt([]).out).toContain("Available Commands:\n  bench");
    expect(nodetcdBolt(["surgery", "meta"]).out).toContain("Usage:\n  nodetcd bolt surgery meta");
    expect(nodetcdBolt(["surgery", "frob"]).code).toBe(1);
  });
});

describe("progress", () => {
  test("appears on a terminal only, and is gone at the end", () => {
    const big = join(directory, "big.db");
    const db = openDatabase(nodeDisk, big, { pageSize: 1024, noSync: true });
    db.update((tx) => {
      const bucket = tx.createBucket(Buffer.from("b"));
      for (let i = 0; i < 20_000; i++) {
        bucket.put(Buffer.from(String(i).padStart(9, "0")), Buffer.alloc(40));
      }
    });
    db.close();
    const copy = join(directory, "copy.db");
    const silent = nodetcdBolt(["compact", "--no-sync", big, "-o", copy]);
    fs.rmSync(copy);
    const shown = nodetcdBolt(["compact", "--no-sync", big, "-o", copy], {
      terminal: true,
      msPerLook: 100,
    });
    expect(silent.err).toBe("");
    expect(shown.out).toBe(silent.out);
    const shownLines = shown.err.split("\r\x1b[K");
    expect(shownLines.at(-1)).toBe("");
    for (const line of shownLines.slice(1, -1)) expect(line).toMatch(/^copied \d+ keys, \d+ MB$/);
    expect(shownLines.length).toBeGreaterThan(2);
  });
});

describe("bench", () => {
  test.each(["seq", "rnd", "seq-nest", "rnd-nest"])("%s writes, both reads", (mode) => {
    for (const read of ["seq", "rnd"]) {
      const counts = ["--count", "300", "--batch-size", "100", "--no-sync"];
      const { code, out, err } = nodetcdBolt(
        ["bench", "--write-mode", mode, "--read-mode", read, ...counts],
        { msPerLook: 50 },
      );
      expect(code).toBe(0);
      expect(out).toMatch(
        /^# Write\t300\(ops\)\t\S+\t\(\S+\/op\)\t\(\d+ op\/sec\)\n# Read\t\d+\(ops\)\t[\d.]+s\t\(\S+\/op\)\t\(\d+ op\/sec\)\n\n$/,
      );
      expect(err).toContain("Starting write iteration 200\nFinished write iteration 200\n");
    }
  });

  test("--work keeps the file, with as many keys; --gobench-output; --fill-percent", () => {
    const file = join(directory, "bench.db");
    const sizes = ["--key-size", "16", "--value-size", "100", "--page-size", "1024"];
    const result = nodetcdBolt(
      ["bench", "--work", "--path", file, "--gobench-output", "--fill-percent", "0.9", ...sizes],
      { msPerLook: 50 },
    );
    expect(result.out).toMatch(/^BenchmarkWrite\t +1000\t +[\d.]+ ns\/op\nBenchmarkRead \t/);
    expect(lines("keys", file, "bench")).toHaveLength(1000);
    expect(lines("info", file)).toEqual(["Page Size: 1024"]);
  });

  test("a path that exists is refused: bench would remove it at the end", () => {
    expect(nodetcdBolt(["bench", "--path", path]).code).toBe(1);
    expect(fs.existsSync(path)).toBe(true);
  });
});

describe("quote()", () => {
  test.each([
    ["plain", '"plain"'],
    ['a"b\\', '"a\\"b\\\\"'],
    ["\n\t\x00\x7f", '"\\n\\t\\x00\\x7f"'],
    ["é\u200d\u{e0041}", '"é\\u200d\\U000e0041"'],
  ])("%j", (text, quoted) => {
    expect(quote(Buffer.from(text))).toBe(quoted);
  });

  test("bytes that are no UTF-8", () => {
    expect(quote(Uint8Array.of(0xe2, 0x82, 0x41))).toBe('"\\xe2\\x82A"');
  });
});
