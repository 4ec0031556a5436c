import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { runBolt } from "../src/bolt/bolt.ts";
import type { Output } from "../src/output.ts";
import { growthWithReader, runLongReader } from "../src/bolt/experiment-long-reader.ts";
import { runStaggered } from "../src/bolt/experiment-staggered.ts";

const { disk, clock, random } = nodeRuntime;
const directory = disk.makeTemporaryDirectory("experiment-test-");
afterAll(() => disk.removeTree(directory));

class Captured implements Output {
  flush(): void {}
  readonly isTerminal = false;
  text = "";
  write(data: string | Uint8Array): void {
    this.text += typeof data === "string" ? data : Buffer.from(data).toString();
  }
}

function run(...args: string[]): { code: number; out: string; err: string } {
  const out = new Captured();
  const err = new Captured();
  const code = runBolt(["experiment", ...args], { disk, clock, random, out, err });
  return { code, out: out.text, err: err.text };
}

describe("runLongReader()", () => {
  const options = { commits: 64, commitsAfter: 8, valueSize: 1024 };

  it("oldest-reader: every commit grows the file by 3 pages and adds 3 pending ones", () => {
    const { counts } = runLongReader(disk, "oldest-reader", options);
    const [first, ...rest] = counts.slice(0, 65);
    for (const [i, count] of rest.entries()) {
      const pages = 3 * (i + 1);
      expect(count).toEqual({
        pending: first!.pending + pages,
        free: 0,
        highWater: first!.highWater + pages,
      });
    }
    // Without the reader the pages are free, but the file does not shrink.
    expect(counts.at(-1)).toEqual({ pending: 3, free: 192, highWater: first!.highWater + 192 });
  });

  it("between-readers: the file stays flat from the second commit on", () => {
    const run = runLongReader(disk, "between-readers", options);
    expect(growthWithReader(run)).toEqual({ pages: 6, lastAt: 2 });
    for (const { pending, free } of run.counts.slice(3, 65)) {
      expect({ pending, free }).toEqual({ pending: 9, free: 0 });
    }
  });
});

describe("runStaggered()", () => {
  const options = { keys: 1, valueSize: 1024, lifetime: 64, commits: 512 };
  const growth = (policy: "oldest-reader" | "between-readers", readers: number): number =>
    runStaggered(disk, policy, readers, options).growth;

  it("oldest-reader: the file grows with the life of the oldest reader, however many there are", () => {
    for (const readers of [1, 4, 16, 64]) {
      expect(growth("oldest-reader", readers)).toBeGreaterThanOrEqual(64 * 3);
      expect(growth("oldest-reader", readers)).toBeLessThan(64 * 3 + 8);
    }
  });
  it("between-readers: the file grows with what readers see, 3 pages times two each", () => {
    expect([1, 4, 16].map((readers) => growth("between-readers", readers))).toEqual([6, 24, 96]);
  });
});

describe("nodetcd bolt experiment", () => {
  it("long-reader prints every commit of both policies and draws the picture", () => {
    const path = `${directory}/picture.svg`;
    const { code, out } = run("long-reader", "--svg", path);
    expect(code).toBe(0);
    expect(out).toMatch(/^ +64 +195 +0 +200 +9 +0 +14$/m);
    expect(out).toContain("oldest-reader    +192 pages, 3.00 a commit\n");
    expect(out).toContain("between-readers  +6 pages, none after commit 2\n");
    const picture = Buffer.from(disk.readFile(path)).toString();
    expect(picture).toMatch(/^<svg [^]*>200 pages<[^]*>14 pages<[^]*<\/svg>\n$/);
  });
  it("long-reader --policy between-readers prints that one only", () => {
    const { out } = run("long-reader", "--policy", "between-readers", "--commits", "8");
    expect(out).toMatch(/^ +8 +9 +0 +14$/m);
    expect(out).not.toContain("oldest-reader");
  });
  it("staggered-readers prints a row for each number of readers", () => {
    const { code, out } = run("staggered-readers", "--readers", "2,3", "--lifetime", "12");
    expect(code).toBe(0);
    expect(out.match(/^\| +[23] \| (oldest|between)-reader/gm)).toHaveLength(4);
  });
  it("refuses what it does not know with a usage error", () => {
    expect(run("long-reader", "--policy", "never")).toMatchObject({ code: 1 });
    expect(run("long-reader", "--commits", "0").err).toContain("commits must be from 1");
    expect(run("staggered-readers", "--readers", "x").err).toContain("readers must be numbers");
  });
});
