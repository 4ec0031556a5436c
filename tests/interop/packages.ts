/** The packages as npm would publish them, installed into a project of somebody else's. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, sayMissing } from "../peers.ts";
import { run, type RunOptions, temporaryDirectory } from "../processes.ts";

const ES_MODULE = `
import { openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";
import { compare, connect, type Etcd, op, startEtcd } from "nodetcd";

const etcd: Etcd = await startEtcd();
const client = connect([etcd.endpoint]);
const { succeeded } = await client.txn().if(compare.version("a", "=", 0)).then(op.put("a", "1")).commit();
const value: string | undefined = (await etcd.client.get("a"))?.text();
client.close();
await etcd.stop();

const db = openDatabase(nodeDisk, "library.db");
db.update((tx) => tx.createBucketIfMissing(Buffer.from("b")).put(Buffer.from("k"), Buffer.from("v")));
const length = db.view((tx) => tx.bucket(Buffer.from("b"))?.get(Buffer.from("k"))?.length);
db.close();
console.log(succeeded, value, length);
`;

const COMMON_JS = `
const { startEtcd } = require("nodetcd");
startEtcd().then(async (etcd) => {
  await etcd.client.put("a", "1");
  console.log((await etcd.client.get("a")).text());
  await etcd.stop();
});
`;

/** As strict as a project may ask for; what the packages declare is checked as well. */
const COMPILER_OPTIONS = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "esnext.disposable"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

/** Everything that is published: what only tests use is not. */
function published(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tgz") && !name.includes("simulator"))
    .map((name) => join(folder, name));
}

export async function provePackages(): Promise<string> {
  const directory = temporaryDirectory("nodetcd-packages");
  const step = async (path: string, args: string[], options: RunOptions = {}): Promise<string> => {
    const done = await run(path, args, { cwd: directory, timeoutMs: 120_000, ...options });
    const output = done.stdout.toString().trim();
    if (done.status === 0) return output;
    throw new Error(`${path} ${args.join(" ")}: ${done.status}, ${output} ${done.stderr}`);
  };
  try {
    const tarballs = join(directory, "tarballs");
    mkdirSync(tarballs);
    await step("npm", ["pack", "--workspaces", "--pack-destination", tarballs], { cwd: ROOT });
    writeFileSync(join(directory, "package.json"), '{ "private": true, "type": "module" }');
    const npm = ["install", "--no-audit", "--no-fund", "--prefer-offline", ...published(tarballs)];
    const installed = await run("npm", npm, { cwd: directory, timeoutMs: 120_000 });
    if (installed.status !== 0) {
      sayMissing(`dependencies from npm (${installed.stderr.trim().split("\n").at(-1)})`);
      return "left out";
    }
    const ours = readdirSync(join(directory, "node_modules", "@nodetcd"));
    for (const name of ["nodetcd", ...ours.map((each) => join("@nodetcd", each))]) {
      if (existsSync(join(directory, "node_modules", name, "LICENSE"))) continue;
      throw new Error(`the package ${name} comes without its licence`);
    }
    mkdirSync(join(directory, "node_modules", "@types"));
    const types = join("node_modules", "@types", "node");
    symlinkSync(join(ROOT, types), join(directory, types));

    writeFileSync(join(directory, "module.ts"), ES_MODULE);
    writeFileSync(join(directory, "common.cjs"), COMMON_JS);
    const config = { compilerOptions: COMPILER_OPTIONS, files: ["module.ts"] };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    await step(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc")]);
    const answers = [
      await step(process.execPath, ["module.js"]),
      await step(process.execPath, ["common.cjs"]),
      /^nodetcd Version/m.exec(await step("npx", ["nodetcd", "--version"]))?.[0],
    ];
    if (answers.join() !== "true 1 1,1,nodetcd Version") {
      throw new Error(`unexpected answers: ${answers.join(", ")}`);
    }
    return "ES module with strict types, CommonJS and npx nodetcd work as installed";
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
