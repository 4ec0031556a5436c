import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

it("README shows the example test that is run here, word for word", () => {
  expect(read("../README.md")).toContain(`\`\`\`ts\n${read("example.test.ts")}\`\`\``);
});
