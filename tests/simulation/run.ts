/**
 * A member on a disk that fails: the power is cut, or the process dies, at any operation of it.
 *
 *     SEED=1 COUNT=1000 tsx tests/simulation/run.ts    that many members, some lives each
 *     EVERY=1 SEED=1 COUNT=3 tsx ...                   every operation of a life, one by one
 *     PLANTED=1 SEED=1 COUNT=3000 tsx ...              how many seeds each planted bug needs
 *
 * Seeds are printed and repeat exactly.
 */
import { plants } from "./planted.ts";
import { runTrial, type Trial, type TrialOptions } from "./trial.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const count = Number(process.env["COUNT"] ?? 200);

class Sum {
  members = 0;
  crashes = 0;
  crashesAtStart = 0;
  operations = 0;
  answers = 0;

  /** False when the trial failed, which is printed. */
  add(trial: Trial, how: string): boolean {
    this.members++;
    this.crashes += trial.crashes;
    this.crashesAtStart += trial.crashesAtStart;
    this.operations += trial.operations.reduce((sum, some) => sum + some, 0);
    this.answers += trial.answers;
    if (trial.faults.length === 0) return true;
    console.log(`FAILED: ${how}`);
    for (const fault of trial.faults.slice(0, 10)) console.log(`  ${fault.slice(0, 300)}`);
    process.exitCode = 1;
    return false;
  }

  print(): void {
    console.log(
      `${this.members} members, ${this.crashes} crashes (${this.crashesAtStart} while starting), ` +
        `${this.operations} operations, ${this.answers} acknowledged writes: ` +
        `${(performance.now() / 1000).toFixed(1)} s`,
    );
  }
}

async function byChance(sum: Sum): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (!sum.add(await runTrial({ seed: seed + i }), `SEED=${seed + i}`)) return;
    if ((i + 1) % 1_000 === 0) sum.print();
  }
}

/** The first and the second life of each seed is cut after its first operation, after its second, and so on. */
async function everywhere(sum: Sum): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (const deaths of [1, 2]) {
      const options: TrialOptions = { seed: seed + i, deaths };
      const whole = await runTrial({ ...options, lastCrashAfter: Infinity });
      const points = whole.operations[deaths - 1] ?? 0;
      console.log(`  SEED=${seed + i}, life ${deaths}: ${points} operations`);
      for (let lastCrashAfter = 0; lastCrashAfter < points; lastCrashAfter++) {
        const how = `SEED=${seed + i}, life ${deaths} cut after operation ${lastCrashAfter}`;
        if (!sum.add(await runTrial({ ...options, lastCrashAfter }), how)) return;
      }
    }
  }
}

async function planted(): Promise<void> {
  for (const [name, plant] of Object.entries(plants)) {
    let found: string | undefined;
    let seeds = 0;
    while (found === undefined && seeds < count) {
      [found] = (await runTrial({ seed: seed + seeds++, plant })).faults;
    }
    if (found === undefined) process.exitCode = 1;
    console.log(`  ${name}: ${found === undefined ? "NOT FOUND" : "found"} after ${seeds} seeds`);
    if (found !== undefined) console.log(`    ${found.slice(0, 160)}`);
  }
}

console.log(`power cuts on a simulated disk: SEED=${seed} COUNT=${count}`);
if (process.env["PLANTED"] === "1") await planted();
else {
  const sum = new Sum();
  await (process.env["EVERY"] === "1" ? everywhere(sum) : byChance(sum));
  sum.print();
}
