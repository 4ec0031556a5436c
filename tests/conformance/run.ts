/**
 * The conformance run: every scenario, with every etcdctl at hand, on real etcd and on nodetcd.
 *
 *     tsx tests/conformance/run.ts [scenario...]
 *
 * `SELF=1` runs real etcd against itself: whatever differs then is a fault of the scenario.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { peer, peers } from "../peers.ts";
import { compareScenario, describe } from "./compare.ts";
import { readScenario, type Scenario } from "./scenario.ts";

const SCENARIOS = join(dirname(fileURLToPath(import.meta.url)), "scenarios");

function readScenarios(wanted: readonly string[]): Scenario[] {
  return readdirSync(SCENARIOS)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .map((file) => readScenario(join(SCENARIOS, file)))
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

/** Scenarios that run at once; each has two servers of its own. */
const WIDTH = Number(process.env["WIDTH"] ?? 4);

async function inParallel<In, Out>(
  items: readonly In[],
  width: number,
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

async function main(): Promise<void> {
  const reference = peer("etcd");
  const subject = process.env["SELF"] === "1" ? reference : peer("nodetcd");
  const clients = peers("etcdctl");
  if (clients.length === 0) peer("etcdctl");
  if (reference === undefined || subject === undefined || clients.length === 0) {
    console.log("0 passed, 0 failed: nothing was compared");
    return;
  }
  const scenarios = readScenarios(process.argv.slice(2));
  let passed = 0;
  let failed = 0;
  for (const etcdctl of clients) {
    console.log(
      `etcdctl ${etcdctl.version}: - ${reference.name} ${reference.version}, + ${subject.name} ${subject.version}`,
    );
    const runs = inParallel(scenarios, WIDTH, async (scenario) => {
      const startedAt = Date.now();
      const result = await compareScenario(scenario, { reference, subject, etcdctl });
      return { scenario, result, seconds: (Date.now() - startedAt) / 1000 };
    });
    for (const { scenario, result, seconds } of await runs) {
      const differing = result.differences.length;
      passed += result.commands - differing;
      failed += differing;
      const left = result.skipped > 0 ? `, ${result.skipped} left out for older versions` : "";
      console.log(
        `  ${differing === 0 ? "ok  " : "FAIL"} ${scenario.name}: ${result.commands} commands, ${differing} differ${left} (${seconds.toFixed(1)} s)`,
      );
      for (const difference of result.differences) console.log(`  ${describe(difference)}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
