import { HOME, type Product } from "./products.ts";

/** What is taken over from the manifest in the repository. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The manifest of a product: ES modules in `dist`, CommonJS in `dist/cjs`, declarations for each beside it. */
export function productManifest(
  { folder, entries, keywords, program }: Product,
  { name, version, description, license, engines }: Manifest,
  dependencies: Readonly<Record<string, string>>,
): object {
  const exported = Object.entries(entries).map(([entry, source]) => {
    const types = `types/${folder}/${source}.d.ts`;
    const [esm, cjs] = ["./dist", "./dist/cjs"].map((place) => ({
      types: `${place}/${types}`,
      default: `${place}/${bundleName(source)}.js`,
    }));
    return [entry, { import: esm, require: cjs }];
  });
  const main = Object.values(entries)[0]!;
  return {
    name,
    version,
    description,
    keywords,
    license,
    homepage: `${HOME}#readme`,
    bugs: `${HOME}/issues`,
    repository: { type: "git", url: `git+${HOME}.git`, directory: `packages/${folder}` },
    type: "module",
    sideEffects: false,
    engines,
    main: `./dist/cjs/${bundleName(main)}.js`,
    types: `./dist/cjs/types/${folder}/${main}.d.ts`,
    exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" },
    ...(program === true ? { bin: { nodetcd: "lib/nodetcd/dist/main.js" } } : {}),
    files: [
      "dist",
      ...(program === true ? ["lib"] : []),
      ...Object.keys(entries)
        .filter((entry) => entry !== ".")
        .map((entry) => entry.slice(2)),
    ],
    ...(Object.keys(dependencies).length > 0 ? { dependencies } : {}),
  };
}

/** `inspect/inspect` is bundled as `inspect`. */
export function bundleName(source: string): string {
  return source.slice(source.lastIndexOf("/") + 1);
}
