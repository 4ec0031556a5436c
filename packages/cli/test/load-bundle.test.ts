import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBundle } from "../src/load-bundle.ts";
import { temporaryDirectory } from "./support/program.ts";

const SOURCE = `const path = require("node:path");
exports.answer = () => path.basename(__filename) + " " + [40, 2].reduce((a, b) => a + b);
`;

function bundle(): string {
  const file = join(temporaryDirectory(), "b.cjs");
  writeFileSync(file, SOURCE);
  return file;
}

/** What a process of its own says that loads it, as the build does and as users do. */
function answerOf(file: string, environment: Record<string, string> = {}): string {
  const loader = new URL("../src/load-bundle.ts", import.meta.url).href;
  const program = `import { loadBundle } from ${JSON.stringify(loader)};
process.stdout.write(loadBundle(${JSON.stringify(file)}).answer());`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program];
  const env = { PATH: process.env["PATH"], ...environment };
  return spawnSync(process.execPath, args, { encoding: "utf8", env }).stdout;
}

describe("loadBundle", () => {
  it("loads a bundle that has no compiled code", () => {
    const { answer } = loadBundle(bundle()) as { answer: () => string };
    expect(answer()).toBe("b.cjs 42");
  });

  it("has the code written when the build asks, and takes it", () => {
    const file = bundle();
    expect(answerOf(file, { NODETCD_WRITE_CODE: "1" })).toBe("b.cjs 42");
    expect(readFileSync(`${file}.code`).length).toBeGreaterThan(100);
    expect(answerOf(file)).toBe("b.cjs 42");
  });

  it("writes nothing otherwise, and passes over code that is not this V8's", () => {
    const file = bundle();
    expect(answerOf(file)).toBe("b.cjs 42");
    expect(existsSync(`${file}.code`)).toBe(false);
    writeFileSync(`${file}.code`, Buffer.alloc(1_000, 7));
    expect(answerOf(file)).toBe("b.cjs 42");
  });
});
