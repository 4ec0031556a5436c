import { TxnRequest } from "@nodetcd/messages";
import { describe, expect, test } from "vitest";
import type { Applier } from "../src/apply/applier.ts";
import { quotaGuard } from "../src/apply/guards/quota.ts";
import { Quota, txnCost } from "../src/state/quota.ts";
import { bytes } from "./support/member.ts";

const put = (size: number) => ({ requestPut: { key: bytes("k"), value: new Uint8Array(size) } });
const cost = (fields: Parameters<typeof TxnRequest.encode>[0]): number =>
  txnCost(TxnRequest.decode(TxnRequest.encode(fields)));

describe("txnCost()", () => {
  test("is that of the dearer branch, whichever it is", () => {
    expect(cost({ success: [put(10)], failure: [put(20), put(30)] })).toBe(2 * 257 + 50);
    expect(cost({ success: [put(20), put(30)], failure: [put(10)] })).toBe(2 * 257 + 50);
  });

  test("counts nested transactions, and nothing where nothing is put", () => {
    const nested = { requestTxn: { success: [put(5)], failure: [put(7)] } };
    expect(cost({ success: [nested, put(1)] })).toBe(2 * 257 + 8);
    expect(cost({ success: [{ requestDeleteRange: { key: bytes("k") } }] })).toBe(0);
  });
});

describe("Quota", () => {
  test("fits() compares with the file's size, and lets through what costs nothing", () => {
    let size = 0;
    const quota = new Quota(1000, () => size);
    expect([quota.fits(999), quota.fits(1000)]).toEqual([true, false]);
    size = 5000;
    expect([quota.fits(1), quota.fits(0), quota.fitsLease()]).toEqual([false, true, false]);
    expect(new Quota(-1, () => size).fits(1e15)).toBe(true);
  });
});

describe("quotaGuard()", () => {
  test("refuses a transaction of many turns only when all of it is done", () => {
    const parts = [undefined, undefined, bytes("reply")];
    const inner = { txn: () => ({ kind: "unfinished", next: () => parts.shift() }) };
    const guarded = quotaGuard(inner as unknown as Applier, new Quota(1, () => 1));
    const request = TxnRequest.decode(TxnRequest.encode({ success: [put(1)] }));
    const outcome = guarded.txn(request, { user: "", authRevision: 0, needsReply: true });
    if (outcome.kind !== "unfinished") throw new Error("it is not unfinished");
    expect([outcome.next(), outcome.next()]).toEqual([undefined, undefined]);
    expect(outcome.next).toThrow(expect.objectContaining({ code: "NO_SPACE" }));
    expect(parts).toEqual([]);
  });
});
