import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Built by `npm run build:web`; the same place from `src/node` and from `dist/node`. */
const FOLDER: string = fileURLToPath(new URL("../../dist/web/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
};

export interface Asset {
  readonly body: Uint8Array;
  readonly type: string;
}

export function assetsAreBuilt(): boolean {
  return existsSync(join(FOLDER, "index.html"));
}

/** A built file by its path below the prefix; undefined when there is none. */
export function readAsset(path: string): Asset | undefined {
  const file = normalize(join(FOLDER, path));
  const type = TYPES[extname(file)];
  if (!file.startsWith(FOLDER) || file.endsWith(sep) || type === undefined) return undefined;
  try {
    return { body: readFileSync(file), type };
  } catch {
    return undefined;
  }
}

export interface Page {
  readonly html: string;
  /** Hashes of the inline scripts, as a Content-Security-Policy names them. */
  readonly scriptHashes: readonly string[];
}

/** The one page of the application, for a console below this prefix. */
export function readPage(prefix: string, nonce: string): Page {
  const html = readFileSync(join(FOLDER, "index.html"), "utf8")
    .replace("<head>", `<head>\n    <base href="${prefix}/" />`)
    .replace("__NONCE__", nonce);
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
  const scriptHashes = scripts.map(
    ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
  );
  return { html, scriptHashes };
}
