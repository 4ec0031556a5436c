import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCircles } from "../find-circles.ts";
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

describe("findCircles()", () => {
  let planted = "";
  beforeEach(() => (planted = mkdtempSync(join(tmpdir(), "circles-"))));
  afterEach(() => rmSync(planted, { recursive: true }));

  /** A package `p` of these files; what is found in it. */
  function plant(files: Readonly<Record<string, string>>): string[] {
    for (const [name, code] of Object.entries(files)) {
      const path = join(planted, "packages", "p", "src", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
    return findCircles(planted);
  }

  test("finds nothing in the project as it stands", () => {
    expect(findCircles(root)).toEqual([]);
  });

  test("reports files that import each other, types and detours included, and no others", () => {
    const found = plant({
      "a.ts": 'import { b } from "./b.ts";\nimport { free } from "./free.ts";\n',
      "b.ts": 'export type { C } from "./deep/c.ts";\n',
      "deep/c.ts": 'import type { a } from "../a.ts";\n',
      "free.ts": 'import { x } from "@nodetcd/bytes";\n',
    });
    expect(found).toContain("p: files import each other in a circle: a.ts, b.ts, deep/c.ts");
    expect(found.join()).not.toContain("free.ts");
  });

  test("reports a circle through a dynamic import", () => {
    const found = plant({
      "a.ts": 'const load = () => import("./b.ts");\n',
      "b.ts": 'import { load } from "./a.ts";\n',
    });
    expect(found).toContain("p: files import each other in a circle: a.ts, b.ts");
  });

  test("reports folders that import each other by different files", () => {
    const found = plant({
      "one/a.ts": 'import { b } from "../two/b.ts";\n',
      "one/free.ts": "",
      "two/b.ts": "",
      "two/c.ts": 'import { free } from "../one/free.ts";\n',
    });
    expect(found).toEqual(["p: folders import each other in a circle: one, two"]);
  });

  test("allows files and folders that import each other one way", () => {
    const found = plant({
      "p.ts": 'export { a } from "./one/a.ts";\nexport { b } from "./two/b.ts";\n',
      "one/a.ts": 'import { b } from "../two/b.ts";\n',
      "two/b.ts": 'import { c } from "./c.ts";\n',
      "two/c.ts": "",
    });
    expect(found).toEqual([]);
  });
});
