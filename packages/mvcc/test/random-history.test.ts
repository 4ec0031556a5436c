import { SeededRandom } from "@nodetcd/simulator";
import { afterAll, expect, test } from "vitest";
import { BusyClock } from "./support/busy-clock.ts";
import { Scenario } from "./support/scenario.ts";
import { seeds } from "./support/settle.ts";
import { MemoryWorld } from "./support/world.ts";

const steps = Number(process.env["STEPS"] ?? 500);

afterAll(() => console.log(`random history: ${steps} steps each, repeat one with SEED=<n>`));

for (const seed of seeds(6)) {
  const restarts = seed % 3 === 0 ? 0 : 1;
  test(`Store: random changes, reads, compactions, ${restarts ? "restarts, crashes" : "no restarts"} and watches equal a list of changes (SEED=${seed})`, async () => {
    // With every other seed all that works in slices makes the smallest ones.
    const world = new MemoryWorld(seed % 2 === 0 ? undefined : new BusyClock(5));
    const scenario = new Scenario(new SeededRandom(seed), world, restarts);
    await scenario.open();
    for (let i = 0; i < steps; i++) await scenario.step();
    await scenario.finish();
    expect(scenario.comparisons).toBeGreaterThan(steps / 3);
    expect(scenario.responses).toBeGreaterThan(5);
  });
}
