/** The page for users of the npm package `etcd3`: its pairs of programs, each on a server, print the same. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, ROOT, sayMissing } from "../peers.ts";
import { run, startServer, temporaryDirectory } from "../processes.ts";
import { type Block, blocksOf } from "./blocks.ts";

const PAGE = "docs/migrate-from-etcd3.md";
const VERSION = "etcd3@1.1.2";

/** One program of all blocks, each in a scope of its own behind the first. */
function programOf([setUp, ...steps]: readonly Block[]): string {
  const scopes = steps.map(({ text }, i) => `console.log("-- ${i}");\n{\n${text}}\n`);
  return `${setUp!.text}${scopes.join("")}client.close();\n`;
}

export async function proveMigration(server: Peer): Promise<boolean> {
  const page = readFileSync(join(ROOT, PAGE), "utf8");
  const sides = ["etcd3", "nodetcd"].map((name) => ({
    name,
    blocks: blocksOf(page, `ts ${name}`),
  }));
  const [one, other] = sides.map(({ blocks }) => blocks.map(({ heading }) => heading).join("\n"));
  if (one !== other) throw new Error(`${PAGE}: not every block has its counterpart`);
  const folder = temporaryDirectory("migration");
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", VERSION];
    const installed = await run("npm", npm, { cwd: folder, timeoutMs: 120_000 });
    if (installed.status !== 0) {
      sayMissing(`etcd3 from npm: ${PAGE} was left out`);
      return true;
    }
    for (const name of ["nodetcd", "@nodetcd"]) {
      mkdirSync(join(folder, "node_modules"), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    }
    const outputs: string[] = [];
    for (const { name, blocks } of sides) {
      const file = join(folder, `${name}.ts`);
      writeFileSync(file, programOf(blocks));
      const member = await startServer(server);
      const args = ["--conditions=@nodetcd/source", "--import", import.meta.resolve("tsx"), file];
      const env = { ENDPOINT: member.url };
      const done = await run(process.execPath, args, { cwd: folder, env, timeoutMs: 60_000 });
      await member.stop();
      outputs.push(done.stdout.toString());
      if (done.status !== 0) {
        console.log(
          `FAIL ${PAGE}: ${name} ended with ${done.status}:\n${done.stdout.toString()}${done.stderr}`,
        );
        return false;
      }
    }
    const isSame = outputs[0] === outputs[1];
    console.log(
      `${isSame ? "ok  " : "FAIL"} ${PAGE}: ${sides[0]!.blocks.length} pairs print the same`,
    );
    if (!isSame) console.log(`etcd3:\n${outputs[0]}\nnodetcd:\n${outputs[1]}`);
    return isSame;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
