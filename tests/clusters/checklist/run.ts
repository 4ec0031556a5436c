/**
 * What members of a cluster must do as etcd's, looked at on three of etcd, three of nodetcd, and both mixed:
 * what is seen must be equal.
 *
 *     npm run prove -- cluster-checklist [line number...]
 */
import { peer, type Peer } from "../../peers.ts";
import { ProcessCluster } from "../process-cluster.ts";
import type { Check } from "./checks.ts";
import { FOUNDING } from "./founding.ts";
import { LEADERSHIP } from "./leadership.ts";
import { MEMBERSHIP } from "./membership.ts";
import { type KindName, Stage } from "./stage.ts";

/** Each group has a cluster of its own; in it the checks come one after the other. */
const GROUPS: readonly (readonly Check[])[] = [FOUNDING, LEADERSHIP, MEMBERSHIP];

/** What each check saw. */
async function lookAt(programs: readonly Peer[], checks: readonly Check[]): Promise<string[][]> {
  const cluster = await ProcessCluster.found(programs.map((program) => ({ program })));
  const stage = new Stage(cluster);
  const seen: string[][] = [];
  try {
    for (const { look } of checks) {
      // What the last one did to them is over.
      await cluster.ready();
      seen.push(await look(stage, programs[0]!).catch((error: unknown) => [String(error)]));
    }
    return seen;
  } finally {
    await cluster.stop();
    cluster.remove();
  }
}

function wanted(checks: readonly Check[]): Check[] {
  const lines = process.argv.slice(2).map(Number);
  return checks.filter(
    (check) => lines.length === 0 || check.lines.some((line) => lines.includes(line)),
  );
}

async function main(): Promise<void> {
  const [etcd, ours] = [peer("etcd"), peer("nodetcd")];
  if (etcd === undefined || ours === undefined) return;
  const kinds: Record<KindName, Peer[]> = {
    theirs: [etcd, etcd, etcd],
    ours: [ours, ours, ours],
    mixed: [ours, etcd, ours],
  };
  let [alike, different] = [0, 0];
  for (const group of GROUPS) {
    const checks = wanted(group);
    if (checks.length === 0) continue;
    const due = await lookAt(kinds.theirs, checks);
    for (const kind of ["ours", "mixed"] as const) {
      const seen = await lookAt(kinds[kind], checks);
      for (const [i, { lines, what }] of checks.entries()) {
        if (seen[i]!.join("\n") === due[i]!.join("\n")) {
          alike++;
          continue;
        }
        different++;
        console.log(`line ${lines.join(", ")}, ${kind}: ${what}`);
        for (const [at, line] of due[i]!.entries()) {
          if (line !== seen[i]![at]) console.log(`  etcd: ${line}\n  ${kind}: ${seen[i]![at]}`);
        }
        for (const line of seen[i]!.slice(due[i]!.length)) console.log(`  ${kind} too: ${line}`);
      }
    }
  }
  console.log(`${alike} checks alike, ${different} different`);
  if (different > 0) process.exitCode = 1;
}

await main();
