import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "..", "dist", "web");
const built = existsSync(join(FOLDER, "index.html"));
if (!built) console.warn("MISSING: the built pages (npm run build): their size is not measured");

/** Bytes of what a browser loads before it shows the first page, compressed. */
test.skipIf(!built)("first load: at most 180 KB gzip, and nothing from elsewhere", () => {
  const html = readFileSync(join(FOLDER, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(1);
  const files = [html, ...named.map((path) => readFileSync(join(FOLDER, path)))];
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  console.log(`first load: ${(bytes / 1_000).toFixed(1)} KB gzip in ${files.length} files`);
  expect(bytes).toBeLessThanOrEqual(180_000);
  const later = readdirSync(join(FOLDER, "assets"))
    .filter((file) => !named.includes(`assets/${file}`))
    .map((file) => ({ file, size: gzipSync(readFileSync(join(FOLDER, "assets", file))).length }))
    .toSorted((a, b) => b.size - a.size);
  const sizes = later.map(({ file, size }) => `${file} ${(size / 1_000).toFixed(1)}`);
  console.log(`when they are asked for, KB gzip: ${sizes.join(", ")}`);
  for (const file of readdirSync(join(FOLDER, "assets"))) {
    const text = readFileSync(join(FOLDER, "assets", file), "utf8");
    expect([file, /(?:import|fetch|src=|url)\(?["']https?:/.exec(text)?.[0]]).toEqual([
      file,
      undefined,
    ]);
  }
});
