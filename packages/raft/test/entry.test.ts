import fc from "fast-check";
import { expect, test } from "vitest";
import { Entry, EntryType } from "@nodetcd/messages";
import { entriesSize, entrySize, payloadSize } from "../src/entry.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

const entries = fc.record({
  type: fc.constantFrom(...Object.values(EntryType)),
  term: fc.oneof(fc.nat(300), fc.maxSafeNat()),
  index: fc.oneof(fc.nat(300), fc.maxSafeNat()),
  data: fc.uint8Array({ maxLength: 300 }),
});

test(`entrySize is the length of the encoded entry (seed ${seed})`, () => {
  fc.assert(
    fc.property(entries, (entry) => {
      expect(entrySize(entry)).toBe(Entry.encode(entry).length);
    }),
    { seed, numRuns: 2_000 },
  );
});

test("entriesSize and payloadSize sum up", () => {
  const one = { type: EntryType.EntryNormal, term: 1, index: 2, data: new Uint8Array(3) };
  expect(entriesSize([one, one])).toBe(2 * entrySize(one));
  expect(payloadSize([one, one])).toBe(6);
  expect(entriesSize([])).toBe(0);
});
