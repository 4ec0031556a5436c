import { compareBytes } from "@nodetcd/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import { intervalOf, KeySet } from "../src/intervals.ts";
import { bytes } from "./support.ts";

const NONE = bytes("");
const OPEN = Uint8Array.of(0);

function set(...ranges: [string, string | Uint8Array][]): KeySet {
  return new KeySet(
    ranges.map(([key, end]) => intervalOf(bytes(key), typeof end === "string" ? bytes(end) : end)),
  );
}

test("KeySet: touching intervals grant the range over both; a gap does not", () => {
  const touching = set(["a", "m"], ["m", "z"]);
  expect(touching.covers(bytes("a"), bytes("z"))).toBe(true);
  expect(touching.covers(bytes("a"), bytes("zz"))).toBe(false);
  expect(touching.covers(bytes("b"), OPEN)).toBe(false);
  expect(set(["a", "m"], ["n", "z"]).covers(bytes("a"), bytes("z"))).toBe(false);
});

test("KeySet: a range that ends before it begins is judged by its first key", () => {
  const one = set(["m", "p"]);
  expect(one.covers(bytes("n"), bytes("a"))).toBe(true);
  expect(one.covers(bytes("z"), bytes("a"))).toBe(false);
});

test("KeySet: an open end holds everything behind its begin, and only such a one covers an open range", () => {
  const open = set(["k", OPEN]);
  expect(open.covers(Uint8Array.of(0xff, 0xff), OPEN)).toBe(true);
  expect(open.covers(bytes("k"), NONE)).toBe(true);
  expect(open.covers(bytes("j"), NONE)).toBe(false);
  expect(set(["k", "\xff\xff"]).covers(bytes("k"), OPEN)).toBe(false);
  expect(set(["\0", OPEN]).covers(Uint8Array.of(0), OPEN)).toBe(true);
});

test("KeySet: the key alone is neither its children nor the range from it", () => {
  const one = set(["foo", ""]);
  expect(one.covers(bytes("foo"), NONE)).toBe(true);
  expect(one.covers(bytes("foo\0"), NONE)).toBe(false);
  expect(one.covers(bytes("foo"), bytes("foo\0"))).toBe(true);
  expect(one.covers(bytes("foo"), bytes("fop"))).toBe(false);
  expect(one.covers(bytes("foo"), OPEN)).toBe(false);
});

/** All keys of 1 to 3 letters out of three: fine enough for ranges whose ends have 1 or 2. */
const LETTERS = ["\0", "a", "b"];
const UNIVERSE = [1, 2, 3]
  .flatMap((length) => words(length))
  .map(bytes)
  .sort(compareBytes);

function words(length: number): string[] {
  if (length === 0) return [""];
  return words(length - 1).flatMap((word) => LETTERS.map((letter) => word + letter));
}

const isIn = (key: Uint8Array, begin: Uint8Array, end: Uint8Array): boolean => {
  if (end.length === 0) return compareBytes(key, begin) === 0;
  if (compareBytes(key, begin) < 0) return false;
  return (end.length === 1 && end[0] === 0) || compareBytes(key, end) < 0;
};

test("KeySet: covers exactly the ranges of which every single key is granted", () => {
  const word = fc.constantFrom(...[1, 2].flatMap(words).filter((text) => !text.startsWith("\0")));
  const end = fc.oneof(fc.constant(""), fc.constant("\0"), word);
  const range = fc.tuple(word, end);
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), range, (granted, [key, rangeEnd]) => {
      const keys = new KeySet(granted.map(([k, e]) => intervalOf(bytes(k), bytes(e))));
      const asked = UNIVERSE.filter((each) => isIn(each, bytes(key), bytes(rangeEnd)));
      if (asked.length === 0) asked.push(bytes(key));
      const isGranted = (each: Uint8Array): boolean =>
        granted.some(([k, e]) => isIn(each, bytes(k), bytes(e)));
      // The end of the universe is not the end of the keys: an open range needs an open grant.
      const needsOpen = rangeEnd === "\0";
      const hasOpen = granted.some(([, e]) => e === "\0");
      const expected = asked.every(isGranted) && (!needsOpen || hasOpen);
      expect(keys.covers(bytes(key), bytes(rangeEnd))).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});
