/** The simulation in one file, which starts at once and runs a third faster; with bugs planted, if wanted. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { ROOT } from "../../peers.ts";

/** A change of one place in the sources that makes them wrong. */
export interface Bug {
  readonly name: string;
  /** From the root of the tree. */
  readonly file: string;
  /** Text that stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Packages of others stay outside. */
const outside: Plugin = {
  name: "outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path.startsWith("@nodetcd/") ? undefined : { path, external: true },
    );
  },
};

/** The bundle has the bug; no file of the sources is changed. */
function planting({ name, file, find, replace }: Bug): Plugin {
  return {
    name: "planting",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path !== join(ROOT, file)) return undefined;
        const sound = readFileSync(path, "utf8");
        if (sound.split(find).length !== 2) throw new Error(`Cannot plant "${name}" in ${file}`);
        return { contents: sound.replace(find, () => replace), loader: "ts" };
      });
    },
  };
}

/** Runs `seeds.ts` with this environment; returns its exit status. */
export async function runSeeds(
  environment: Readonly<Record<string, string | undefined>>,
  bug?: Bug,
): Promise<number> {
  const outfile = join(ROOT, "node_modules", `.nodetcd-simulation-${process.pid}.mjs`);
  await build({
    entryPoints: [join(ROOT, "tests/simulation/cluster/seeds.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@nodetcd/source"],
    plugins: bug === undefined ? [outside] : [outside, planting(bug)],
    logLevel: "error",
  });
  const child = spawn(process.execPath, [outfile], { env: environment, stdio: "inherit" });
  const end = (): void => void child.kill();
  process.once("exit", end);
  try {
    return await new Promise((resolve) => void child.once("exit", (code) => resolve(code ?? 1)));
  } finally {
    process.removeListener("exit", end);
    rmSync(outfile, { force: true });
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
