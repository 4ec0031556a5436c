import { InvariantError, MonotonicMap } from "@nodetcd/bytes";
import fc from "fast-check";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Steps on one map: raise the key by so much and add it, or delete one of the keys seen so far. */
const step = fc.oneof(
  fc.record({ add: fc.integer({ min: 1, max: 2 ** 40 }) }),
  fc.record({ delete: fc.nat() }),
  fc.record({ deleteOldest: fc.constant(true) }),
);

describe("MonotonicMap", () => {
  test("holds what a Map does, in the order of keys", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const map = new MonotonicMap<string>();
        const model = new Map<number, string>();
        const seen = [0];
        for (const each of steps) {
          const oldest = model.keys().next().value;
          if ("add" in each) {
            const key = seen.at(-1)! + each.add;
            seen.push(key);
            map.add(key, `value ${key}`);
            model.set(key, `value ${key}`);
          } else {
            const key = "delete" in each ? seen[each.delete % seen.length]! : (oldest ?? 0);
            expect(map.delete(key)).toBe(model.get(key));
            model.delete(key);
          }
          expect(map.size).toBe(model.size);
          expect(map.firstKey()).toBe(model.keys().next().value);
          expect(map.values()).toEqual([...model.values()]);
          for (const key of seen) expect(map.get(key)).toBe(model.get(key));
        }
        map.clear();
        expect([map.size, map.firstKey(), map.values()]).toEqual([0, undefined, []]);
      }),
    );
  });

  test("add() refuses a key that is not above all others", () => {
    const map = new MonotonicMap<string>();
    map.add(5, "five");
    expect(() => map.add(5, "again")).toThrow(InvariantError);
    expect(() => map.add(4, "four")).toThrow(InvariantError);
    map.delete(5);
    map.add(4, "four");
    expect(map.values()).toEqual(["four"]);
  });

  test("gives a crowd's memory back, whether one entry stays or none", () => {
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    const maps = [true, false].map((oneStays) => {
      const map = new MonotonicMap<number>();
      for (let key = 0; key < 500_000; key++) map.add(key, key);
      for (let key = oneStays ? 1 : 0; key < 500_000; key++) map.delete(key);
      return map;
    });
    // A slot takes 16 bytes.
    expect(used() - before).toBeLessThan(1024 * 1024);
    expect(maps.map((map) => map.values())).toEqual([[0], []]);
  });

  test("closes the gaps behind one entry that stays", () => {
    const map = new MonotonicMap<number>();
    map.add(0, 0);
    let lost = 0;
    for (let key = 1; key <= 100_000; key++) {
      map.add(key, key);
      if (key > 3 && map.delete(key - 3) !== key - 3) lost++;
    }
    expect(lost).toBe(0);
    expect(map.values()).toEqual([0, 99_998, 99_999, 100_000]);
    map.delete(0);
    expect(map.firstKey()).toBe(99_998);
  });
});
