/**
 * The packages as npm has them, in projects of somebody else's.
 *
 *     npm run prove -- packages [alone types lint registry]
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../processes.ts";
import { proveAlone } from "./alone.ts";
import { proveLint } from "./lint.ts";
import { proveRegistry } from "./registry.ts";
import { pack } from "./steps.ts";
import { proveTypes } from "./types.ts";

type Prove = (tarballs: Readonly<Record<string, string>>, folder: string) => Promise<string>;
const PROOFS: Readonly<Record<string, Prove>> = {
  alone: proveAlone,
  types: proveTypes,
  lint: proveLint,
  registry: proveRegistry,
};

const wanted = process.argv.slice(2);
const folder = temporaryDirectory("nodetcd-packages");
try {
  const tarballs = await pack(join(folder, "packed"));
  for (const [name, prove] of Object.entries(PROOFS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      console.log(`ok   ${name}: ${await prove(tarballs, join(folder, name))}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
