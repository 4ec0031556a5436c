/** Each package in an empty project of its own: as an ES module, and by `require`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { install, step } from "./steps.ts";

/** A use of each, and what it prints. `NAME` is what the import is called. */
const USES: Readonly<
  Record<string, { readonly name: string; readonly use: string; readonly prints: string }>
> = {
  nodetcd: {
    name: "nodetcd",
    use: `NAME.startEtcd().then(async (etcd) => {
  await etcd.client.put("a", "1");
  const other = NAME.connect(etcd.endpoint);
  console.log((await other.get("a")).text());
  other.close();
  await etcd.stop();
});`,
    prints: "1",
  },
  "nodetcd-client": {
    name: "@nodetcd/client",
    use: `const client = new NAME.Client({ endpoints: "127.0.0.1:1", retry: { maxAttempts: 1 } });
client.get("a").catch((error) => console.log(error.code)).finally(() => client.close());`,
    prints: "UNAVAILABLE",
  },
  "nodetcd-bolt": {
    name: "@nodetcd/bolt",
    use: `const db = NAME.openDatabase("fruit.db");
db.update((tx) => tx.createBucketIfMissing(Buffer.from("b")).put(Buffer.from("k"), Buffer.from("v")));
console.log(db.view((tx) => tx.bucket(Buffer.from("b")).get(Buffer.from("k")).length));
db.close();`,
    prints: "1",
  },
  "nodetcd-raft": {
    name: "@nodetcd/raft",
    use: `const storage = new NAME.MemoryStorage();
const node = new NAME.RawNode({
  id: 1n, electionTick: 10, heartbeatTick: 1, storage, maxSizePerMessage: 1 << 20, maxInflightMessages: 512,
  preVote: true, checkQuorum: true, random: (bound) => Math.floor(Math.random() * bound),
});
node.bootstrap([{ id: 1n, context: new Uint8Array(0) }]);
console.log(NAME.RaftMessage.decode(NAME.RaftMessage.encode({ to: 7n })).to, node.hasReady());`,
    prints: "7n true",
  },
};

export async function proveAlone(
  tarballs: Readonly<Record<string, string>>,
  folder: string,
): Promise<string> {
  for (const [tarball, { name, use, prints }] of Object.entries(USES)) {
    const project = join(folder, tarball);
    if (!(await install(project, [tarballs[tarball]!]))) return "left out";
    checkShipped(join(project, "node_modules", name));
    writeFileSync(
      join(project, "use.mjs"),
      `import * as it from "${name}";\n${use.replaceAll("NAME", "it")}`,
    );
    writeFileSync(
      join(project, "use.cjs"),
      `const it = require("${name}");\n${use.replaceAll("NAME", "it")}`,
    );
    for (const file of ["use.mjs", "use.cjs"]) {
      const printed = await step(process.execPath, [file], { cwd: project });
      if (printed !== prints)
        throw new Error(`${name}, ${file}: printed ${printed}, not ${prints}`);
    }
  }
  const version = await step("npx", ["nodetcd", "--version"], { cwd: join(folder, "nodetcd") });
  if (!version.includes("nodetcd Version")) throw new Error(`npx nodetcd --version: ${version}`);
  await step("npx", ["nodetcd", "jobs", "--help"], { cwd: join(folder, "nodetcd") });
  return `${Object.keys(USES).length} packages, each alone, by import and require; npx nodetcd`;
}

/** Nothing points at files that are not there, and nobody has to look elsewhere for the licence. */
function checkShipped(folder: string): void {
  for (const file of ["LICENSE", "README.md", "package.json"]) {
    if (!existsSync(join(folder, file))) throw new Error(`${folder} has no ${file}`);
  }
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const text = readFileSync(join(folder, file), "utf8");
    if (/^\/\/# sourceMappingURL=/m.test(text)) throw new Error(`${file} points at a source map`);
    if (/(?:from|import\()\s*"@nodetcd\//.test(text))
      throw new Error(`${file} imports a package of ours`);
  }
}
