/** What etcd's own tools say of the directories that members have left. */
import { join } from "node:path";
import { type Peer, peer } from "../peers.ts";
import { run } from "../processes.ts";
import type { Seat } from "./process-cluster.ts";

/** Fails unless every database is sound, and all have the same content but those of members that were dismissed. */
export async function checkDirectories(
  seats: readonly Seat[],
  dismissed: readonly Seat[] = [],
): Promise<void> {
  const [etcdutl, bbolt] = [peer("etcdutl"), peer("bbolt")];
  const hashes = new Map<string, string>();
  const all = [...dismissed, ...seats];
  for (const seat of all) {
    const { name, dataDirectory } = seat;
    const file = join(dataDirectory, "member", "snap", "db");
    if (bbolt !== undefined) await mustRun(bbolt, ["check", file]);
    if (etcdutl === undefined) continue;
    const printed = await mustRun(etcdutl, ["hashkv", file, "-w", "json"]);
    const { hash } = JSON.parse(printed) as { hash: number };
    if (seats.includes(seat)) hashes.set(name, String(hash));
  }
  if (new Set(hashes.values()).size > 1) {
    throw new Error(`etcdutl hashkv: ${[...hashes].map((pair) => pair.join(" ")).join(", ")}`);
  }
  console.log(`  directories are sound: ${all.map(({ name }) => name).join(" ")}`);
}

async function mustRun(program: Peer, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(program.path, args, { timeoutMs: 120_000 });
  if (status === 0) return stdout.toString();
  throw new Error(`${program.name} ${args.join(" ")}: ${status} ${stdout.toString()} ${stderr}`);
}
