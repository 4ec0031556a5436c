import { existsSync } from "node:fs";
import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { run } from "./support/programs.ts";
import { Scenario } from "./support/scenario.ts";
import { seeds } from "./support/settle.ts";
import { FileWorld } from "./support/world.ts";

for (const seed of seeds(2)) {
  test(`Store on a real file: a random history equals a list of changes, and etcd's tools agree (SEED=${seed})`, async () => {
    const world = new FileWorld();
    try {
      const scenario = new Scenario(new SeededRandom(seed), world, 1);
      await scenario.open();
      for (let i = 0; i < Number(process.env["STEPS"] ?? 150); i++) await scenario.step();
      const hash = await scenario.finish();
      expect(existsSync(world.path)).toBe(true);
      const checked = run("BBOLT_BIN", "bbolt", ["check", world.path]);
      if (checked !== undefined) expect(checked.trim()).toBe("OK");
      const hashed = run("ETCDUTL_BIN", "etcdutl", ["hashkv", world.path, "-w", "json"]);
      if (hashed === undefined) return;
      expect(JSON.parse(hashed)).toMatchObject({
        hash,
        hashRevision: scenario.model.revision,
        compactRevision: scenario.model.compactRevision,
      });
    } finally {
      world.remove();
    }
  });
}
