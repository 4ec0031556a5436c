import { describe, expect, it } from "vitest";
import { SeededRandom } from "@nodetcd/simulator";
import { PendingBucket } from "../src/pending-bucket.ts";
import { mergeRange, PendingSource } from "../src/range.ts";
import { NaiveMap, pairText, seedOf } from "./helpers.ts";

describe("PendingBucket", () => {
  it("keeps keys sorted and unique in whatever order they come", () => {
    const random = new SeededRandom(seedOf("pending"));
    const bucket = new PendingBucket();
    const seen = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      const n = random.below(500);
      expect(bucket.set(Uint8Array.of(n >> 8, n), Uint8Array.of(i))).toBe(!seen.has(n));
      seen.add(n);
    }
    const numbers = bucket.keys.map((key) => ((key[0] ?? 0) << 8) | (key[1] ?? 0));
    expect(numbers).toEqual([...seen].sort((a, b) => a - b));
    expect(bucket.indexOf(Uint8Array.of(2, 0))).toBe(-1);
    expect(bucket.lowerBound(Uint8Array.of(255))).toBe(bucket.size);
  });
});

describe("mergeRange", () => {
  it("is a range of the newest over the older, for any contents", () => {
    const random = new SeededRandom(seedOf("merge"));
    const key = (): Uint8Array => random.bytes(random.below(3)).map((byte) => byte & 3);
    for (let round = 0; round < 2000; round++) {
      const naive = new NaiveMap();
      const layers = [0, 1, 2].map((age) => {
        const bucket = new PendingBucket();
        const count = random.below(8);
        for (let i = 0; i < count; i++) {
          const value = age > 0 && random.chance(0.4) ? undefined : Uint8Array.of(age, i);
          const changed = key();
          bucket.set(changed, value);
          naive.set(changed, value);
        }
        return bucket;
      });
      const start = key();
      const end = random.chance(0.3) ? undefined : key();
      const limit = random.below(4);
      const sources = layers.toReversed().map((bucket) => new PendingSource(bucket, start));
      const found: string[] = [];
      mergeRange(sources, end, limit, (k, v) => void found.push(pairText(k, v)));
      expect(found).toEqual(naive.range(start, end, limit));
    }
  });

  it("stops when the visitor says so", () => {
    const bucket = new PendingBucket();
    for (let i = 0; i < 10; i++) bucket.set(Uint8Array.of(i), Uint8Array.of(i));
    let visits = 0;
    mergeRange([new PendingSource(bucket, new Uint8Array(0))], undefined, 0, () => ++visits < 3);
    expect(visits).toBe(3);
  });
});
