import { expect, test } from "vitest";
import { MessageReader } from "../src/message/message-reader.ts";
import { frameMessage } from "./node-client.ts";

test("MessageReader gives the memory of every message back to the connection's budget", () => {
  const budget = { used: 0, max: 100_000 };
  const framed = frameMessage(Buffer.alloc(70_000, 1));
  for (let i = 0; i < 5; i++) {
    const reader = new MessageReader({ maxBytes: 1 << 20, encoding: "", budget });
    expect(reader.next(framed, 0, 40_000)).toBeUndefined();
    expect(budget.used).toBeGreaterThan(0);
    if (i % 2 === 0) reader.drop();
    else expect(reader.next(framed, 40_000, framed.length)?.length).toBe(70_000);
    expect(budget.used).toBe(0);
  }
});

test("MessageReader refuses what exceeds the budget of a connection's incomplete messages", () => {
  const budget = { used: 90_000, max: 100_000 };
  const reader = new MessageReader({ maxBytes: 1 << 20, encoding: "", budget });
  const framed = frameMessage(Buffer.alloc(70_000));
  expect(() => reader.next(framed, 0, 40_000)).toThrow("too many incomplete messages");
});

test("CVE-2026-84304: a message in frames of one byte takes no more memory than twice its own", () => {
  const budget = { used: 0, max: 1_000_000 };
  const reader = new MessageReader({ maxBytes: 500_000, encoding: "identity", budget });
  const size = 200_000;
  const bytes = new Uint8Array(5 + size);
  new DataView(bytes.buffer).setUint32(1, size);
  let message: Uint8Array | undefined;
  let worst = 0;
  for (let i = 0; i < bytes.length; i++) {
    message = reader.next(bytes, i, i + 1);
    worst = Math.max(worst, budget.used / Math.max(32 * 1024, i - 4));
  }
  expect(worst).toBeLessThanOrEqual(2);
  expect(message).toHaveLength(size);
  expect(budget.used).toBe(0);
});
