/** What the proofs of the packages have in common: folders, commands, tools that are fetched when they are needed. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, sayMissing } from "../peers.ts";
import { run, type RunOptions } from "../processes.ts";

/** Where programs of other projects are kept from run to run. */
const TOOLS = join(tmpdir(), "nodetcd-tools");

/** Runs a command that must succeed, and gives what it printed. */
export async function step(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const done = await run(path, args, { timeoutMs: 180_000, ...options });
  const output = done.stdout.toString().trim();
  if (done.status === 0) return output;
  throw new Error(`${path} ${args.join(" ")}: ${done.status}\n${output}\n${done.stderr}`);
}

/** Packs all products into a folder; answers their tarballs by name: `nodetcd`, `nodetcd-client`. */
export async function pack(folder: string): Promise<Record<string, string>> {
  const script = join(ROOT, "scripts", "pack", "pack.ts");
  await step(process.execPath, ["--import", "tsx", script, folder], { cwd: ROOT });
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  return Object.fromEntries(
    tarballs.map((name) => [name.replace(/-\d.*$/, ""), join(folder, name)]),
  );
}

/** An empty project with these packages in it. False: they could not be had, which is said aloud. */
export async function install(
  folder: string,
  packages: readonly string[],
  npmArgs: readonly string[] = [],
): Promise<boolean> {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true, "type": "module" }');
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", ...npmArgs, ...packages];
  const done = await run("npm", args, { cwd: folder, timeoutMs: 240_000 });
  if (done.status === 0) return true;
  sayMissing(`${packages.join(" ")} from npm (${done.stderr.trim().split("\n").at(-1)})`);
  return false;
}

/** Programs of other projects, installed once for all runs on this machine; undefined where they cannot be had. */
export async function tools(...packages: readonly string[]): Promise<string | undefined> {
  // Registries that mirror npm's may not know its tag `cjs`, which verdaccio asks for.
  const manifest = { private: true, overrides: { "node-fetch": "^2.7.0" } };
  const file = join(TOOLS, "package.json");
  mkdirSync(TOOLS, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(manifest));
  const isThere = packages.every((name) =>
    existsSync(join(TOOLS, "node_modules", name.replace(/(.)@.*$/, "$1"))),
  );
  if (isThere || (await install(TOOLS, packages))) return join(TOOLS, "node_modules");
  return undefined;
}
