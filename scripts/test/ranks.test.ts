import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findViolations } from "../find-violations.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("findViolations()", () => {
  let copy = "";
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), "ranks-"));
    for (const name of ["bytes", "raft", "bolt"]) {
      mkdirSync(join(copy, "packages", name), { recursive: true });
      cpSync(join(root, "packages", name, "src"), join(copy, "packages", name, "src"), {
        recursive: true,
      });
      cpSync(
        join(root, "packages", name, "package.json"),
        join(copy, "packages", name, "package.json"),
      );
    }
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  function plant(packageName: string, code: string): string[] {
    writeFileSync(join(copy, "packages", packageName, "src", "planted.ts"), code);
    return findViolations(copy).violations.filter((line) => line.includes("planted.ts"));
  }

  test("reads every package and finds nothing in the project as it stands", () => {
    const { violations, filesRead } = findViolations(root);
    expect(violations).toEqual([]);
    expect(filesRead).toBeGreaterThan(20);
  });

  test("reports an import of a higher rank", () => {
    expect(plant("bolt", 'import { x } from "@nodetcd/server";\n').join()).toMatch(
      "may not import server",
    );
  });

  test("reports any import of raft but bytes and messages", () => {
    expect(plant("raft", 'import { x } from "node:util";\n').join()).toMatch(
      "raft may import only",
    );
    expect(plant("raft", 'export * from "@nodetcd/runtime";\n').join()).toMatch(
      "raft may import only",
    );
  });

  test("reports a multi-line import and a dynamic one", () => {
    expect(plant("bolt", 'import {\n  x,\n} from "node:fs";\n')).toHaveLength(1);
    expect(plant("bolt", 'const x = await import("node:fs");\n')).toHaveLength(1);
  });

  test("reports the clock and randomness of the process outside runtime/node", () => {
    expect(plant("bolt", "export const t = Date.now();\n").join()).toMatch("Clock.wallTime");
    expect(plant("bolt", "export const r = Math.random();\n").join()).toMatch("Random.below");
  });
});
