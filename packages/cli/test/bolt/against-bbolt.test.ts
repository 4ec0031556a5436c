/**
 * The same command line for both programs, on the same file: standard output and exit code are equal
 * to the byte, but for the differences that `normalise` takes out. Each of those, and those in
 * standard error, are listed in docs/deviations-bolt.md.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bucket, openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { findBbolt, nodetcdBolt, realBbolt } from "./run-bolt.ts";
import { writeManyFreePages, writeVariedFile } from "./sample-files.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "bolt-cli-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const bbolt = findBbolt();

function file(name: string): string {
  return join(directory, name);
}

/** Texts that are ours on purpose. */
function normalise(text: string): string {
  return text
    .replaceAll("nodetcd bolt", "./bbolt")
    .replace(/^Prining page (\d+) failed: .*$/gm, "Prining page $1 failed");
}

function expectSame(args: readonly string[]): void {
  if (bbolt === undefined) return;
  const real = realBbolt(bbolt, args);
  const ours = nodetcdBolt(args);
  expect({ args, code: ours.code, out: normalise(ours.out) }).toEqual({
    args,
    code: real.code,
    out: normalise(real.out),
  });
}

/** All keys, values, buckets and sequences of a file, as one hash. */
function contents(path: string): string {
  const hash = createHash("sha256");
  const add = (bucket: Bucket): void => {
    hash.update(`{${bucket.sequence}`);
    bucket.forEach((key, value) => {
      hash.update(`${key.length} ${value?.length ?? "bucket"} `).update(key);
      if (value !== undefined) hash.update(value);
      else add(bucket.bucket(key)!);
    });
    hash.update("}");
  };
  const db = openDatabase(nodeDisk, path, { readOnly: true });
  db.view((tx) => add(tx.root));
  db.close();
  return hash.digest("hex");
}

writeVariedFile(file("1024.db"), 1024, false);
writeVariedFile(file("4096.db"), 4096, false);
writeVariedFile(file("no-freelist.db"), 4096, true);
writeManyFreePages(file("many-free.db"));
if (bbolt !== undefined) {
  for (const mode of ["seq", "rnd", "seq-nest", "rnd-nest"]) {
    const args = ["--write-mode", mode, "--count", "2000", "--batch-size", "200", "--no-sync"];
    realBbolt(bbolt, ["bench", "--work", "--path", file(`${mode}.db`), ...args]);
  }
}
const ours = ["1024.db", "4096.db", "no-freelist.db"];
const theirs = bbolt === undefined ? [] : ["seq.db", "rnd.db", "seq-nest.db", "rnd-nest.db"];
const FORMATS = ["auto", "ascii-encoded", "hex", "bytes", "redacted"];

describe.each([...ours, ...theirs])("on %s, as bbolt:", (name) => {
  const path = file(name);

  test.each(["check", "info", "buckets", "pages", "stats", "inspect"])("%s", (command) => {
    expectSame([command, path]);
  });

  test("check --from-page", () => {
    for (const id of ["2", "3", "9", "12", "100000"]) {
      expectSame(["check", path, "--from-page", id]);
    }
  });

  test("page: every page in every format", () => {
    expectSame(["page", path, "0", "1", "3"]);
    for (const format of FORMATS) expectSame(["page", "--all", path, "--format-value", format]);
  });

  test("dump", () => expectSame(["dump", path, "0", "1", "2", "3", "4", "7"]));
});

