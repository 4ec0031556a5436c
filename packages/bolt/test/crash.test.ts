import { expect, test } from "vitest";
import { crashEverywhere, metaBeforeSync } from "./crash.ts";

const firstSeed = Number(process.env["SEED"] ?? 1);

test("commit survives a crash at every operation of the disk", async () => {
  let points = 0;
  for (let seed = firstSeed; seed < firstSeed + 8; seed++) {
    points += await crashEverywhere({ seed, transactions: 6 });
  }
  expect(points).toBeGreaterThan(100);
});

test("the crash proof catches a meta that is written before the pages are synced", async () => {
  const attempt = async (): Promise<void> => {
    for (let seed = firstSeed; seed < firstSeed + 20; seed++) {
      await crashEverywhere({ seed, transactions: 6, wrap: metaBeforeSync });
    }
  };
  await expect(attempt()).rejects.toThrow(/SEED=\d+, crash after operation \d+/);
});
