/**
 * The conformance run: every scenario, with every etcdctl at hand, on real etcd and on nodetcd.
 *
 *     tsx tests/conformance/run.ts [scenario...]
 *
 * `MEMBERS=3` talks to a follower in a cluster of so many. `SELF=1` runs real etcd against itself: whatever differs then is a fault of the scenario.
 * `CTL=1` puts `nodetcd ctl` in etcdctl's place, on real etcd and on nodetcd: real etcdctl on real etcd is what it is compared with.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ctlOf, type Peer, peer, peers } from "../peers.ts";
import { compareScenario, describe, type Programs } from "./compare.ts";
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

/** What is compared with what, one after the other. */
function rounds(reference: Peer, subject: Peer, clients: readonly Peer[]): Programs[] {
  if (process.env["CTL"] !== "1") {
    return clients.map((etcdctl) => ({ reference, subject, etcdctl }));
  }
  const nodetcd = peer("nodetcd");
  const [etcdctl] = clients;
  if (nodetcd === undefined || etcdctl === undefined) return [];
  const subjectCtl = ctlOf(nodetcd);
  if (etcdctl.version !== subjectCtl.version) {
    console.log(`MISSING: etcdctl ${subjectCtl.version}, which nodetcd ctl is compared with`);
    return [];
  }
  return [reference, nodetcd].map((server) => ({
    reference,
    subject: server,
    etcdctl,
    subjectCtl,
  }));
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
  for (const programs of rounds(reference, subject, clients)) {
    const { etcdctl, subjectCtl } = programs;
    const other = subjectCtl === undefined ? "" : " with nodetcd ctl";
    console.log(
      `etcdctl ${etcdctl.version}: - ${reference.name} ${reference.version}, + ${programs.subject.name} ${programs.subject.version}${other}`,
    );
    const runs = inParallel(scenarios, WIDTH, async (scenario) => {
      const startedAt = Date.now();
      const result = await compareScenario(scenario, programs);
      return { scenario, result, seconds: (Date.now() - startedAt) / 1000 };
    });
    for (const { scenario, result, seconds } of await runs) {
      const differing = result.differences.length;
      passed += result.commands - differing;
      failed += differing;
      const left = result.skipped > 0 ? `, ${result.skipped} left out` : "";
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