describe("on files of ours, as bbolt:", () => {
  const path = file("4096.db");

  test("keys, of nested buckets too, in every format", () => {
    for (const format of FORMATS) {
      expectSame(["keys", path, "odd", "--format", format]);
      expectSame(["keys", path, "nest", "-f", format]);
      expectSame(["keys", path, "nest", "deep", "deeper", `-f${format}`]);
    }
    expectSame(["keys", path, "missing"]);
  });

  test("get, with keys as text and as hexadecimal, in every format", () => {
    for (const format of FORMATS) {
      for (const key of ["a tab\there", 'quote"d', "käse 世界 😀", "empty value", "missing"]) {
        expectSame(["get", path, "odd", key, `--format=${format}`]);
      }
      expectSame(["get", "--parse-format", "hex", "--format", format, path, "odd", "0001ff"]);
    }
    expectSame(["get", path, "nest", "deep", "deeper", "key 00007"]);
    expectSame(["get", path, "nest", "deep"]);
  });

  test("page-item", () => {
    const leaf = nodetcdBolt(["pages", path]).out.match(/^(\d+) +leaf +2 /m)?.[1];
    expect(leaf).toBeDefined();
    for (const format of FORMATS) {
      for (const item of ["0", "1", "9"]) {
        expectSame(["page-item", path, leaf!, item, "--format", format]);
      }
      expectSame(["page-item", "--key-only", path, leaf!, "0"]);
      expectSame(["page-item", "--value-only", path, leaf!, "0"]);
      expectSame(["page-item", "--value-only", "--key-only", path, leaf!, "0"]);
    }
    expectSame(["page-item", path, "0", "0"]);
  });

  test("stats of buckets with a prefix", () => expectSame(["stats", path, "n"]));

  test("a freelist of more than 65,534 pages", () => {
    const many = file("many-free.db");
    for (const command of ["check", "pages", "stats"]) expectSame([command, many]);
    const freelist = nodetcdBolt(["pages", many]).out.match(/^(\d+) +freelist/m)?.[1];
    expectSame(["page", many, freelist!]);
  });

  test("compact: the copies hold the same", () => {
    if (bbolt === undefined) return;
    for (const name of [...ours, ...theirs]) {
      const [real, copy] = [file(`${name}.real`), file(`${name}.ours`)];
      const form = /^\d+ -> \d+ bytes \(gain=\d+\.\d\dx\)\n$/;
      expect(realBbolt(bbolt, ["compact", "-o", real, file(name)]).out).toMatch(form);
      expect(nodetcdBolt(["compact", "-o", copy, file(name)]).out).toMatch(form);
      expect(realBbolt(bbolt, ["check", copy]).out).toBe("OK\n");
      expect(realBbolt(bbolt, ["inspect", copy]).out).toBe(realBbolt(bbolt, ["inspect", real]).out);
      expect(contents(copy)).toBe(contents(real));
    }
  });
});

describe("command lines, as bbolt: exit code and first line of the complaint", () => {
  const path = file("4096.db");
  test.each(
    [
      ["check"],
      ["check", path, "more"],
      ["keys", path],
      ["stats", path, "a", "b"],
      ["check", "--frob", path],
      ["check", "-x", path],
      ["check", path, "--from-page"],
      ["check", file("missing.db")],
      ["page", path],
      ["page", "--all", path, "3"],
      ["page-item", path, "3"],
      ["compact", path],
      ["bench", "--count", "10", "--batch-size", "3"],
      ["bench", "--write-mode", "sideways"],
      ["surgery", "clear-page", path],
      ["surgery", "clear-page", path, "--output", file("x"), "--pageId", "1"],
      ["surgery", "clear-page-elements", path, "--output", file("x"), "--pageId", "5"],
      ["surgery", "copy-page", path, "--output", file("x"), "--from-page", "3", "--to-page", "3"],
      ["surgery", "meta", "update", path, "--output", file("x"), "--fields", "root"],
      ["surgery", "meta", "update", path, "--output", file("x"), "--fields", "txid:3"],
      ["surgery", "meta", "update", path, "--output", file("x"), "--fields", "root:x"],
      ["surgery", "meta", "update", path, "--output", file("x"), "--meta-page", "2"],
      ["surgery", "freelist", "rebuild", path, "--output", file("x")],
    ].map((args) => [args.join(" ").replaceAll(`${directory}/`, ""), args] as const),
  )("%s", (_, args) => {
    if (bbolt === undefined) return;
    const real = realBbolt(bbolt, args);
    const ours = nodetcdBolt(args);
    expect(ours.code).toBe(real.code);
    expect(ours.out).toBe(real.out);
    expect(ours.err.split("\n")[0]).toBe(real.err.split("\n")[0]);
  });

  test("--help of every command has every flag and subcommand that bbolt's has", () => {
    if (bbolt === undefined) return;
    const commands = [[], ["check"], ["info"], ["buckets"], ["keys"], ["get"], ["page"], ["pages"]];
    commands.push(["page-item"], ["dump"], ["stats"], ["inspect"], ["compact"], ["bench"]);
    for (const name of ["revert-meta-page", "copy-page", "clear-page", "clear-page-elements"]) {
      commands.push(["surgery", name]);
    }
    commands.push(["surgery"], ["surgery", "freelist"], ["surgery", "meta"]);
    commands.push(["surgery", "freelist", "abandon"], ["surgery", "freelist", "rebuild"]);
    commands.push(["surgery", "meta", "validate"], ["surgery", "meta", "update"]);
    for (const command of commands) {
      const words = (text: string): string[] =>
        text.match(/^ +(-\w, )?--[\w-]+( \w+)?|^ {2}[\w-]+(?= +\w)/gm) ?? [];
      const real = words(realBbolt(bbolt, [...command, "--help"]).out);
      const leftOut = ["  completion", "  help", "  bbolt", "  -v, --version", "  version"];
      const missing = real.filter((word) => !leftOut.includes(word));
      expect(words(nodetcdBolt([...command, "--help"]).out)).toEqual(
        expect.arrayContaining(missing),
      );
    }
  });
});
