import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, test } from "vitest";
import { findBbolt, nodetcdBolt, realBbolt } from "./run-bolt.ts";
import { writeVariedFile } from "./sample-files.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "bolt-surgery-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const bbolt = findBbolt();
const source = join(directory, "source.db");
writeVariedFile(source, 1024, false);
const original = fs.readFileSync(source);
let copies = 0;

/** Runs it with a new `--output`; the source must stay as it was. */
function operate(args: readonly string[]): {
  path: string;
  out: string;
  code: number;
  err: string;
} {
  const path = join(directory, `copy-${copies++}.db`);
  const result = nodetcdBolt(["surgery", ...args, "--output", path]);
  expect(fs.readFileSync(source).equals(original)).toBe(true);
  return { path, ...result };
}

/** Does what `operate` does with bbolt, and expects the same words and bytes. */
function expectSameAsBbolt(args: readonly string[]): void {
  if (bbolt === undefined) return;
  const { path, code, out } = operate(args);
  const theirs = `${path}.real`;
  const real = realBbolt(bbolt, ["surgery", ...args, "--output", theirs]);
  const words = real.out.replaceAll("./bbolt", "nodetcd bolt");
  expect({ args, code, out }).toEqual({ args, code: real.code, out: words });
  if (code === 0) expect(fs.readFileSync(path).equals(fs.readFileSync(theirs))).toBe(true);
}

/** Ids of pages of a kind, with at least so many elements. */
function pagesOf(kind: string, items: number): string[] {
  const rows = nodetcdBolt(["pages", source])
    .out.split("\n")
    .map((line) => line.split(/ +/));
  const found = rows.filter((row) => row[1] === kind && Number(row[2]) >= items);
  return found.map((row) => row[0]!);
}

const [leaf] = pagesOf("leaf", 4);
const [branch] = pagesOf("branch", 3);
const long = nodetcdBolt(["pages", source]).out.match(/^(\d+) +leaf +\d+ +[1-9]/m)?.[1];

describe("surgery gives the words and the bytes of bbolt:", () => {
  test("revert-meta-page", () => expectSameAsBbolt(["revert-meta-page", source]));

  test("copy-page", () => {
    expectSameAsBbolt(["copy-page", source, "--from-page", leaf!, "--to-page", branch!]);
    expectSameAsBbolt(["copy-page", source, "--from-page", "0", "--to-page", "1"]);
  });

  test("clear-page of a leaf, a branch, and a page with overflow", () => {
    for (const id of [leaf!, branch!, long!]) {
      expectSameAsBbolt(["clear-page", source, "--pageId", id]);
    }
  });

  test("clear-page-elements", () => {
    for (const id of [leaf!, branch!, long!]) {
      for (const [from, to] of [
        ["0", "1"],
        ["1", "2"],
        ["1", "3"],
        ["2", "-1"],
        ["0", "-1"],
      ]) {
        const range = ["--from-index", from!, "--to-index", to!];
        expectSameAsBbolt(["clear-page-elements", source, "--pageId", id, ...range]);
      }
    }
  });

  test("clear-page-elements out of range", () => {
    for (const [from, to] of [
      ["9999", "-1"],
      ["-1", "2"],
      ["0", "9999"],
      ["2", "1"],
      ["1", "1"],
    ]) {
      const range = ["--from-index", from!, "--to-index", to!];
      expectSameAsBbolt(["clear-page-elements", source, "--pageId", leaf!, ...range]);
    }
  });

  test("freelist abandon", () => expectSameAsBbolt(["freelist", "abandon", source]));

  test("meta update", () => {
    for (const index of ["0", "1"]) {
      const page = ["--meta-page", index];
      expectSameAsBbolt(["meta", "update", source, ...page]);
      expectSameAsBbolt(["meta", "update", source, ...page, "--fields", "root:5,freelist:4"]);
      expectSameAsBbolt(["meta", "update", source, ...page, "--fields", "pageSize:4096"]);
      const two = ["--fields", "pgid:18446744073709551615", "--fields", "root:9"];
      expectSameAsBbolt(["meta", "update", source, ...page, ...two]);
    }
  });

  test("meta validate", () => {
    if (bbolt === undefined) return;
    const ours = nodetcdBolt(["surgery", "meta", "validate", source]);
    expect(ours.out).toBe(realBbolt(bbolt, ["surgery", "meta", "validate", source]).out);
  });
});

