import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { startEtcd } from "nodetcd";
import { describe, expect, test } from "vitest";
import { ObjectStore, startApi } from "../../src/jobs.ts";
import { findKubectl, runScenario } from "./run-scenario.ts";

const FOLDER = join(import.meta.dirname, "scenarios");
const kubectl = findKubectl();

/** Each scenario is commands with what they print; `vitest -u` writes the outputs anew. */
describe.skipIf(kubectl === undefined)("kubectl", () => {
  for (const name of readdirSync(FOLDER)) {
    test.concurrent(`prints what ${name} says`, { timeout: 180_000 }, async ({ expect: check }) => {
      const etcd = await startEtcd({ listen: false });
      const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
      const api = await startApi({ store, runtime: nodeRuntime, logger: silentLogger });
      try {
        const file = join(FOLDER, name);
        const printed = await runScenario(readFileSync(file, "utf8"), api.url);
        await check(printed).toMatchFileSnapshot(file);
      } finally {
        await api.stop();
        await etcd.stop();
      }
    });
  }
});

test("scenarios are there", () => {
  expect(readdirSync(FOLDER)).not.toHaveLength(0);
});
