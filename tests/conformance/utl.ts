/**
 * etcdutl and `nodetcd utl` on copies of the same files, of real etcd's making and of nodetcd's: equal output, equal exit
 * codes, and data directories that say the same.
 *
 *     tsx tests/conformance/utl.ts [scenario...]
 *
 * A scenario (`utl/*.txt`) runs in a folder with `data` (a stopped member's), `snap.db` (its snapshot) and `other`
 * (no data); what one command leaves there the next one finds.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, peer, utlOf } from "../peers.ts";
import { run, startServer, temporaryDirectory } from "../processes.ts";
import { describe, type Difference } from "./compare.ts";
import { normalise } from "./normalise.ts";
import { type CommandStep, readScenario, type Scenario } from "./scenario.ts";
import type { Outcome } from "./side.ts";

const SCENARIOS = join(dirname(fileURLToPath(import.meta.url)), "utl");

/** What is done with a member before its files are looked at. */
const WRITES: readonly (readonly string[])[] = [
  ...Array.from({ length: 30 }, (_, i) => ["put", `key/${i % 12}`, `value ${i}`.repeat(i)]),
  ["del", "key/3"],
  ["lease", "grant", "5000"],
  ["compaction", "12"],
  ["put", "key/3", "again"],
  ["user", "add", "root:pw"],
  ["role", "add", "reader"],
];

/** A folder with a stopped member's `data`, and `snap.db` of it. */
async function makeFiles(server: Peer, etcdctl: Peer): Promise<string> {
  const folder = temporaryDirectory("utl");
  const member = await startServer(server, { dataDirectory: join(folder, "data") });
  const endpoints = `--endpoints=${member.endpoint}`;
  for (const args of [...WRITES, ["snapshot", "save", join(folder, "snap.db")]]) {
    const { status, stderr } = await run(etcdctl.path, [endpoints, ...args]);
    if (status !== 0) throw new Error(`etcdctl ${args.join(" ")}: ${stderr}`);
  }
  await member.stop();
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "text.db"), "this is no database\n".repeat(1_000));
  return folder;
}

async function runIn(folder: string, tool: Peer, { args, stdin }: CommandStep): Promise<Outcome> {
  const words = [...(tool.args ?? []), ...args];
  const { status, stdout, stderr } = await run(tool.path, words, { cwd: folder, stdin });
  // A file that was rewritten is as large as its writer makes it.
  const sized = (text: string): string =>
    args.some((each) => each.endsWith("/member/snap/db"))
      ? text.replace(/"totalSize":\d+/, '"totalSize":0')
      : text;
  const shown = (text: string): string =>
    normalise(sized(text).replaceAll("nodetcd utl", "etcdutl"), args, new Map([[folder, "<DIR>"]]));
  return { status, stdout: shown(stdout.toString()), stderr: shown(errorOf(stderr)) };
}

/**
 * The error alone. Before it etcdutl logs what its libraries do, where we say in a line what was done; and it says an error of the
 * command line before and after its usage, which lists fewer commands than ours.
 */
function errorOf(text: string): string {
  return text.split("\n").find((line) => line.startsWith("Error: ")) ?? "";
}

interface Result {
  commands: number;
  readonly differences: Difference[];
}

async function compare(scenario: Scenario, files: string, tools: readonly Peer[]): Promise<Result> {
  const result: Result = { commands: 0, differences: [] };
  const folders = tools.map(() => temporaryDirectory("utl-side"));
  for (const folder of folders) cpSync(files, folder, { recursive: true });
  try {
    for (const step of scenario.steps) {
      if (step.kind !== "command") throw new Error(`${step.at}: only commands are compared here`);
      const [reference, subject] = await Promise.all(
        tools.map((tool, side) => runIn(folders[side]!, tool, step)),
      );
      // etcdutl crashes at some files.
      if (reference!.status === 2) continue;
      result.commands += 1;
      if (JSON.stringify(reference) === JSON.stringify(subject)) continue;
      result.differences.push({
        at: step.at,
        args: step.args,
        reference: reference!,
        subject: subject!,
      });
    }
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

async function main(): Promise<void> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  const [etcdctl, etcdutl] = [peer("etcdctl"), peer("etcdutl")];
  if (!etcd || !nodetcd || !etcdctl || !etcdutl) {
    console.log("0 passed, 0 failed: nothing was compared");
    return;
  }
  const wanted = process.argv.slice(2);
  const scenarios = readdirSync(SCENARIOS)
    .toSorted()
    .map((file) => readScenario(join(SCENARIOS, file)))
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  let [passed, failed] = [0, 0];
  for (const server of [etcd, nodetcd]) {
    const files = await makeFiles(server, etcdctl);
    console.log(`files of ${server.name} ${server.version}: - etcdutl, + nodetcd utl`);
    for (const scenario of scenarios) {
      const result = await compare(scenario, files, [etcdutl, utlOf(nodetcd)]);
      const { commands, differences } = result;
      passed += commands - differences.length;
      failed += differences.length;
      const mark = differences.length === 0 ? "ok  " : "FAIL";
      console.log(`  ${mark} ${scenario.name}: ${commands} commands, ${differences.length} differ`);
      for (const difference of differences) console.log(`  ${describe(difference)}`);
    }
    rmSync(files, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
