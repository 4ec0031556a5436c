/** Bugs that the campaign must find: `PLANTED=ledger` or `PLANTED=restart`. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ObjectStore, SLOTS } from "@nodetcd/jobs";
import { sleep } from "../../clusters/patience.ts";

/** Between the two halves of what should be one transaction. */
const GAP_MS = 100;

/** The line of the ledger is written after the Job, in a transaction of its own. */
function ledger(): void {
  const { prototype } = ObjectStore;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with the store
  const { transaction } = prototype;
  prototype.transaction = async function (changes) {
    const lines = changes.filter(({ resource }) => resource === SLOTS);
    const others = changes.filter(({ resource }) => resource !== SLOTS);
    if (lines.length === 0 || others.length === 0) return await transaction.call(this, changes);
    const revision = await transaction.call(this, others);
    await sleep(GAP_MS);
    await transaction.call(this, lines);
    return revision;
  };
}

/** A worker that starts takes containers that run for ones that were never started. */
function restart(dataDir: string): void {
  const pods = join(dataDir, "worker", "pods");
  const entries = existsSync(pods) ? readdirSync(pods, { recursive: true, encoding: "utf8" }) : [];
  for (const entry of entries.filter((name) => /\/run\.\d+$/.test(name))) {
    const folder = join(pods, entry, "..");
    if (existsSync(join(folder, "exit"))) continue;
    rmSync(join(folder, "pid"), { force: true });
    renameSync(join(pods, entry), join(folder, "token"));
  }
}

export function plant(name: string, flags: readonly string[]): void {
  if (name === "ledger") ledger();
  const dataDir = flags.find((flag) => flag.startsWith("--data-dir="))?.slice(11) ?? "";
  if (name === "restart" && flags.includes("--worker")) restart(dataDir);
}
