import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "./test-server.ts";

/** The program, by H2SPEC_BIN or on the PATH. */
function findH2spec(): string | undefined {
  const named = process.env["H2SPEC_BIN"];
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "h2spec"));
  return [...(named === undefined ? [] : [named]), ...onPath].find((path) => existsSync(path));
}

function run(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 150_000 }, (_error, stdout) => resolve(stdout));
  });
}

test("h2spec finds nothing to object to", async () => {
  const program = findH2spec();
  if (program === undefined) {
    console.warn("MISSING: h2spec (set H2SPEC_BIN): conformance to RFC 9113 was not checked");
    return;
  }
  const peer = await serve({ maxConcurrentStreams: 100 });
  const output = await run(program, ["-h", "127.0.0.1", "-p", String(peer.port), "-o", "2"]);
  await peer.close();
  const summary = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(output);
  expect(summary, output).not.toBeNull();
  expect(Number(summary![1])).toBeGreaterThan(100);
  expect(Number(summary![3]), output).toBe(0);
  expect(Number(summary![4]), output).toBe(0);
});
