import { VirtualClock } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { LinearizableReads } from "../src/read/linearizable.ts";
import type { AppliedIndex } from "../src/state/applied-index.ts";

const RETRY_MS = 500;

/** A follower: its questions go to nobody but the test, which answers them. Ids begin at 1. */
function follower() {
  const clock = new VirtualClock();
  const asked: bigint[] = [];
  const waits: number[] = [];
  const source = {
    ownReadIndex: undefined,
    requestReadIndex: (context: Uint8Array) =>
      void asked.push(Buffer.from(context).readBigUInt64BE(0)),
  };
  const applied = {
    index: 0,
    whenApplied: (index: number, go: () => void) => {
      waits.push(index);
      go();
    },
  } as unknown as AppliedIndex;
  let last = 0n;
  const reads = new LinearizableReads(source, applied, clock, 7_000, () => ++last);
  const answer = (id: bigint, index: number): void => {
    const context = Buffer.alloc(8);
    context.writeBigUInt64BE(id);
    reads.confirmed(index, context);
  };
  const served: string[] = [];
  const read = (name: string): void =>
    reads.request(
      () => served.push(name),
      () => served.push(`${name} failed`),
    );
  return { clock, asked, waits, answer, served, read };
}

describe("LinearizableReads", () => {
  test("an answer that was late for its reads serves no later ones: it may not know of what was acknowledged since", () => {
    const { clock, asked, answer, served, read, waits } = follower();
    read("early");
    clock.advance(RETRY_MS);
    expect(asked).toEqual([1n, 2n]);
    answer(1n, 10);
    expect(served).toEqual(["early"]);
    // Acknowledged by now: entry 11.
    read("later");
    expect(asked).toEqual([1n, 2n, 3n]);
    answer(2n, 10);
    expect(served).toEqual(["early"]);
    answer(3n, 11);
    expect(served).toEqual(["early", "later"]);
    expect(waits).toEqual([10, 11]);
  });

  test("any answer to a question that was repeated serves its reads", () => {
    for (const id of [1n, 2n]) {
      const { clock, answer, served, read } = follower();
      read("one");
      clock.advance(RETRY_MS);
      answer(id, 10);
      expect(served).toEqual(["one"]);
    }
  });

  test("reads that come while a question is under way wait for the next one", () => {
    const { asked, answer, served, read } = follower();
    read("one");
    read("two");
    answer(1n, 10);
    expect([served, asked]).toEqual([["one"], [1n, 2n]]);
    answer(2n, 11);
    expect(served).toEqual(["one", "two"]);
  });
});
