import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Clock } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import { CliError } from "../src/errors.ts";
import type { LogSettings } from "../src/flags/draft.ts";
import { fileOutput } from "../src/log/output.ts";
import { RotatingFile } from "../src/log/rotating-file.ts";
import { DEFAULT_ROTATION, type LogRotation, readRotation } from "../src/flags/log-rotation.ts";
import { temporaryDirectory } from "./support/program.ts";

const settings = (outputs: string[], rotationJson?: string): LogSettings => ({
  level: "info",
  format: "auto",
  outputs,
  ...(rotationJson === undefined ? {} : { rotationJson }),
});

describe("readRotation", () => {
  it("takes names in any case, passes over unknown ones, and fills in the rest", () => {
    const json = '{"MaxSize": 7, "compress": true, "foo": 1, "maxage": null}';
    const expected = { ...DEFAULT_ROTATION, maxsize: 7, compress: true };
    expect(readRotation(settings(["stderr", "a.log"], json))).toEqual(expected);
    expect(readRotation(settings(["a.log"]))).toEqual(DEFAULT_ROTATION);
  });

  it.each([
    [["default"], "{}", "requires a single file path"],
    [["a.log", "b.log"], "{}", "requires a single file path"],
    [["a.log"], "{", "improperly formatted log rotation config"],
    [["a.log"], "[]", "expected an object"],
    [["a.log"], '{"maxsize": -1}', "maxsize must be a whole number"],
    [["a.log"], '{"compress": 1}', "compress must be true or false"],
  ])("refuses %j with %s", (outputs, json, reason) => {
    expect(() => readRotation(settings(outputs, json))).toThrow(CliError);
    expect(() => readRotation(settings(outputs, json))).toThrow(reason);
  });
});

/** A clock whose wall time goes on by a second each time it is asked. */
function steppingClock(): Clock {
  let now = Date.UTC(2026, 0, 31, 12);
  return { ...nodeRuntime.clock, wallTime: () => (now += 1000) };
}

const MIB = 1024 * 1024;
const line = (letter: string): string => `${letter.repeat(MIB / 2 - 1)}\n`;

function open(folder: string, given: Partial<LogRotation>): [RotatingFile, (text: string) => void] {
  const path = join(folder, "n.log");
  const rotation = { ...DEFAULT_ROTATION, maxsize: 1, ...given };
  const file = new RotatingFile(path, openSync(path, "a"), rotation, steppingClock());
  const output = fileOutput(
    (bytes) => file.descriptorFor(bytes),
    () => "",
  );
  return [file, (text) => void output.write(text)];
}

describe("RotatingFile", () => {
  it("begins a new file where a line would not fit, and loses none", async () => {
    const folder = temporaryDirectory();
    const [file, write] = open(folder, {});
    for (const letter of "abcde") write(line(letter));
    await file.tidied();
    const names = readdirSync(folder).toSorted();
    expect(names).toHaveLength(3);
    expect(names[0]).toBe("n-2026-01-31T12-00-01.000.log");
    const text = names.map((name) => readFileSync(join(folder, name), "utf8")).join("");
    expect(text).toBe(["a", "b", "c", "d", "e"].map(line).join(""));
  });

  it("goes on in a file that is there, keeps so many old ones, and zips them", async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, "n.log"), line("x"));
    writeFileSync(join(folder, "n-of-somebody.log"), "stays");
    const [file, write] = open(folder, { maxbackups: 2, compress: true });
    for (const letter of "abcdefg") write(line(letter));
    await file.tidied();
    const names = readdirSync(folder).toSorted();
    expect(names).toContain("n-of-somebody.log");
    const zipped = names.filter((name) => name.endsWith(".gz"));
    expect(names).toEqual([...zipped, "n-of-somebody.log", "n.log"]);
    const texts = zipped.map((name) => String(gunzipSync(readFileSync(join(folder, name)))));
    expect(texts).toEqual([line("b") + line("c"), line("d") + line("e")]);
  });

  it("removes what is older than maxage days", () => {
    const folder = temporaryDirectory();
    const old = join(folder, "n-2025-12-01T00-00-00.000.log");
    const young = join(folder, "n-2026-01-30T00-00-00.000.log");
    for (const [path, day] of [
      [old, "2025-12-01"],
      [young, "2026-01-30"],
    ] as const) {
      writeFileSync(path, "");
      utimesSync(path, new Date(day), new Date(day));
    }
    open(folder, { maxage: 7 });
    return expect.poll(() => [existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  it("writes on into the open file where it cannot put it aside", () => {
    const folder = join(temporaryDirectory(), "gone");
    mkdirSync(folder);
    const [, write] = open(folder, {});
    const descriptor = openSync(join(folder, "n.log"), "r");
    rmSync(folder, { recursive: true });
    for (const letter of "abcd") write(line(letter));
    expect(readFileSync(descriptor, "utf8")).toBe(["a", "b", "c", "d"].map(line).join(""));
    mkdirSync(folder);
    for (const letter of "ef") write(line(letter));
    expect(readFileSync(join(folder, "n.log"), "utf8")).toBe(line("e") + line("f"));
  });
});
