import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sayMissing } from "../peers.ts";
import { install } from "./steps.ts";

/** The Node binary of a major version: this one, or from npm, kept where `scripts/test-on-nodes.sh` keeps them. */
export async function nodeOfLine(major: string): Promise<string | undefined> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = join(process.env["NODES_DIR"] ?? join(tmpdir(), "nodetcd-nodes"), major);
  const name = `node-linux-${process.arch}`;
  const node = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(node) || (await install(folder, [`${name}@${major}`]))) return node;
  sayMissing(`Node ${major}`);
  return undefined;
}
