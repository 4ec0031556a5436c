import { describe, expect, it } from "vitest";
import { CompareResult, CompareTarget } from "@nodetcd/messages";
import { parseCompare } from "../../src/ctl/compares.ts";
import { humanBytes } from "../../src/ctl/output/values.ts";
import { drawTable } from "../../src/ctl/output/table.ts";
import { checkUrls } from "../../src/ctl/peer-urls.ts";
import { splitLine, takeQuoted } from "../../src/ctl/quoted.ts";
import { watchArguments } from "../../src/ctl/watch-arguments.ts";

describe("splitLine", () => {
  it.each([
    [`put key1 "two words"`, ["put", "key1", "two words"]],
    [`put 'a "b"' c`, ["put", 'a "b"', "c"]],
    [`put "a\\x41\\n\\u00e9" x`, ["put", "aA\n\u00e9", "x"]],
    ["", []],
  ])("splits %s", (line, words) => expect(splitLine(line)).toEqual(words));

  it("refuses an escape that there is not", () => expect(splitLine('put "\\q"')).toBeUndefined());
});

describe("takeQuoted", () => {
  it("gives the bytes and what follows", () => {
    const taken = takeQuoted('"\\377\\0001") = "x"');
    expect([...taken!.value]).toEqual([255, 0, 49]);
    expect(taken!.rest).toBe(') = "x"');
  });
});

describe("parseCompare", () => {
  it("reads targets, operators and values", () => {
    expect(parseCompare('mod("k") > "7"')).toEqual({
      key: Buffer.from("k"),
      result: CompareResult.GREATER,
      target: CompareTarget.MOD,
      modRevision: 7,
    });
    expect(parseCompare('value("k") != "v"')).toMatchObject({ value: Buffer.from("v") });
  });

  it.each([
    ["nonsense", "malformed comparison: nonsense"],
    ['foo("k") = "v"', 'malformed comparison: foo("k") = "v" (unknown target foo)'],
    ['ver("k") = "x"', 'invalid txn compare request: ver("k") = "x"'],
    ['val("k")!="v"', 'malformed comparison: val("k")!="v"; got val("k") !="v" ""'],
    ["val(k) = 1", 'malformed comparison: val(k) = 1; got val("")  ""'],
  ])("refuses %s", (line, message) => expect(() => parseCompare(line)).toThrow(message));
});

describe("watchArguments", () => {
  const none = { key: "", rangeEnd: "" };
  it("takes keys in front of --, and the program behind it", () => {
    const words = ["k", "--rev=1", "--", "echo", "-n"];
    expect(watchArguments(words, ["k", "echo", "-n"], none)).toEqual({
      operands: ["k"],
      program: ["echo", "-n"],
    });
  });

  it("takes the key from the environment, and refuses both", () => {
    const env = { key: "e", rangeEnd: "f" };
    expect(watchArguments([], [], env).operands).toEqual(["e", "f"]);
    expect(() => watchArguments(["k"], ["k"], env)).toThrow("conflicting environment key");
    expect(() => watchArguments(["k", "--"], ["k"], none)).toThrow("no commands");
    expect(() => watchArguments([], [], none)).toThrow("bad number of arguments");
  });
});

describe("checkUrls", () => {
  it.each([
    ["http://a:1", undefined],
    ["nonsense", "URL scheme must be http, https, unix, or unixs: nonsense"],
    ["http://a", 'URL address does not have the form "host:port": http://a'],
    ["http://a:1/x", "URL must not contain a path: http://a:1/x"],
  ])("judges %s", (url, fault) => expect(checkUrls([url])).toBe(fault));
});

describe("humanBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [20_480, "20 kB"],
    [2_147_483_648, "2.1 GB"],
  ])("shows %d", (size, text) => expect(humanBytes(size)).toBe(text));
});

describe("drawTable", () => {
  it("draws heads centred and cells at the right", () => {
    const text = Buffer.from(drawTable({ head: ["a_b", "id"], rows: [["1", "12345"]] }), "latin1");
    expect(text.toString()).toBe(
      "┌─────┬───────┐\n│ A B │  ID   │\n├─────┼───────┤\n│   1 │ 12345 │\n└─────┴───────┘\n",
    );
  });
});
