/**
 * The differential driver: the same random programs on real etcd and on nodetcd; every reply,
 * error and watch stream must be equal but for ids and terms.
 *
 *     SEED=1 SEEDS=100 OPS=1000 tsx tests/differential/run.ts
 *
 * `SEED` is the first seed; `JOBS` programs run at once (default 2); `SHRINK=0` skips cutting a
 * failing program down. `MEMBERS=3` talks to a follower in a cluster of so many. `SELF=1` runs real etcd against itself: what differs then is a fault of the driver.
 */
import { isAtLeast, peer, sayMissing } from "../peers.ts";
import { chosenSeed } from "../seeded.ts";
import { type ProgramOptions, type RevisionRef, type Step, writeProgram } from "./program.ts";
import { compareRun, type Mismatch, shrink } from "./trial.ts";

const SHRINK_BUDGET_MS = 60_000;

async function main(): Promise<void> {
  const reference = peer("etcd");
  const subject = process.env["SELF"] === "1" ? reference : peer("nodetcd");
  if (reference === undefined || subject === undefined) {
    console.log("0 seeds: nothing was compared");
    return;
  }
  if (!isAtLeast(reference.version, "3.7") && process.env["ANYWAY"] !== "1") {
    sayMissing(
      `etcd 3.7 (here is ${reference.version}, which behaves otherwise; ANYWAY=1 compares all the same)`,
    );
    return;
  }
  const first = chosenSeed();
  const seeds = Number(process.env["SEEDS"] ?? 10);
  const steps = Number(process.env["OPS"] ?? 1000);
  console.log(
    `${reference.name} ${reference.version} and ${subject.name} ${subject.version}: SEED=${first} SEEDS=${seeds} OPS=${steps}`,
  );
  const failed: number[] = [];
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < first + seeds && failed.length === 0) {
      const seed = next++;
      const program = writeProgram(seed, optionsFor(seed, steps, reference.version));
      const compare = (steps: readonly Step[]): Promise<Mismatch | undefined> =>
        compareRun(steps, reference, subject);
      const mismatch = await compare(program);
      if (mismatch === undefined) continue;
      failed.push(seed);
      report(seed, program, mismatch);
      if (process.env["SHRINK"] === "0") continue;
      const small = await shrink(program, mismatch, compare, SHRINK_BUDGET_MS);
      console.log(`cut down to ${small.program.length} steps:`);
      for (const step of small.program) console.log(`  ${showStep(step)}`);
      report(seed, small.program, small.mismatch);
    }
  };
  const startedAt = Date.now();
  await Promise.all(Array.from({ length: Number(process.env["JOBS"] ?? 2) }, worker));
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const done = next - first - failed.length;
  console.log(
    `${done} seeds x ${steps} operations without a difference, ${failed.length} with (${seconds} s)`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function optionsFor(seed: number, steps: number, etcd: string): ProgramOptions {
  return {
    steps,
    serverLeaseIds: seed % 2 === 1,
    rangeStream: isAtLeast(etcd, "3.7"),
    hash: isAtLeast(etcd, "3.6"),
    invalidSorts: isAtLeast(etcd, "3.5"),
    users: process.env["USERS"] === "1",
  };
}

function report(seed: number, program: readonly Step[], mismatch: Mismatch): void {
  console.log(
    `DIFFERENCE: SEED=${seed} step ${mismatch.step}: ${showStep(program[mismatch.step])}`,
  );
  console.log(`  - ${excerpt(mismatch.reference, mismatch.subject)}`);
  console.log(`  + ${excerpt(mismatch.subject, mismatch.reference)}`);
}

/** A step without what is at its default. */
function showStep(step: Step | undefined): string {
  return JSON.stringify(step, (_, value: unknown) => {
    if (value === false || value === 0 || value === "") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if ("from" in value && value.from === "zero" && "by" in value && value.by === 0)
      return undefined;
    if ("bounds" in value && Array.isArray(value.bounds)) {
      const set = value.bounds.some((ref: RevisionRef) => ref.from !== "zero" || ref.by !== 0);
      return set ? value : { ...value, bounds: undefined };
    }
    return value;
  });
}

/** A long text from a little before the place where it leaves the other. */
function excerpt(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  const from = Math.max(0, at - 400);
  return `${from > 0 ? "..." : ""}${text.slice(from, at + 600)}`;
}

await main();
