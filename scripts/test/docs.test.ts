import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { flagsPage } from "../flags-docs.ts";
import { errorsPage, limitsPage } from "../reference-docs.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("docs", () => {
  test("limits.md, errors.md and flags.md are what npm run docs writes today", () => {
    expect(read("docs/limits.md")).toBe(limitsPage(root));
    expect(read("docs/errors.md")).toBe(errorsPage(root));
    expect(read("docs/flags.md")).toBe(flagsPage());
  });

  test("errors.md names every error code of every package", () => {
    const page = read("docs/errors.md");
    for (const name of readdirSync(join(root, "packages"))) {
      const file = `packages/${name}/src/errors.ts`;
      if (!existsSync(join(root, file))) continue;
      for (const [, code] of read(file).matchAll(/\| "([A-Z][A-Z_]+)"/g)) {
        expect(page, `${file}: ${code}`).toContain(`\`${code}\``);
      }
    }
  });

  test("links between markdown files lead somewhere, and each file has one first heading", () => {
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".md") && !/(^|\/)(node_modules|dist)\//.test(file),
    );
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const text = read(file).replace(/```[\s\S]*?```/g, "");
      expect(text.match(/^# /gm) ?? [], file).toHaveLength(1);
      for (const [, target] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        const path = join(dirname(join(root, file)), target!);
        expect(existsSync(path), `${file} links to ${relative(root, path)}`).toBe(true);
      }
    }
  });

  test("source files that ARCHITECTURE.md and the DESIGN.md files name are there", () => {
    const all = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
      (file) => /\.(ts|mjs)$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file),
    );
    const designs = readdirSync(join(root, "packages")).map((name) => `packages/${name}/DESIGN.md`);
    for (const page of [
      "ARCHITECTURE.md",
      ...designs.filter((file) => existsSync(join(root, file))),
    ]) {
      for (const [, name] of read(page).matchAll(/`([\w/-]+\.(?:ts|mjs))`/g)) {
        const inside = name!.replace("/", "/src/");
        const found = all.some((file) =>
          [name!, inside].some((end) => `/${file}`.endsWith(`/${end}`)),
        );
        expect(found, `${page} names ${name}`).toBe(true);
      }
    }
  });
});
