import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

/** Where a program is: an environment variable, else the first match in PATH. */
export function findProgram(variable: string, name: string): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && fs.existsSync(named)) return named;
  return (process.env["PATH"] ?? "")
    .split(":")
    .map((directory) => join(directory, name))
    .find((path) => fs.existsSync(path));
}

/** The real bbolt; without it, says so aloud and gives undefined. */
export function findBbolt(): string | undefined {
  const found = findProgram("BBOLT_BIN", "bbolt");
  if (found === undefined) {
    console.warn("MISSING: bbolt (set BBOLT_BIN): its opinion of the files");
  }
  return found;
}

export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Raises unless bbolt's `check`, `stats` and `compact` take the file, and the copy checks too. */
export function expectSound(bbolt: string, path: string): void {
  const verdict = run(bbolt, "check", path).trim();
  if (verdict !== "OK") throw new Error(`bbolt check ${path}: ${verdict}`);
  run(bbolt, "stats", path);
  const copy = `${path}.compacted`;
  fs.rmSync(copy, { force: true });
  run(bbolt, "compact", "-o", copy, path);
  const copied = run(bbolt, "check", copy).trim();
  if (copied !== "OK") throw new Error(`bbolt check ${copy}: ${copied}`);
}
