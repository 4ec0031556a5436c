// Bundles the program from its source into packages/cli/dist: program.cjs, which finds the command, and a file for each
// command beside it. Packages of others stay outside and are dependencies of packages/cli. What scripts start again and
// again, `nodetcd ctl`, is made to start soon: CommonJS, and the code that V8 compiled (packages/cli/src/load-bundle.ts).
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const cli = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", "cli");
const source = join(cli, "src");
const dist = join(cli, "dist");

/** Commands that start workers or serve files from their own package: they run unbundled. */
const UNBUNDLED = /^\.\/commands\/(jobs|console)\.ts$/;
/** What `--console` starts beside a member: unbundled for the same reason. */
const BESIDE = /^\.\.\/console\/beside\.ts$/;
const SOON = /^\.\/ctl\/ctl\.ts$/;

/** Files of the other commands, by the names of their bundles. */
const commands = {};

const outside = {
  name: "outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path.startsWith("@nodetcd/") ? undefined : { path, external: true },
    );
  },
};

/** What `commands.ts` loads stays outside of the file that finds the command. */
const apart = {
  name: "apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\// }, ({ path, kind, importer }) => {
      if (kind !== "dynamic-import" || basename(importer) !== "commands.ts") return undefined;
      if (UNBUNDLED.test(path)) return { path: path.replace(/\.ts$/, ".js"), external: true };
      if (SOON.test(path)) return { path: "ctl", namespace: "soon" };
      const name = `program-${basename(path, ".ts")}`;
      commands[name] = join(source, path);
      return { path: `./${name}.js`, external: true };
    });
    onLoad({ filter: /.*/, namespace: "soon" }, ({ path }) => ({
      contents: `import { join } from "node:path";
import { loadBundle } from "./load-bundle.ts";
export const { ${path} } = loadBundle(join(__dirname, "program-${path}.cjs"));`,
      resolveDir: source,
    }));
  },
};

const beside = {
  name: "beside",
  setup({ onResolve }) {
    onResolve({ filter: BESIDE }, () => ({ path: "./console/beside.js", external: true }));
  },
};

const common = {
  bundle: true,
  outdir: dist,
  platform: "node",
  target: "node20.19",
  conditions: ["@nodetcd/source"],
  logLevel: "warning",
};
const commonJs = {
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { "import.meta.url": "bundleUrl" },
};

for (const file of readdirSync(dist)) {
  if (file.startsWith("program")) rmSync(join(dist, file), { force: true });
}
await build({
  ...commonJs,
  entryPoints: { program: join(source, "main.ts") },
  plugins: [apart, outside],
});
await build({
  ...commonJs,
  entryPoints: { "program-ctl": join(source, "ctl", "ctl.ts") },
  supported: { "dynamic-import": false },
  plugins: [outside],
});
await build({
  ...common,
  format: "esm",
  entryPoints: commands,
  chunkNames: "program-[name]-[hash]",
  splitting: true,
  plugins: [beside, outside],
});

/** What scripts do most, as far as it goes without a server: what it compiles is kept. */
const TYPICAL = ["get", "key", "--endpoints=127.0.0.1:1", "--command-timeout=200ms"];
spawnSync(process.execPath, [join(dist, "program.cjs"), "ctl", ...TYPICAL], {
  env: { NODETCD_WRITE_CODE: "1" },
});
