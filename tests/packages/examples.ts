/**
 * The examples and recipes, with the packed tarball, on every line of Node that is supported.
 *
 *     NODES=20,22 npm run prove -- examples [NAME...]
 *
 * An example says at its end what it prints; a recipe is a project with tests.
 */
import * as fs from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { ROOT } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { nodeOfLine } from "./nodes.ts";
import { install, pack, step } from "./steps.ts";

const EXAMPLES = join(ROOT, "examples");
const RECIPES = join(EXAMPLES, "recipes");
const NODES = (process.env["NODES"] ?? "20,22,24,26").split(",");

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  const wanted = (name: string): boolean => names.length === 0 || names.includes(name);
  const folder = temporaryDirectory("nodetcd-examples");
  try {
    const { nodetcd } = await pack(join(folder, "packed"));
    const nodes = await nodesAtHand();
    await examples(join(folder, "plain"), nodetcd!, nodes, wanted);
    for (const recipe of fs.readdirSync(RECIPES)) {
      if (wanted(recipe)) await tryRecipe(recipe, join(folder, recipe), nodetcd!, nodes);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Node binaries by major version. */
async function nodesAtHand(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const major of NODES) {
    const node = await nodeOfLine(major);
    if (node !== undefined) found.set(major, node);
  }
  return found;
}

async function examples(
  project: string,
  tarball: string,
  nodes: ReadonlyMap<string, string>,
  wanted: (name: string) => boolean,
): Promise<void> {
  const files = fs.readdirSync(EXAMPLES).filter((name) => name.endsWith(".mjs"));
  const some = files.filter((file) => wanted(basename(file, ".mjs")));
  if (some.length === 0 || !(await install(project, [tarball]))) return;
  for (const file of some) {
    const source = fs.readFileSync(join(EXAMPLES, file), "utf8");
    fs.writeFileSync(join(project, file), source);
    const expected = /^\/\/ Prints:\n((?:\/\/ .*\n?)+)$/m
      .exec(source)?.[1]
      ?.replaceAll(/^\/\/ /gm, "")
      .trim();
    await report(basename(file, ".mjs"), nodes, async (node) => {
      const printed = await step(node, [file], { cwd: project });
      if (printed !== expected) throw new Error(`printed\n${printed}\nand not\n${expected}`);
    });
  }
}

async function tryRecipe(
  name: string,
  project: string,
  tarball: string,
  nodes: ReadonlyMap<string, string>,
): Promise<void> {
  fs.cpSync(join(RECIPES, name), project, { recursive: true });
  const manifest = join(project, "package.json");
  const text = fs.readFileSync(manifest, "utf8");
  fs.writeFileSync(manifest, text.replace('"nodetcd": "*"', `"nodetcd": "file:${tarball}"`));
  if (!(await install(project, []))) return;
  await report(name, nodes, async (node) => {
    const env = { PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}` };
    await step("npm", ["test"], { cwd: project, env });
  });
}

async function report(
  name: string,
  nodes: ReadonlyMap<string, string>,
  work: (node: string) => Promise<void>,
): Promise<void> {
  for (const [major, node] of nodes) {
    try {
      await work(node);
    } catch (error) {
      process.exitCode = 1;
      console.log(
        `FAIL ${name}, Node ${major}: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
  }
  console.log(`ok   ${name}: Node ${[...nodes.keys()].join(", ")}`);
}

await main();
