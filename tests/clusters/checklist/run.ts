/**
 * What members of a cluster must do as etcd's, looked at on three of etcd, three of nodetcd, and both mixed:
 * what is seen must be equal. `SHOW=1` prints it, too.
 *
 *     npm run prove -- cluster-checklist [line number...]
 *
 * Lines that are shown elsewhere: 24 by `cluster-discovery`, the rest of 18, 23 and 48 by `cluster-mixed`,
 * `cluster-documented` and `users-mixed`, 34 by `cluster-simulated` (a power cut after every operation of the receiver's disk).
 */
import { peer, type Peer } from "../../peers.ts";
import { ProcessCluster } from "../process-cluster.ts";
import type { Check, Group } from "./checks.ts";
import { FOUNDING } from "./founding.ts";
import { GROWING } from "./growing.ts";
import { LEADERSHIP } from "./leadership.ts";
import { MEMBERSHIP } from "./membership.ts";
import { PEER_PORT } from "./peer-port.ts";
import { Recording } from "./recording.ts";
import { SNAPSHOT_FLAGS, SNAPSHOTS } from "./snapshots.ts";
import { type KindName, Stage } from "./stage.ts";
import { VERSIONS } from "./versions.ts";
import { WIRE } from "./wire.ts";

const FAILED = "could not look:";

const GROUPS: readonly Group[] = [
  { checks: FOUNDING },
  { checks: WIRE },
  { checks: PEER_PORT },
  { checks: LEADERSHIP },
  { checks: MEMBERSHIP },
  { checks: SNAPSHOTS, flags: SNAPSHOT_FLAGS },
  { checks: GROWING, size: 1 },
  {
    checks: VERSIONS,
    founders: ({ theirs: [etcd], ours: [ours] }) => {
      const old = peer("etcd36");
      if (old === undefined) return { theirs: [], ours: [], mixed: [] };
      return { theirs: [etcd!, old, old], ours: [ours!, old, old], mixed: [] };
    },
  },
];

/** What each check saw; a check that could not look says so. */
async function lookAt(
  programs: readonly Peer[],
  checks: readonly Check[],
  { flags = [], size = programs.length }: Group,
): Promise<string[][]> {
  const recording = new Recording();
  const members = programs.slice(0, size).map((program) => ({ program, flags }));
  const cluster = await ProcessCluster.found(members, recording.tap);
  const stage = new Stage(cluster, recording);
  const seen: string[][] = [];
  try {
    for (const { look } of checks) {
      try {
        // What the last one did to them is over.
        await cluster.ready();
        seen.push(await look(stage, programs[size % programs.length]!));
      } catch (error) {
        seen.push([`${FAILED} ${String(error)}`]);
      }
    }
    return seen;
  } finally {
    await cluster.stop();
    cluster.remove();
  }
}

/** Prints where they differ; false when they do, or when there was nothing to compare with. */
function compare(
  { lines, what }: Check,
  kind: KindName,
  due: readonly string[],
  seen: readonly string[],
): boolean {
  const isShown = process.env["SHOW"] === "1";
  const isAlike = due.join("\n") === seen.join("\n") && due[0]?.startsWith(FAILED) !== true;
  if (isAlike && !isShown) return true;
  console.log(`line ${lines.join(", ")}, ${kind}: ${what}: ${isAlike ? "alike" : "DIFFERENT"}`);
  for (let at = 0; at < Math.max(due.length, seen.length); at++) {
    const [wanted, got] = [due[at] ?? "nothing", seen[at] ?? "nothing"];
    if (wanted !== got || due[0]?.startsWith(FAILED)) {
      console.log(`  etcd: ${wanted}\n  ${kind}: ${got}`);
    } else if (isShown) console.log(`  both: ${wanted}`);
  }
  return isAlike;
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
    const checks = wanted(group.checks);
    const programs = group.founders?.(kinds) ?? kinds;
    if (checks.length === 0 || programs.theirs.length === 0) continue;
    const due = await lookAt(programs.theirs, checks, group);
    for (const kind of ["ours", "mixed"] as const) {
      if (programs[kind].length === 0) continue;
      const seen = await lookAt(programs[kind], checks, group);
      for (const [i, check] of checks.entries()) {
        if (compare(check, kind, due[i]!, seen[i]!)) alike++;
        else different++;
      }
    }
  }
  console.log(`${alike} checks alike, ${different} different`);
  if (different > 0) process.exitCode = 1;
}

await main();
