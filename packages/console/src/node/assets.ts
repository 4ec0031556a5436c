import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

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
  /** The same, compressed. */
  readonly gzip: Uint8Array;
  readonly type: string;
}

/** Files by their paths: their names change with what they hold, and there are only so many. */
const known = new Map<string, Asset>();

export function assetsAreBuilt(): boolean {
  return existsSync(join(FOLDER, "index.html"));
}

/** A built file by its path below the prefix; undefined when there is none. */
export function readAsset(path: string): Asset | undefined {
  const file = normalize(join(FOLDER, path));
  const type = TYPES[extname(file)];
  if (!file.startsWith(FOLDER) || file.endsWith(sep) || type === undefined) return undefined;
  const before = known.get(file);
  if (before !== undefined) return before;
  try {
    const body = readFileSync(file);
    const asset = { body, gzip: gzipSync(body, { level: 9 }), type };
    known.set(file, asset);
    return asset;
  } catch {
    return undefined;
  }
}

interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

/** The build's own list of its files. */
function readManifest(): Readonly<Record<string, ManifestEntry>> {
  try {
    return JSON.parse(readFileSync(join(FOLDER, ".vite", "manifest.json"), "utf8")) as never;
  } catch {
    return {};
  }
}

/** Files that the page at this path needs besides those that every page has, so that they come at once. */
function filesOf(path: string): string[] {
  const manifest = readManifest();
  const page = /^\/(\w*)/.exec(path)?.[1] || "cluster";
  const name = Object.keys(manifest).find((key) => key.endsWith(`/${page}-page.tsx`));
  const files = new Set<string>();
  const add = (key: string): void => {
    const entry = manifest[key];
    if (entry === undefined || entry.isEntry === true || files.has(entry.file)) return;
    files.add(entry.file);
    for (const more of entry.imports ?? []) add(more);
  };
  if (name !== undefined) add(name);
  return [...files];
}

export interface Page {
  readonly html: string;
  /** Hashes of the inline scripts, as a Content-Security-Policy names them. */
  readonly scriptHashes: readonly string[];
}

/** What the page at this path asks for first, in the very words of its `get`. */
function callsOf({ path, mayRead, isPast }: PageRequest): string[] {
  const isTree = /^\/keys\b/.test(path) && mayRead && !isPast;
  return isTree ? ["session", "keys/children?prefix=&amp;delimiter=%2F"] : ["session"];
}

export interface PageRequest {
  /** Below the prefix. */
  readonly path: string;
  readonly mayRead: boolean;
  /** It shows a revision of the past. */
  readonly isPast: boolean;
}

/** The one page of the application, for a console below this prefix. */
export function readPage(prefix: string, nonce: string, request: PageRequest): Page {
  const ahead = [
    `<base href="${prefix}/" />`,
    ...callsOf(request).map(
      (call) => `<link rel="preload" href="api/${call}" as="fetch" crossorigin="anonymous" />`,
    ),
    ...filesOf(request.path).map((file) => `<link rel="modulepreload" href="${file}" />`),
  ];
  const html = readFileSync(join(FOLDER, "index.html"), "utf8")
    .replace("<head>", `<head>\n    ${ahead.join("\n    ")}`)
    .replace("__NONCE__", nonce);
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
  const scriptHashes = scripts.map(
    ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
  );
  return { html, scriptHashes };
}
