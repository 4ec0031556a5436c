import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import type { Disk } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { runBolt } from "../../src/bolt/bolt.ts";
import type { Output } from "../../src/output.ts";

export interface Result {
  readonly code: number;
  /** Bytes as latin1, because keys need not be UTF-8. */
  readonly out: string;
  readonly err: string;
}

class Capture implements Output {
  flush(): void {}
  readonly isTerminal: boolean;
  readonly #parts: Uint8Array[] = [];

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  write(data: string | Uint8Array): void {
    this.#parts.push(Buffer.from(data));
  }

  text(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }
}

interface Options {
  /** Instead of the real one. */
  readonly disk?: Disk;
  /** Standard error is a terminal. */
  readonly terminal?: boolean;
  /** A clock that goes on so many milliseconds each time it is looked at. */
  readonly msPerLook?: number;
}

/** `nodetcd bolt` in this process, on real files. */
export function nodetcdBolt(args: readonly string[], options: Options = {}): Result {
  const out = new Capture(false);
  const err = new Capture(options.terminal === true);
  const { random } = nodeRuntime;
  const disk = options.disk ?? nodeRuntime.disk;
  let now = 0;
  const hurried = { ...nodeRuntime.clock, monotonic: () => (now += options.msPerLook ?? 0) };
  const clock = options.msPerLook === undefined ? nodeRuntime.clock : hurried;
  const code = runBolt(args, { disk, clock, random, out, err });
  return { code, out: out.text(), err: err.text() };
}

/** Where the real bbolt is; without it, says so aloud. */
export function findBbolt(): string | undefined {
  const named = process.env["BBOLT_BIN"];
  const folders = (process.env["PATH"] ?? "").split(":");
  const found = [named, ...folders.map((folder) => join(folder, "bbolt"))].find(
    (path) => path !== undefined && fs.existsSync(path),
  );
  if (found === undefined) {
    console.warn("MISSING: bbolt (set BBOLT_BIN): the comparison with it");
  }
  return found;
}

export function realBbolt(program: string, args: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "latin1",
    timeout: 150_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status ?? -1, out: stdout, err: stderr };
}
