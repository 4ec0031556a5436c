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
