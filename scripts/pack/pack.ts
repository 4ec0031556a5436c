// Packs the products as they are published: `npm run pack -- [FOLDER]` builds and writes a tarball each. Default: `packed`.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PRODUCTS } from "./products.ts";
import { stage } from "./stage.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const destination = resolve(process.argv[2] ?? "packed");
const staging = mkdtempSync(join(tmpdir(), "nodetcd-pack-"));
try {
  mkdirSync(destination, { recursive: true });
  for (const product of PRODUCTS) {
    const folder = join(staging, product.folder);
    await stage(root, product, folder);
    const args = ["pack", "--silent", "--pack-destination", destination];
    const { status } = spawnSync("npm", args, { cwd: folder, stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
} finally {
  rmSync(staging, { recursive: true, force: true });
}
