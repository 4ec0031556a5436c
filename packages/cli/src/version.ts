import { readFileSync } from "node:fs";
import * as os from "node:os";

/** The etcd version whose behaviour nodetcd has; harnesses choose flag spellings by it. */
export const ETCD_VERSION = "3.7.1";

/** Go's names of platforms, where they differ from Node's. */
const GO_ARCH: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm: "arm" };
const GO_OS: Readonly<Record<string, string>> = { win32: "windows" };

/** What this package's package.json says. */
interface Manifest {
  readonly version: string;
  /** `node`: the oldest that will do, as `>=20.19`. */
  readonly engines: { readonly node: string };
}

/** Reads the package.json of this package. */
export function manifest(): Manifest {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return JSON.parse(text) as Manifest;
}

/** The version of this package. */
export function ownVersion(): string {
  return manifest().version;
}

/** The lines of `etcd --version`, and ours below. */
export function versionText(): string {
  const platform = `${GO_OS[os.platform()] ?? os.platform()}/${GO_ARCH[os.arch()] ?? os.arch()}`;
  return [
    `etcd Version: ${ETCD_VERSION}`,
    "Git SHA: none (nodetcd)",
    `Go Version: none (Node.js ${process.version})`,
    `Go OS/Arch: ${platform}`,
    `nodetcd Version: ${ownVersion()}`,
    "",
  ].join("\n");
}
