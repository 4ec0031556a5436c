import { describe, expect, test } from "vitest";
import { jsonPatch, readJsonPatch } from "../../src/patch/json-patch.ts";
import { mergePatch } from "../../src/patch/merge-patch.ts";

function patched(target: unknown, operations: unknown): unknown {
  return jsonPatch(target, readJsonPatch(operations));
}

describe("jsonPatch", () => {
  const target = { a: { "x/y": 1 }, list: [1, 2, 3] };

  test.each([
    [
      { op: "add", path: "/list/1", value: 9 },
      { ...target, list: [1, 9, 2, 3] },
    ],
    [
      { op: "add", path: "/list/-", value: 9 },
      { ...target, list: [1, 2, 3, 9] },
    ],
    [
      { op: "remove", path: "/list/0" },
      { ...target, list: [2, 3] },
    ],
    [
      { op: "replace", path: "/a/x~1y", value: 2 },
      { ...target, a: { "x/y": 2 } },
    ],
    [
      { op: "move", from: "/list/2", path: "/list/0" },
      { ...target, list: [3, 1, 2] },
    ],
    [
      { op: "copy", from: "/list", path: "/a/z" },
      { ...target, a: { "x/y": 1, z: [1, 2, 3] } },
    ],
    [{ op: "test", path: "/a", value: { "x/y": 1 } }, target],
  ])("does %j", (operation, expected) => {
    expect(patched(target, [operation])).toEqual(expected);
  });

  test.each([
    [{ op: "test", path: "/a", value: {} }, "testing path /a failed"],
    [{ op: "remove", path: "/b" }, "nothing is at /b"],
    [{ op: "add", path: "/list/4", value: 1 }, "the index 4 is not in a list of 3"],
    [{ op: "add", path: "/list/01", value: 1 }, "the index 01"],
    [{ op: "sing", path: "/a" }, "sing is not an operation"],
    [{ op: "add" }, "an operation needs op and path"],
  ])("refuses %j", (operation, message) => {
    expect(() => patched(target, [operation])).toThrow(message);
    expect(target.list).toEqual([1, 2, 3]);
  });
});

test("mergePatch takes null for nothing, merges objects and replaces the rest", () => {
  expect(
    mergePatch({ a: 1, b: { c: 1, d: [1] } }, { a: null, b: { c: null, d: [2], e: {} } }),
  ).toEqual({
    b: { d: [2], e: {} },
  });
});
