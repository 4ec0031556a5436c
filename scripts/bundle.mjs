// Bundles the program from its source into packages/cli/dist: program.js, and files beside it for what is loaded when
// it is called. Packages of others stay outside and are dependencies of packages/cli.
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const cli = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", "cli");
const dist = join(cli, "dist");

/** Commands that start workers or serve files from their own package: they run unbundled. */
const UNBUNDLED = /^\.\/commands\/(jobs|console)\.ts$/;

const outside = {
  name: "outside",
  setup({ onResolve }) {
    onResolve({ filter: UNBUNDLED }, ({ path }) => ({
      path: path.replace(/\.ts$/, ".js"),
      external: true,
    }));
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path.startsWith("@nodetcd/") ? undefined : { path, external: true },
    );
  },
};

for (const file of readdirSync(dist)) {
  if (file.startsWith("program")) rmSync(join(dist, file), { force: true });
}
await build({
  entryPoints: { program: join(cli, "src", "main.ts") },
  outdir: dist,
  entryNames: "[name]",
  chunkNames: "program-[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  conditions: ["@nodetcd/source"],
  plugins: [outside],
  logLevel: "warning",
});
