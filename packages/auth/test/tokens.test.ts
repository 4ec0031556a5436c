import { SeededRandom, VirtualClock } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { requestToken } from "../src/auth.ts";
import { SIMPLE_TOKENS_PER_USER_MAX } from "../src/limits.ts";
import { SimpleTokens } from "../src/simple-tokens.ts";

function open(ttlSeconds = 300) {
  const clock = new VirtualClock(0);
  return { clock, tokens: new SimpleTokens(clock, new SeededRandom(1), ttlSeconds) };
}

test("assign: sixteen letters, a dot, and the index before the entry", () => {
  const { tokens } = open();
  const token = tokens.assign("u", tokens.newHead(), 7);
  expect(token).toMatch(/^[a-zA-Z]{16}\.7$/);
  expect(tokens.userOf(token)).toBe("u");
  expect(SimpleTokens.indexOf(token)).toBe(8);
});

test("indexOf: the entry of the login, behind the number; exactly two parts, the second decimal", () => {
  for (const token of ["", "a", "a.", "a.-1", "a.1.2", "a.x", "a.0x1", "a.99999999999999999999"]) {
    expect([token, SimpleTokens.indexOf(token)]).toEqual([token, undefined]);
  }
  expect(SimpleTokens.indexOf("abc.99999999")).toBe(100_000_000);
});

test("userOf: a token lives from its last use on; 0 seconds are the default", () => {
  for (const [ttl, seconds] of [
    [10, 10],
    [0, 300],
  ] as const) {
    const { tokens, clock } = open(ttl);
    const token = tokens.assign("u", "head", 1);
    for (let i = 0; i < 3; i++) {
      clock.advance(seconds * 600);
      expect(tokens.userOf(token)).toBe("u");
    }
    clock.advance(seconds * 1000);
    expect(tokens.userOf(token)).toBeUndefined();
    expect(tokens.size).toBe(0);
  }
});

test("dropUser, dropAll: end the tokens of one, of all", () => {
  const { tokens } = open();
  const [a, b, c] = [
    tokens.assign("u", "a", 1),
    tokens.assign("u", "b", 2),
    tokens.assign("v", "c", 3),
  ];
  tokens.dropUser("u");
  expect([a, b, c].map((token) => tokens.userOf(token))).toEqual([undefined, undefined, "v"]);
  tokens.dropAll();
  expect(tokens.userOf(c)).toBeUndefined();
});

test("assign: tokens that ran out go as new ones come", () => {
  const { tokens, clock } = open(10);
  for (let i = 0; i < 1000; i++) tokens.assign("u", `old${i}`, i);
  clock.advance(10_000);
  for (let i = 0; i < 600; i++) tokens.assign(`v${i % 7}`, `new${i}`, i);
  expect(tokens.size).toBe(600);
});

test("assign: a user holds a bounded number, and loses his oldest one", () => {
  const { tokens } = open();
  const first = tokens.assign("u", "first", 0);
  const other = tokens.assign("v", "other", 0);
  for (let i = 0; i < SIMPLE_TOKENS_PER_USER_MAX; i++) tokens.assign("u", "t", i);
  expect(tokens.userOf(first)).toBeUndefined();
  expect(tokens.userOf(other)).toBe("v");
  expect(tokens.size).toBe(SIMPLE_TOKENS_PER_USER_MAX + 1);
});

test("requestToken: token before authorization, the first of several, one Bearer cut, case counts", () => {
  const from = (metadata: Record<string, string>) => requestToken((key) => metadata[key]);
  expect(from({})).toBeUndefined();
  expect(from({ token: "" })).toBe("");
  expect(from({ token: "a", authorization: "b" })).toBe("a");
  expect(from({ token: "a,a" })).toBe("a");
  expect(from({ authorization: "Bearer b" })).toBe("b");
  expect(from({ token: "Bearer Bearer b" })).toBe("Bearer b");
  expect(from({ authorization: "bearer b" })).toBe("bearer b");
});
