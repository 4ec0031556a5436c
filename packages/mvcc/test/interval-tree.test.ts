import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { IntervalTree } from "../src/watch/interval-tree.ts";
import { seeds } from "./support/settle.ts";

interface Range {
  readonly start: string;
  readonly end: string | undefined;
}

for (const seed of seeds(5)) {
  test(`IntervalTree: finds what a list of ranges finds, after any additions and removals (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const tree = new IntervalTree<Range>();
    const naive = new Set<Range>();
    const key = (): string => random.below(200).toString(6);
    for (let i = 0; i < 4000; i++) {
      if (naive.size > 0 && random.chance(i < 2000 ? 0.4 : 0.6)) {
        const range = random.pick([...naive]);
        expect(tree.remove(range.start, range.end, range)).toBe(true);
        expect(tree.remove(range.start, range.end, range)).toBe(false);
        naive.delete(range);
      } else {
        const [start, other] = [key(), key()];
        const end = random.chance(0.2) ? undefined : other > start ? other : `${start}\0`;
        const range = { start, end };
        tree.add(start, end, range);
        naive.add(range);
      }
      const point = key();
      const expected = [...naive].filter(
        ({ start, end }) => start <= point && (end === undefined || point < end),
      );
      const found: Range[] = [];
      tree.visit(point, (range) => found.push(range));
      expect(found.length).toBe(expected.length);
      expect(new Set(found)).toEqual(new Set(expected));
      expect(tree.has(point)).toBe(expected.length > 0);
    }
  });
}
