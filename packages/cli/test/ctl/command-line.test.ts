import { describe, expect, it } from "vitest";
import type { Command } from "../../src/command-line/command.ts";
import { UsageError } from "../../src/command-line/exit.ts";
import { findCommand } from "../../src/command-line/find.ts";
import { intFlag, stringFlag, stringsFlag, switchFlag } from "../../src/command-line/flag.ts";
import { parseGoInteger } from "../../src/command-line/go-integer.ts";
import { helpText } from "../../src/command-line/help.ts";
import { parseFlags } from "../../src/command-line/parse.ts";

const write = stringFlag("write-out", "form", "simple", { shorthand: "w" });
const prefix = switchFlag("prefix", "by prefix");
const limit = intFlag("limit", "at most");
const endpoints = stringsFlag("endpoints", "where", ["here"]);
const get: Command<never> = {
  use: "get <key>",
  short: "Gets",
  flags: [prefix],
  run: () => undefined,
};
const status: Command<never> = { use: "status", short: "Says", run: () => undefined };
const root: Command<never> = {
  use: "tool",
  short: "A tool.",
  persistentFlags: [write, endpoints],
  hidesFlags: true,
  subcommands: [
    get,
    { use: "endpoint", short: "Ends", subcommands: [status] },
    { ...get, use: "elect" },
  ],
};

describe("findCommand", () => {
  it.each([
    [["get", "k"], "get", ["k"]],
    [["-w", "json", "get", "k"], "get", ["-w", "json", "k"]],
    [["--endpoints", "get", "get", "get"], "get", ["--endpoints", "get", "get"]],
    [["endpoint", "--write-out=json", "status"], "status", ["--write-out=json"]],
    [["g", "k"], "get", ["k"]],
    [["end", "st"], "status", []],
    [["get", "--", "get"], "get", ["--", "get"]],
  ])("finds in %j", (words, name, rest) => {
    const found = findCommand(root, words);
    expect([found.path.at(-1)!.use.split(" ")[0], found.rest]).toEqual([name, rest]);
  });

  it("refuses a command that there is not, and says which are near", () => {
    expect(() => findCommand(root, ["gett"])).toThrow(
      'unknown command "gett" for "tool"\n\nDid you mean this?\n\tget\n',
    );
    expect(() => findCommand(root, ["e"])).toThrow(UsageError);
  });
});

describe("parseFlags", () => {
  it("reads flags in every form, and none behind --", () => {
    const words = ["-wjson", "a", "--prefix", "--limit", "0x10", "--", "-w"];
    const { args, flags } = parseFlags([write, prefix, limit], words);
    expect(args).toEqual(["a", "-w"]);
    expect([flags.get(write), flags.get(prefix), flags.get(limit)]).toEqual(["json", true, 16n]);
  });

  it("adds lists up, in place of the default", () => {
    const { flags } = parseFlags([endpoints], ["--endpoints=a,b", "--endpoints", "c"]);
    expect(flags.get(endpoints)).toEqual(["a", "b", "c"]);
  });

  it.each([
    [["--nope"], "unknown flag: --nope"],
    [["-z"], "unknown shorthand flag: 'z' in -z"],
    [["-w"], "flag needs an argument: 'w' in -w"],
    [["--limit"], "flag needs an argument: --limit"],
    [
      ["--limit=x"],
      'invalid argument "x" for "--limit" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ["--prefix=x"],
      'invalid argument "x" for "--prefix" flag: strconv.ParseBool: parsing "x": invalid syntax',
    ],
  ])("refuses %j", (words, message) => {
    expect(() => parseFlags([write, prefix, limit], words)).toThrow(message);
  });
});

describe("parseGoInteger", () => {
  it.each([
    ["10", 0, 10n],
    ["-0x1F", 0, -31n],
    ["017", 0, 15n],
    ["1_000", 0, 1000n],
    ["7fffffffffffffff", 16, 2n ** 63n - 1n],
  ] as const)("reads %s in base %d", (text, base, value) => {
    expect(parseGoInteger(text, base)).toBe(value);
  });

  it.each([
    ["", "invalid syntax"],
    ["1 ", "invalid syntax"],
    ["9223372036854775808", "value out of range"],
  ])("refuses %j", (text, why) => {
    expect(() => parseGoInteger(text, 10)).toThrow(why);
  });
});

describe("helpText", () => {
  it("shows usage, flags and defaults, and own examples on a terminal", () => {
    const command = { ...get, examples: ["get k"] };
    expect(helpText([root, command], false)).toBe(
      "Gets\n\nUsage:\n  tool get <key> [flags]\n\nFlags:\n  -h, --help     help for get\n      --prefix   by prefix\n",
    );
    expect(helpText([root, command], true)).toContain("Examples:\n  get k\n");
    expect(helpText([{ ...root, hidesFlags: false }, command], false)).toContain(
      "\n\nGlobal Flags:\n      --endpoints strings   where (default [here])\n",
    );
  });
});
