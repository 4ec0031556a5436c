/** docs/file-formats/bolt.md takes a file apart: here its dumps are held to what the code writes. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeExample } from "../../../bolt/bench/example.ts";
import { findBbolt, nodetcdBolt, realBbolt } from "./run-bolt.ts";

/** Characters of a line of a dump: the offset, and eight groups. */
const LINE_LENGTH = 47;
const directory = fs.mkdtempSync(join(tmpdir(), "bolt-docs-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const path = join(directory, "fruit.db");
writeExample(path);
const text = fs.readFileSync(
  new URL("../../../../docs/file-formats/bolt.md", import.meta.url),
  "utf8",
);

function blocks(language: string): string[][] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"));
  return Array.from(found, (match) => match[1]!.trimEnd().split("\n"));
}

test("every line of every dump is in the dump of the file that the example makes", () => {
  const ids = Array.from({ length: 9 }, (_, id) => String(id));
  const { code, out } = nodetcdBolt(["dump", path, ...ids]);
  expect(code).toBe(0);
  const real = new Set(out.split("\n"));
  const shown = blocks("hexdump")
    .flat()
    .filter((line) => line !== "...");
  expect(shown.length).toBeGreaterThan(30);
  const wrong = shown.map((line) => line.slice(0, LINE_LENGTH)).filter((line) => !real.has(line));
  expect(wrong).toEqual([]);
});

test("every command in it prints what it says", () => {
  const shown = blocks("console");
  expect(shown.length).toBeGreaterThan(0);
  for (const [command, ...lines] of shown) {
    const args = command!.replace("$ nodetcd bolt ", "").replace("fruit.db", path).split(" ");
    const out = nodetcdBolt(args)
      .out.split("\n")
      .map((line) => line.trimEnd());
    expect(out.slice(0, -1)).toEqual(lines);
  }
});

test("the example is a sound file, to bbolt too", () => {
  expect(nodetcdBolt(["check", path]).out).toBe("OK\n");
  const bbolt = findBbolt();
  if (bbolt !== undefined) expect(realBbolt(bbolt, ["check", path]).out).toBe("OK\n");
});
