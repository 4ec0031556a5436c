import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The places of a specifier in declarations: `from "x"`, `import("x")`, `import "x"`. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|^import\s+)"([^"]+)"/gm;

/** `client` and `.` for `@nodetcd/client`; undefined for packages of others. */
function oursOf(specifier: string): { folder: string; entry: string } | undefined {
  const [, folder, entry] = /^@nodetcd\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (folder === undefined) return undefined;
  return { folder, entry: entry === undefined ? "." : `./${entry}` };
}

/**
 * Copies the declarations of an entry and all that they stand on, in other packages of ours as well: `types/client/client.d.ts`,
 * `types/runtime/tls.d.ts`. Specifiers become relative ones that end in `.js`, which every kind of resolution understands.
 *
 * @param packages the folder with all packages, built
 * @param to gets `<package>/<file>.d.ts`
 */
export function copyDeclarations(
  packages: string,
  folder: string,
  entry: string,
  to: string,
): void {
  const done = new Set<string>();
  copy(join(folder, "dist", `${entry}.d.ts`));

  function copy(file: string): void {
    if (done.has(file)) return;
    done.add(file);
    const text = readFileSync(join(packages, file), "utf8");
    const rewritten = text
      .replace(/^\/\/# sourceMappingURL=.*$/m, "")
      .replace(SPECIFIER, (_, before: string, specifier: string) => {
        const target = targetOf(packages, file, specifier);
        if (target === undefined) return `${before}"${specifier}"`;
        copy(target);
        const path = relative(dirname(placeOf(file)), placeOf(target)).replace(/\.d\.ts$/, ".js");
        return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
      });
    const place = join(to, placeOf(file));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, rewritten);
  }
}

/** `client/dist/auth.d.ts` lies at `client/auth.d.ts`. */
function placeOf(file: string): string {
  return file.replace("/dist/", "/");
}

/** The declarations that a specifier in `file` means; undefined for those of others. */
function targetOf(packages: string, file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    return join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts"));
  }
  const ours = oursOf(specifier);
  if (ours === undefined) return undefined;
  const manifest = JSON.parse(
    readFileSync(join(packages, ours.folder, "package.json"), "utf8"),
  ) as {
    exports: Record<string, { types: string }>;
  };
  return join(ours.folder, manifest.exports[ours.entry]!.types);
}
