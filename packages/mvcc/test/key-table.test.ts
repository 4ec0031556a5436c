import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { KeyIndex } from "../src/key-index.ts";
import { KeyTable } from "../src/key-table.ts";
import { keyBytes } from "../src/stored-key-value.ts";
import { seeds } from "./support/settle.ts";

for (const seed of seeds(3)) {
  test(`KeyTable: holds what a Map holds while keys come and go by the ten thousand (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const table = new KeyTable(random.uint32());
    const naive = new Map<string, KeyIndex>();
    for (let i = 0; i < 60_000; i++) {
      const text = `${random.below(40_000)}`.padStart(random.below(2) * 9, "\xfe");
      const key = keyBytes(text);
      const hash = table.hash(key);
      const entry = table.get(key, hash);
      if (entry !== naive.get(text)) expect(entry).toBe(naive.get(text));
      if (entry !== undefined && random.chance(0.7)) {
        table.remove(entry);
        naive.delete(text);
      } else if (entry === undefined) {
        const fresh = new KeyIndex(text, hash);
        table.add(fresh);
        naive.set(text, fresh);
      }
    }
    expect(naive.size).toBeGreaterThan(10_000);
    const missing = [...naive].filter(([text, entry]) => {
      const key = keyBytes(text);
      return table.get(key, table.hash(key)) !== entry;
    });
    expect(missing).toEqual([]);
  });
}
