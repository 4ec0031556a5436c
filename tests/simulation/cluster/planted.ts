/**
 * How many seeds the simulated clusters need for each bug of Raft that is planted in a copy of this tree:
 *
 *     SEED=1 COUNT=1000 npm run prove -- cluster-planted [words of a name]
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PLANTED_BUGS, type PlantedBug } from "../../../packages/raft/schedules/planted-bugs.ts";
import { ROOT } from "../../peers.ts";
import { temporaryDirectory } from "../../processes.ts";

const OF_RAFT = [
  "commit of an old term's entry",
  "vote not persisted before it is sent",
  "read index without a quorum",
];

/** Files are those of a package's sources. */
const BUGS: readonly (PlantedBug & { readonly package: string })[] = [
  ...PLANTED_BUGS.filter(({ name }) => OF_RAFT.includes(name)).map((bug) => ({
    ...bug,
    package: "raft",
  })),
  {
    name: "a late answer confirms later reads",
    package: "server",
    file: "read/linearizable.ts",
    find: "if (id < asked.firstId || id > asked.lastId) return;",
    replace: "if (id > asked.lastId) return;",
  },
];

/** The sources, with the installed packages of others beside them. */
function copyTree(): string {
  const tree = temporaryDirectory("nodetcd-planted");
  const isSource = (path: string): boolean => !/\/(dist|node_modules)(\/|$)/.test(path);
  for (const name of ["packages", "tests"]) {
    cpSync(join(ROOT, name), join(tree, name), { recursive: true, filter: isSource });
  }
  for (const name of ["package.json", "tsconfig.base.json", "tsconfig.json"]) {
    cpSync(join(ROOT, name), join(tree, name));
  }
  const [from, to] = [join(ROOT, "node_modules"), join(tree, "node_modules")];
  mkdirSync(join(to, "@nodetcd"), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== "@nodetcd") symlinkSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(join(from, "@nodetcd"))) {
    symlinkSync(join(tree, "packages", name), join(to, "@nodetcd", name));
  }
  return tree;
}

/** Whether the simulated clusters of the tree find the bug, which is taken out again. */
function find(tree: string, bug: (typeof BUGS)[number]): boolean {
  const { name, file, find: text, replace } = bug;
  const path = join(tree, "packages", bug.package, "src", file);
  const sound = readFileSync(path, "utf8");
  if (sound.split(text).length !== 2) throw new Error(`Cannot plant "${name}" in ${file}`);
  writeFileSync(
    path,
    sound.replace(text, () => replace),
  );
  const args = [
    "--conditions=@nodetcd/source",
    "--import",
    "tsx",
    "tests/simulation/cluster/run.ts",
  ];
  const env = { COUNT: "1000", SEED: "1", ...process.env, CANARY: "0" };
  console.log(`planted: ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: tree, env, stdio: "inherit" });
  writeFileSync(path, sound);
  const isFound = status === 1;
  console.log(`${name}: ${isFound ? "found" : "NOT FOUND"}`);
  return isFound;
}

function main(): void {
  const words = process.argv.slice(2);
  const tree = copyTree();
  try {
    for (const bug of BUGS) {
      if (!words.every((word) => bug.name.includes(word))) continue;
      if (!find(tree, bug)) process.exitCode = 1;
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

main();
