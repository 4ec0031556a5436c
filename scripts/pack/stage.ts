import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, copyProgram, ES_MODULES_ALONE } from "./bundle.ts";
import { copyDeclarations } from "./declarations.ts";
import { bundleName, type Manifest, productManifest } from "./manifest.ts";
import type { Product } from "./products.ts";

/**
 * Lays out a product as it is published: `package.json`, `README.md`, `LICENSE`, `dist`, and `lib` with the program. Everything
 * must have been built.
 *
 * @param root of the repository
 * @param to the folder that becomes the package; what is there is removed
 */
export async function stage(root: string, product: Product, to: string): Promise<void> {
  const { folder, entries, program } = product;
  const packages = join(root, "packages");
  rmSync(to, { recursive: true, force: true });
  mkdirSync(join(to, "dist", "cjs"), { recursive: true });
  const sources = Object.fromEntries(
    Object.values(entries).map((source) => [
      bundleName(source),
      join(packages, folder, "src", `${source}.ts`),
    ]),
  );
  const outside = await bundle(sources, join(to, "dist"), "esm");
  await bundle(sources, join(to, "dist", "cjs"), "cjs");
  for (const inside of ES_MODULES_ALONE.filter((name) => outside.has(name))) {
    const licence = join(root, "node_modules", inside, "LICENSE.md");
    copyFileSync(licence, join(to, "dist", "cjs", `LICENSE.${inside}.md`));
  }
  writeJson(join(to, "dist", "cjs", "package.json"), { type: "commonjs" });
  for (const source of Object.values(entries)) {
    for (const place of ["dist/types", "dist/cjs/types"]) {
      copyDeclarations(packages, folder, source, join(to, place));
    }
  }
  for (const [entry, source] of Object.entries(entries)) {
    if (entry !== ".") stageOldSubpath(to, folder, entry, source);
  }
  const needed = program === true ? "all" : outside;
  if (program === true) stageProgram(packages, join(to, "lib"));
  const manifest = manifestOf(packages, folder);
  const dependencies = dependenciesOf(packages, needed);
  writeJson(join(to, "package.json"), productManifest(product, manifest, dependencies));
  copyFileSync(join(root, "LICENSE"), join(to, "LICENSE"));
  copyFileSync(join(packages, folder, "README.md"), join(to, "README.md"));
}

/** Resolution that knows no `exports` (TypeScript's `node10`) finds a subpath by a folder of its name. */
function stageOldSubpath(to: string, folder: string, entry: string, source: string): void {
  mkdirSync(join(to, entry));
  writeJson(join(to, entry, "package.json"), {
    main: `../dist/cjs/${bundleName(source)}.js`,
    types: `../dist/cjs/types/${folder}/${source}.d.ts`,
  });
}

/** The program finds its version where it does in the repository: in the manifest of `cli`. */
function stageProgram(packages: string, lib: string): void {
  const folders = readdirSync(packages).filter((folder) => folder !== "simulator");
  copyProgram(packages, folders, lib);
  const { version, engines } = manifestOf(packages, "cli");
  writeJson(join(lib, "cli", "package.json"), { type: "module", version, engines });
}

/** Packages of others, with the versions that ours ask for. */
function dependenciesOf(
  packages: string,
  needed: ReadonlySet<string> | "all",
): Record<string, string> {
  const found = new Map<string, string>();
  for (const folder of readdirSync(packages)) {
    for (const [name, version] of Object.entries(manifestOf(packages, folder).dependencies ?? {})) {
      const isNeeded = needed === "all" || needed.has(name);
      if (isNeeded && !name.startsWith("@nodetcd/")) found.set(name, version);
    }
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function manifestOf(packages: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8")) as Manifest;
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
