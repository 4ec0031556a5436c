/** Real programs that the whole-system tests talk to, and how they are found. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)));

export type PeerName =
  "etcd" | "etcd36" | "etcdctl" | "etcdutl" | "bbolt" | "h2spec" | "h2load" | "nodetcd";

export interface Peer {
  readonly name: PeerName;
  readonly path: string;
  /** Words in front of each of its command lines, such as `ctl`. Default: none. */
  readonly args?: readonly string[];
  /** As the program says it, such as `3.7.1`; "unknown" when it does not. */
  readonly version: string;
}

/** How to ask each program for its version, and where in the answer it stands. */
const VERSION_OF: Record<PeerName, { readonly args: string[]; readonly pattern: RegExp }> = {
  etcd: { args: ["--version"], pattern: /etcd Version: (\S+)/ },
  etcd36: { args: ["--version"], pattern: /etcd Version: (\S+)/ },
  etcdctl: { args: ["version"], pattern: /etcdctl version: (\S+)/ },
  etcdutl: { args: ["version"], pattern: /etcdutl version: (\S+)/ },
  bbolt: { args: ["version"], pattern: /bbolt Version: (\S+)/ },
  h2spec: { args: ["--version"], pattern: /Version: (\S+)/ },
  h2load: { args: ["--version"], pattern: /nghttp2\/(\S+)/ },
  nodetcd: { args: ["--version"], pattern: /nodetcd Version: (\S+)/i },
};

/** The etcd version whose command lines nodetcd has. */
const CTL_VERSION = "3.7.1";

const said = new Set<string>();

/** Says once in a run what is missing, so that a part that was left out is not taken as proven. */
export function sayMissing(what: string): void {
  if (said.has(what)) return;
  said.add(what);
  console.warn(`MISSING: ${what}`);
}

/**
 * The program called `name`: from `<NAME>_BIN` (such as `ETCD_BIN`), else from PATH; nodetcd from
 * this tree unless `NODETCD_BIN` names another. Undefined, and said aloud, when there is none.
 */
export function peer(name: PeerName): Peer | undefined {
  const found = peers(name)[0];
  if (found === undefined) sayMissing(`${name} (set ${variableOf(name)} or put it on PATH)`);
  return found;
}

/** Every different version of the program at hand: the named one first, then the one on PATH. */
export function peers(name: PeerName): Peer[] {
  const named = process.env[variableOf(name)];
  const candidates = name === "nodetcd" ? [join(ROOT, "bin", "nodetcd")] : onPath(name);
  const found: Peer[] = [];
  for (const path of named ? [named, ...(name === "nodetcd" ? [] : candidates)] : candidates) {
    if (!isExecutable(path)) continue;
    const version = askVersion(name, path);
    if (version !== undefined && !found.some((other) => other.version === version)) {
      found.push({ name, path, version });
    }
  }
  return found;
}

/** `nodetcd ctl` in the place of the etcdctl whose behaviour it has. */
export function ctlOf(nodetcd: Peer): Peer {
  return { name: "etcdctl", path: nodetcd.path, args: ["ctl"], version: CTL_VERSION };
}

/** `nodetcd utl` in the place of the etcdutl whose behaviour it has. */
export function utlOf(nodetcd: Peer): Peer {
  return { name: "etcdutl", path: nodetcd.path, args: ["utl"], version: CTL_VERSION };
}

/** Whether `version` is at least `wanted`; both as `major.minor[.patch]`. */
export function isAtLeast(version: string, wanted: string): boolean {
  const have = version.split(/[.-]/).map(Number);
  for (const [place, number] of wanted.split(".").map(Number).entries()) {
    const mine = have[place] ?? 0;
    if (mine !== number) return mine > number;
  }
  return true;
}

function variableOf(name: PeerName): string {
  return `${name.toUpperCase()}_BIN`;
}

function onPath(name: string): string[] {
  return (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, name));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function askVersion(name: PeerName, path: string): string | undefined {
  const { args, pattern } = VERSION_OF[name];
  const answer = spawnSync(path, args, { encoding: "utf8", timeout: 120_000 });
  if (answer.error) return undefined;
  return pattern.exec(`${answer.stdout}\n${answer.stderr}`)?.[1] ?? "unknown";
}
