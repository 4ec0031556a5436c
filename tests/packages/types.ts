/** What the packages declare, as strict projects see it: every kind of resolution, ES modules and CommonJS, old and new TypeScript. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../peers.ts";
import { install, step, tools } from "./steps.ts";

/** The oldest that the declarations are tried with, from its own folder; README.md of `nodetcd` names it. */
export const LEAST_TYPESCRIPT = "5.9";

const IMPORTS = `import { compare, connect, type Etcd, op, startEtcd } from "nodetcd";
import { Client } from "@nodetcd/client";
import { openDatabase } from "@nodetcd/bolt";
import { openRawFile } from "@nodetcd/bolt/inspect";
import { RawNode } from "@nodetcd/raft";
`;
const USE = `
async function use(): Promise<string | undefined> {
  const etcd: Etcd = await startEtcd();
  const client = connect([etcd.endpoint]);
  await client.txn().if(compare.version("a", "=", 0)).then(op.put("a", "1")).commit();
  const config = await etcd.client.json<{ port: number }>("config").get();
  const port: number | undefined = config?.port;
  const text: string | undefined = (await new Client().get("a"))?.text();
  // @ts-expect-error: there is no such option
  await client.get("a", { nonsense: true });
  openDatabase("x.db").close();
  void [port, openRawFile, RawNode];
  return text;
}
void use;
`;

/** Kinds of projects: name, `module` and `moduleResolution`, and the file, which says what it is compiled to. */
const PROJECTS = [
  { module: "nodenext", moduleResolution: "nodenext", file: "use.mts" },
  { module: "nodenext", moduleResolution: "nodenext", file: "use.cts" },
  { module: "node16", moduleResolution: "node16", file: "use.mts" },
  { module: "node16", moduleResolution: "node16", file: "use.cts" },
  { module: "esnext", moduleResolution: "bundler", file: "use.mts" },
] as const;

export async function proveTypes(
  tarballs: Readonly<Record<string, string>>,
  folder: string,
): Promise<string> {
  if (!(await install(folder, Object.values(tarballs)))) return "left out";
  mkdirSync(join(folder, "node_modules", "@types"));
  const types = join("node_modules", "@types", "node");
  symlinkSync(join(ROOT, types), join(folder, types));
  for (const file of ["use.mts", "use.cts"]) writeFileSync(join(folder, file), IMPORTS + USE);
  const least = await tools(`typescript@${LEAST_TYPESCRIPT}`);
  const compilers = [join(ROOT, "node_modules"), ...(least === undefined ? [] : [least])];
  for (const compiler of compilers) {
    const tsc = join(compiler, "typescript", "bin", "tsc");
    for (const { file, ...resolution } of PROJECTS) {
      const compilerOptions = {
        ...resolution,
        target: "es2023",
        lib: ["es2023", "esnext.disposable"],
        types: ["node"],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
      };
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ compilerOptions, files: [file] }),
      );
      await step(process.execPath, [tsc], { cwd: folder });
    }
  }
  return `${PROJECTS.length} kinds of projects, ${compilers.length} compilers, the oldest TypeScript ${LEAST_TYPESCRIPT}`;
}
