/** The program as a process of its own, as users and harnesses start it. Ended by pid, on loopback only. */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** What runs the program from its source. */
export const PROGRAM: readonly string[] = [
  process.execPath,
  "--conditions=@nodetcd/source",
  "--import",
  import.meta.resolve("tsx"),
  MAIN,
];

const BUILT = fileURLToPath(new URL("../../../../bin/nodetcd", import.meta.url));

/**
 * The built program, built first if it must: for tests that the loader of the source would disturb, which
 * takes many file descriptors, and whose compiler makes standard error blocking for all who share it.
 */
export function builtProgram(): readonly string[] {
  execFileSync(BUILT, ["--version"]);
  return [BUILT];
}

const children: ChildProcess[] = [];
const directories: string[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const path of directories) rmSync(path, { recursive: true, force: true });
});

/** A folder that is removed when the file's tests are over. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "program-test-"));
  directories.push(path);
  return path;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly output: { out: string; err: string };
  readonly exit: Promise<number | null>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs it under this command, such as `["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]`. */
  readonly wrapper?: readonly string[];
  /** Another program, such as real etcd. */
  readonly program?: readonly string[];
  /** User that it runs as. Default: this one. */
  readonly uid?: number;
  /** Default: nothing in, pipes out. */
  readonly stdio?: SpawnOptions["stdio"];
}

export function start(args: readonly string[], options: StartOptions = {}): Running {
  const [command = "", ...rest] = [
    ...(options.wrapper ?? []),
    ...(options.program ?? PROGRAM),
    ...args,
  ];
  // No HOME and nothing else: harnesses give PATH and ETCD_ variables only.
  const child = spawn(command, rest, {
    env: { PATH: process.env["PATH"], ...options.environment },
    stdio: options.stdio ?? ["ignore", "pipe", "pipe"],
    cwd: options.cwd,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  children.push(child);
  const output = { out: "", err: "" };
  child.stdout?.on("data", (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output.err += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output, exit };
}

/** Waits until it has said so; ends with what it has said instead when it stops before. */
export async function said(running: Running, words: string): Promise<void> {
  await expect.poll(() => running.output.err, { interval: 20 }).toContain(words);
}

export const READY = "ready to serve client requests";

/** Its log lines so far, without one that is still coming. */
export function logLines(running: Running): Record<string, unknown>[] {
  return running.output.err
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface MemberProcess extends Running {
  readonly url: string;
  readonly args: readonly string[];
}

/** Flags of a member on its own ports. */
export async function memberArgs(name: string, dataDir: string, url?: string): Promise<string[]> {
  const clientUrl = url ?? `http://127.0.0.1:${await freePort()}`;
  return [
    ["--name", name],
    ["--data-dir", dataDir],
    ["--listen-client-urls", clientUrl],
    ["--advertise-client-urls", clientUrl],
    ["--listen-peer-urls", `http://127.0.0.1:${await freePort()}`],
  ].flat();
}

/** Starts a member and waits until it serves. */
export async function startMember(
  name: string,
  dataDir: string,
  options: StartOptions & { readonly url?: string; readonly flags?: readonly string[] } = {},
): Promise<MemberProcess> {
  const args = [...(await memberArgs(name, dataDir, options.url)), ...(options.flags ?? [])];
  const running = start(args, options);
  await said(running, READY);
  return { ...running, args, url: args[args.indexOf("--listen-client-urls") + 1] ?? "" };
}

/** A program by its variable, such as `ETCDCTL_BIN`, or by its name; undefined, said aloud, without one. */
export function findPeer(variable: string, name: string): string | undefined {
  for (const path of [process.env[variable], name]) {
    if (path === undefined) continue;
    try {
      execFileSync(path, [/^etcd(ctl|utl)$/.test(name) ? "version" : "--version"], {
        stdio: "ignore",
      });
      return path;
    } catch {
      // Not installed, or not runnable.
    }
  }
  console.warn(`MISSING: ${name} (set ${variable} or put it on PATH): a part is left out`);
  return undefined;
}
