/**
 * How many seeds the simulated clusters need for each bug of Raft that is planted in their bundle:
 *
 *     SEED=1 COUNT=1000 npm run prove -- cluster-planted [words of a name]
 */
import { PLANTED_BUGS } from "../../../packages/raft/schedules/planted-bugs.ts";
import { type Bug, runSeeds } from "./bundle.ts";

/** Its vote before it is written is not among them: a follower's messages wait for the log, whatever raft says. */
const OF_RAFT = ["commit of an old term's entry", "read index without a quorum"];

const BUGS: readonly Bug[] = [
  ...PLANTED_BUGS.filter(({ name }) => OF_RAFT.includes(name)).map((bug) => ({
    ...bug,
    file: `packages/raft/src/${bug.file}`,
  })),
  {
    name: "vote before sync",
    file: "packages/server/src/persist/ready-loop.ts",
    find: "if (ready.entries.length === 0 && !ready.mustSync) finish();",
    replace: "if (ready.entries.length === 0) finish();",
  },
  {
    name: "a late answer confirms later reads",
    file: "packages/server/src/read/linearizable.ts",
    find: "if (id < asked.firstId || id > asked.lastId) return;",
    replace: "if (id > asked.lastId) return;",
  },
];

const words = process.argv.slice(2);
const environment = { COUNT: "1000", SEED: "1", ...process.env, CANARY: "0" };
for (const bug of BUGS) {
  if (!words.every((word) => bug.name.includes(word))) continue;
  console.log(`planted: ${bug.name}`);
  const isFound = (await runSeeds(environment, bug)) === 1;
  console.log(`${bug.name}: ${isFound ? "found" : "NOT FOUND"}`);
  if (!isFound) process.exitCode = 1;
}
