import { openDatabase } from "@nodetcd/bolt";
import { nodeClock } from "@nodetcd/runtime/node";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { randomOptions, runHistory } from "./history.ts";

const firstSeed = Number(process.env["SEED"] ?? 1);
const count = 6 * Number(process.env["TIMES"] ?? 1);

test("Database agrees with a naive model over random histories, readers included", async () => {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new SeededRandom(seed);
    const disk = new FaultDisk();
    const options = { ...randomOptions(random), clock: nodeClock, strict: random.chance(0.5) };
    const history = runHistory({
      open: (chosen) => openDatabase(disk, "/db", chosen),
      options,
      random,
      transactions: 30,
    });
    await expect(history, `SEED=${seed} ${JSON.stringify(options)}`).resolves.toBeDefined();
  }
});
