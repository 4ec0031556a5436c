import { expect, test } from "vitest";
import { CASES, compareCases } from "../extremes/trial.ts";
import { message, varint } from "../extremes/wire.ts";
import { isAtLeast, peer, sayMissing } from "../peers.ts";

test("the quick cases are answered as by real etcd", { timeout: 120_000 }, async () => {
  const reference = peer("etcd");
  const subject = peer("nodetcd");
  if (reference === undefined || subject === undefined) return;
  if (!isAtLeast(reference.version, "3.7")) {
    sayMissing(`etcd 3.7 (here is ${reference.version}): no extreme request was compared`);
    return;
  }
  // Watches and renewals wait for silence, so they are left to `npm run prove -- extremes`.
  const quick = CASES.filter(({ name }) => !/^(Watch|LeaseKeepAlive)/.test(name));
  expect(await compareCases(quick, reference, subject)).toEqual([]);
});

test("message() writes negative numbers as int64, and text with its length", () => {
  expect(Buffer.from(varint(-1n)).toString("hex")).toBe("ffffffffffffffffff01");
  expect(Buffer.from(message([1, "ab"], [3, 300])).toString("hex")).toBe("0a02616218ac02");
});