describe("surgery mends:", () => {
  test("revert-meta-page brings back the state before the last transaction", () => {
    const { path } = operate(["revert-meta-page", source]);
    const db = openDatabase(nodeDisk, path, { readOnly: true });
    expect(
      db.view((tx) => tx.bucket(Buffer.from("inline"))!.get(Buffer.from("k2"))),
    ).toBeUndefined();
    db.close();
    expect(nodetcdBolt(["check", path]).out).toBe("OK\n");
  });

  test("freelist rebuild stores what freelist abandon left out", () => {
    const { path: abandoned } = operate(["freelist", "abandon", source]);
    expect(nodetcdBolt(["check", abandoned]).out).toBe("OK\n");
    const rebuilt = join(directory, "rebuilt.db");
    const args = ["surgery", "freelist", "rebuild", abandoned, "--output", rebuilt];
    expect(nodetcdBolt(args).out).toBe("The freelist was successfully rebuilt.\n");
    expect(nodetcdBolt(["check", rebuilt]).out).toBe("OK\n");
    expect(nodetcdBolt(["pages", rebuilt]).out).toMatch(/ freelist /);
    if (bbolt !== undefined) expect(realBbolt(bbolt, ["check", rebuilt]).out).toBe("OK\n");
  });

  test("copy-page of the sound meta over one whose magic is lost", () => {
    const broken = join(directory, "broken-meta.db");
    const bytes = Buffer.from(original);
    bytes.fill(0, 16, 20);
    fs.writeFileSync(broken, bytes);
    const path = join(directory, "mended-meta.db");
    const pages = ["--from-page", "1", "--to-page", "0"];
    expect(nodetcdBolt(["surgery", "copy-page", broken, "--output", path, ...pages]).code).toBe(0);
    expect(nodetcdBolt(["surgery", "meta", "validate", path]).out).not.toContain("WARNING");
  });

  test("meta update of two metas without magic, version and checksum", () => {
    const broken = join(directory, "broken-metas.db");
    const bytes = Buffer.from(original);
    for (const meta of [0, 1024]) {
      bytes.fill(0, meta + 16, meta + 24);
      bytes.fill(0, meta + 72, meta + 80);
    }
    fs.writeFileSync(broken, bytes);
    expect(nodetcdBolt(["check", broken]).code).toBe(1);
    const [one, two] = [join(directory, "one.db"), join(directory, "two.db")];
    nodetcdBolt(["surgery", "meta", "update", broken, "--output", one]);
    nodetcdBolt(["surgery", "meta", "update", one, "--output", two, "--meta-page", "1"]);
    expect(nodetcdBolt(["check", two]).out).toBe("OK\n");
  });
});

describe("surgery never works in place:", () => {
  test("an output that exists is refused, and left as it is", () => {
    const there = join(directory, "there.db");
    fs.writeFileSync(there, "mine");
    for (const path of [there, source]) {
      const result = nodetcdBolt(["surgery", "freelist", "abandon", source, "--output", path]);
      expect(result.code).toBe(1);
      expect(result.err).toContain("Give a path where there is no file yet.");
    }
    expect(fs.readFileSync(there, "utf8")).toBe("mine");
    expect(fs.readFileSync(source).equals(original)).toBe(true);
  });

  test("a failed operation leaves no output", () => {
    const { path, code } = operate(["clear-page", source, "--pageId", "999999"]);
    expect(code).toBe(1);
    expect(fs.existsSync(path)).toBe(false);
  });

  test("a file that is being written is refused", () => {
    const busy = join(directory, "busy.db");
    fs.copyFileSync(source, busy);
    const db = openDatabase(nodeDisk, busy);
    const path = join(directory, "of-busy.db");
    const result = nodetcdBolt(["surgery", "revert-meta-page", busy, "--output", path]);
    db.close();
    expect(result.code).toBe(1);
    expect(result.err).toContain("Another process has it open for writing");
    expect(fs.existsSync(path)).toBe(false);
  });
});
