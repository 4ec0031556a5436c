/**
 * What the documents tell operators to do, done: every `sh` block of the pages below as it stands, in an empty folder
 * and a network of its own, so that the ports are those of the text. And the page for users of `etcd3`: each pair of
 * programs prints the same.
 *
 *     npm run prove -- documents [part of a heading...]
 *
 * Needs Linux with `unshare` and `ip`, and root or user namespaces; real etcd, etcdctl and kubectl for the sections that name them.
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { peer, ROOT, sayMissing } from "../peers.ts";
import { cleanEnvironment, run, temporaryDirectory } from "../processes.ts";
import { proveMigration } from "./migration.ts";
import { type Block, blocksOf } from "./blocks.ts";

const PAGES = ["docs/operate.md", "docs/migrate-from-etcd.md", "docs/jobs.md"];
const TIMEOUT_MS = 180_000;

/** What a block is run under. Whatever it has left running ends with it. */
const PRELUDE = `set -euo pipefail
ip link set lo up
trap 'for pid in $(jobs -p); do kill -9 $pid 2>/dev/null; done' EXIT
`;

/** A folder with the programs by their names, for PATH. */
function programFolder(): { readonly path: string; readonly names: ReadonlySet<string> } {
  const path = temporaryDirectory("programs");
  const names = new Set<string>();
  for (const name of ["nodetcd", "etcd", "etcdctl", "etcdutl"] as const) {
    const found = peer(name);
    if (found === undefined) continue;
    symlinkSync(found.path, join(path, name));
    names.add(name);
  }
  const kubectl = spawnSync("kubectl", ["version", "--client"]);
  if (kubectl.status === 0) names.add("kubectl");
  return { path, names };
}

/** The manifests of a page by the names that it gives them: `cronjob.yaml` is the one of a CronJob. */
function manifestsOf(page: string): Map<string, string> {
  const manifests = blocksOf(page, "yaml").map(({ text }) => {
    const kind = /^kind: (\w+)$/m.exec(text)?.[1] ?? "manifest";
    return [`${kind.toLowerCase()}.yaml`, text] as const;
  });
  return new Map(manifests);
}

/** Names of other programs than ours at the beginning of a command. */
function programsOf({ text }: Block): string[] {
  return [...text.matchAll(/(?:^|[;&|(] ?|until |do )(etcd|etcdctl|etcdutl|kubectl) /gm)].map(
    (m) => m[1]!,
  );
}

interface Outcome {
  readonly status: number | string;
  readonly output: string;
}

function runBlock(block: Block, path: string, files: Map<string, string>): Promise<Outcome> {
  const folder = temporaryDirectory("document");
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const script = join(folder, "..", `${folder.split("/").at(-1)}.sh`);
  writeFileSync(script, PRELUDE + block.text);
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const child = spawn("unshare", [...user, "--net", "--", "bash", script], {
    cwd: folder,
    env: cleanEnvironment({ PATH: `${path}${delimiter}${process.env["PATH"]}` }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), TIMEOUT_MS);
    child.on("error", (error) => (output += String(error)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
      rmSync(script, { force: true });
      resolve({ status: code ?? signal ?? -1, output });
    });
  });
}

async function proveCommands(wanted: readonly string[]): Promise<boolean> {
  const { path, names } = programFolder();
  let good = true;
  try {
    for (const page of PAGES) {
      const text = readFileSync(join(ROOT, page), "utf8");
      const blocks = blocksOf(text, "sh");
      const files = manifestsOf(text);
      for (const block of blocks) {
        const title = `${page}: ${block.heading}`;
        if (wanted.length > 0 && !wanted.some((part) => title.includes(part))) continue;
        const missing = programsOf(block).filter((name) => !names.has(name));
        if (missing.length > 0) {
          sayMissing(`${missing[0]}: "${title}" was left out`);
          continue;
        }
        const begun = performance.now();
        const { status, output } = await runBlock(block, path, files);
        const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
        console.log(`${status === 0 ? "ok  " : "FAIL"} ${title} (${seconds} s)`);
        if (status !== 0) console.log(`exit status ${status}\n${output}`);
        good &&= status === 0;
      }
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
  return good;
}

async function main(): Promise<void> {
  const nodetcd = peer("nodetcd");
  if (nodetcd === undefined) return;
  const wanted = process.argv.slice(2);
  const network = await run("unshare", ["--net", "--map-root-user", "--", "ip", "link"]);
  if (network.status !== 0) sayMissing("unshare and ip: the commands of the pages were not run");
  const commands = network.status !== 0 || (await proveCommands(wanted));
  const isMigrationWanted = wanted.length === 0 || wanted.some((part) => part.includes("etcd3"));
  const migration = !isMigrationWanted || (await proveMigration(nodetcd));
  process.exitCode = commands && migration ? 0 : 1;
}

await main();
