import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeMismatch } from "../scenarios/difference.ts";
import { formatOutput, parseScenario } from "../scenarios/parse.ts";
import { findScenarios, runScenario } from "../scenarios/scenario.ts";

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, "../../..");

function suite(title: string, folder: string): void {
  describe(title, () => {
    for (const file of findScenarios(folder)) {
      test(
        relative(folder, file)
          .replace(/\.txt$/, "")
          .replaceAll("_", " "),
        () => {
          const { mismatch } = runScenario(file, false);
          expect(mismatch && describeMismatch(mismatch)).toBeUndefined();
        },
      );
    }
  });
}

suite("own scenarios", join(here, "scenarios"));

const originals = process.env["RAFT_SCENARIOS"] ?? join(project, "../shared/data/raft");
if (existsSync(originals)) {
  suite("etcd's scenarios", originals);
} else {
  test("etcd's scenarios", () => {
    console.warn(`MISSING: ${originals} (set RAFT_SCENARIOS): etcd's raft scenarios were not run`);
  });
}

describe("parseScenario", () => {
  test("keeps every byte when it is written back", () => {
    for (const file of findScenarios(join(here, "scenarios"))) {
      const { mismatch, rewritten } = runScenario(file, false);
      expect(mismatch).toBeUndefined();
      const again = parseScenario(rewritten);
      expect(again.parts.length).toBeGreaterThan(0);
      const text = again.parts
        .map((part) =>
          part.kind === "text" ? part.text : part.head + formatOutput(part.directive.expected),
        )
        .join("");
      expect(text).toBe(rewritten);
    }
  });

  test("reads arguments, input, continued lines and output with blank lines", () => {
    const { parts } = parseScenario(
      "# note\nadd a=1 b=(2, 3) \\\n c\nin\n----\n----\nx\n\ny\n----\n----\n\nnext\n----\nz\n",
    );
    const directives = parts.flatMap((part) => (part.kind === "directive" ? [part.directive] : []));
    expect(directives).toEqual([
      {
        line: 2,
        command: "add",
        args: [
          { key: "a", values: ["1"] },
          { key: "b", values: ["2", "3"] },
          { key: "c", values: [] },
        ],
        input: "in",
        expected: "x\n\ny\n",
      },
      { line: 13, command: "next", args: [], input: "", expected: "z\n" },
    ]);
  });

  test("shows the first difference with its surroundings", () => {
    const directive = {
      line: 7,
      command: "stabilize",
      args: [],
      input: "",
      expected: "a\nb\nc\nd\n",
    };
    const text = describeMismatch({ directive, actual: "a\nb\nX\nd\n" });
    expect(text.split("\n").map((line) => line.trim())).toEqual([
      "line 7: stabilize",
      "a",
      "b",
      "- c",
      "+ X",
      "d",
      "",
    ]);
  });
});
