/** A publish to a registry of our own (verdaccio), and an install from it, with the three tests of a new user. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, httpGet } from "../processes.ts";
import { install, step, tools } from "./steps.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

export async function proveRegistry(
  tarballs: Readonly<Record<string, string>>,
  folder: string,
): Promise<string> {
  const found = await tools("verdaccio");
  if (found === undefined) return "left out";
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const registry = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, "verdaccio.yaml"), await configuration(folder));
  const args = ["--config", join(folder, "verdaccio.yaml"), "--listen", `127.0.0.1:${port}`];
  const server = spawn(process.execPath, [join(found, "verdaccio", "bin", "verdaccio"), ...args], {
    stdio: "ignore",
  });
  try {
    await ready(port);
    const userconfig = join(folder, "npmrc");
    writeFileSync(userconfig, `registry=${registry}/\n//127.0.0.1:${port}/:_authToken=rehearsal\n`);
    const npm = ["--userconfig", userconfig, "--registry", registry];
    for (const tarball of Object.values(tarballs)) {
      await step("npm", ["publish", tarball, "--access", "public", ...npm], { cwd: folder });
    }
    const project = join(folder, "project");
    if (!(await install(project, ["nodetcd"], npm))) throw new Error("it cannot be installed");
    copyFileSync(join(HERE, "three", "nodetcd.test.mjs"), join(project, "nodetcd.test.mjs"));
    await step(process.execPath, ["--test", "nodetcd.test.mjs"], { cwd: project });
    return `${Object.keys(tarballs).length} packages published; npm install nodetcd, and three tests of a new user pass`;
  } finally {
    server.kill();
  }
}

/** Packages of others come from where npm has them. */
async function configuration(folder: string): Promise<string> {
  const upstream = await step("npm", ["config", "get", "registry"], { cwd: folder });
  return `
storage: ${join(folder, "storage")}
uplinks: { npm: { url: "${upstream}" } }
packages:
  "@nodetcd/*": { access: $all, publish: $all }
  nodetcd: { access: $all, publish: $all }
  "**": { access: $all, proxy: npm }
log: { type: stdout, level: error }
`;
}

async function ready(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      if ((await httpGet(port, "/-/ping")).status === 200) return;
    } catch (error) {
      if (tries === 300) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
