import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test.each(["nodetcd", "etcd3"])(
  "docs/etcd3.md shows the tests with %s word for word, and counts their lines",
  (name) => {
    const source = read(`tests/packages/three/${name}.test.mjs`);
    const page = read("docs/etcd3.md");
    expect(page).toContain(`\`\`\`js\n${source}\`\`\``);
    const counted = /^\| all +\| (\d+) +\| (\d+) +\|$/m.exec(page);
    const lines = source.split("\n").filter((line) => line.trim() !== "").length;
    expect(Number(counted?.[name === "nodetcd" ? 1 : 2])).toBe(lines);
  },
);
