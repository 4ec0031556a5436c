import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Format } from "esbuild";

/** Packages of others that are ES modules alone: jest's `require` cannot load them, so CommonJS has them inside. */
export const ES_MODULES_ALONE: readonly string[] = ["jose"];

/** Bundles sources with all of ours that they need; packages of others stay outside. Answers which those are. */
export async function bundle(
  entries: Readonly<Record<string, string>>,
  outdir: string,
  format: Format,
): Promise<Set<string>> {
  const outside = new Set<string>();
  await build({
    entryPoints: { ...entries },
    outdir,
    bundle: true,
    splitting: format === "esm",
    chunkNames: "chunk-[hash]",
    format,
    platform: "node",
    target: "node20.19",
    conditions: ["@nodetcd/source"],
    logLevel: "warning",
    plugins: [
      {
        name: "outside",
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
            if (kind === "entry-point" || path.startsWith("@nodetcd/")) return undefined;
            if (format === "cjs" && ES_MODULES_ALONE.includes(path)) return undefined;
            if (!path.startsWith("node:")) outside.add(path);
            return { path, external: true };
          });
        },
      },
    ],
  });
  return outside;
}

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|^import\s+)"@nodetcd\/([^/"]+)(?:\/([^"]+))?"/gm;

/**
 * Copies what the program is made of, each package to `<to>/<package>/dist`, without maps and declarations; imports of ours
 * become relative ones.
 */
export function copyProgram(packages: string, folders: readonly string[], to: string): void {
  const isShipped = (path: string): boolean => !/\.(map|d\.ts|tsbuildinfo)$/.test(path);
  for (const folder of folders) {
    const dist = join(to, folder, "dist");
    cpSync(join(packages, folder, "dist"), dist, { recursive: true, filter: isShipped });
    for (const entry of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
      if (!entry.endsWith(".js") || entry.startsWith("web")) continue;
      const file = join(dist, entry);
      const text = readFileSync(file, "utf8");
      const rewritten = text
        .replace(/^\/\/# sourceMappingURL=.*$/m, "")
        .replace(SPECIFIER, (_, before: string, target: string, sub: string | undefined) => {
          const path = relative(join(file, ".."), join(to, target, mainOf(packages, target, sub)));
          return `${before}"${path}"`;
        });
      if (rewritten !== text) writeFileSync(file, rewritten);
    }
  }
}

/** `dist/client.js`: what a package's export is. */
function mainOf(packages: string, folder: string, sub: string | undefined): string {
  const manifest = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  return manifest.exports[sub === undefined ? "." : `./${sub}`]!.default;
}
