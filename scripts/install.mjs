// Makes a fresh clone ready: installs the locked dependencies unless they are there already.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installed = join(root, "node_modules", ".package-lock.json");
const lock = join(root, "package-lock.json");
const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [major, minor] = process.versions.node.split(".").map(Number);
const [neededMajor, neededMinor] = engines.node.replace(">=", "").split(".").map(Number);
if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  console.error(`nodetcd needs Node.js ${engines.node}; this is ${process.versions.node}`);
  process.exit(1);
}
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund"];
  const run = spawnSync(npm, args, { cwd: root, stdio: ["ignore", 2, 2] });
  process.exitCode = run.status ?? 1;
}
