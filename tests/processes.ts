/** Programs run to their end, and servers run until told otherwise. Loopback only; ended by pid. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./peers.ts";

/** Exit code, or the name of the signal that ended a process. */
export type ExitStatus = number | string;
export type SignalName = "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGUSR2";

export interface Finished {
  readonly status: ExitStatus;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed. Default 30,000. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** What a child sees of our environment: no `ETCD*` settings of the caller. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("ETCD"));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs a program to its end. Never fails: what went wrong is in `status` and `stderr`. */
export function run(
  path: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      env: cleanEnvironment(options.env),
      stdio: "pipe",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 30_000);
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (error) => stderr.push(Buffer.from(String(error))));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        status: code ?? signal ?? -1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
  });
}

/** Below the range that systems give to outgoing connections, which could take a port meanwhile. */
const FIRST_PORT = 12_000;
const PORTS = 20_000;
const reserved = new Set<number>();

/** A loopback port that was free a moment ago and is not handed out twice by this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (reserved.has(port) || !(await isFree(port))) continue;
    reserved.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A new directory below the system's temporary folder (`NODETCD_TEST_DIR` names another). */
export function temporaryDirectory(prefix: string): string {
  return mkdtempSync(join(process.env["NODETCD_TEST_DIR"] ?? tmpdir(), `${prefix}-`));
}

export interface ServerOptions {
  /** Kept at stop when given; else a temporary one is made, and removed at stop. */
  readonly dataDirectory?: string;
  readonly clientPort?: number;
  readonly peerPort?: number;
  readonly flags?: readonly string[];
  /** `flags` are all: no name, URLs and directory of its own before them. */
  readonly isBare?: true;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until the start is given up. Default 60,000 (a first start may have to build). */
  readonly startTimeoutMs?: number;
  /** Runs the server under this command, such as `["sh", "-c", 'ulimit -f 100; exec "$@"', "sh"]`. */
  readonly wrapper?: readonly string[];
}

/** Servers that run now: they end with this process, however it comes to its end but by SIGKILL. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

export class ServerProcess {
  readonly peer: Peer;
  readonly dataDirectory: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly #child: ChildProcess;
  readonly #ownsDirectory: boolean;
  readonly #log: string[] = [];
  /** Other members of its cluster: they are stopped with it. */
  companions: readonly ServerProcess[] = [];
  /** Resolves with the exit code or signal once the process is gone. */
  readonly exited: Promise<ExitStatus>;
  hasExited = false;

  constructor(peer: Peer, ports: { client: number; peer: number }, options: ServerOptions) {
    this.peer = peer;
    this.clientPort = ports.client;
    this.peerPort = ports.peer;
    this.#ownsDirectory = options.dataDirectory === undefined;
    this.dataDirectory = options.dataDirectory ?? temporaryDirectory("nodetcd-test");
    const [command = "", ...args] = [
      ...(options.wrapper ?? []),
      peer.path,
      ...this.#flags(options),
    ];
    this.#child = spawn(command, args, {
      env: cleanEnvironment(options.env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.#child);
    const keep = (chunk: Buffer): void => {
      this.#log.push(chunk.toString());
      if (this.#log.length > 20_000) this.#log.splice(0, 10_000);
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.exited = new Promise((resolve) => {
      const end = (status: ExitStatus): void => {
        this.hasExited = true;
        running.delete(this.#child);
        resolve(status);
      };
      this.#child.on("error", (error) => (this.#log.push(String(error)), end(-1)));
      this.#child.on("close", (code, signal) => end(code ?? signal ?? -1));
    });
  }

  #flags(options: ServerOptions): string[] {
    if (options.isBare === true) return [...(options.flags ?? [])];
    const peerUrl = `http://127.0.0.1:${this.peerPort}`;
    return [
      "--name=default",
      `--data-dir=${this.dataDirectory}`,
      `--listen-client-urls=${this.url}`,
      `--advertise-client-urls=${this.url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      "--logger=zap",
      ...(options.flags ?? []),
    ];
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get endpoint(): string {
    return `127.0.0.1:${this.clientPort}`;
  }
  get url(): string {
    return `http://${this.endpoint}`;
  }
  /** Everything it has printed so far. */
  get log(): string {
    return this.#log.join("");
  }

  signal(signal: SignalName): void {
    if (!this.hasExited) this.#child.kill(signal);
  }

  /** Waits until `/health` answers 200. Fails with the log's end when it ends or takes too long. */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await isHealthy(this.clientPort))) {
      if (this.hasExited) throw new Error(`${this.peer.path} ended at its start:\n${this.tail()}`);
      if (Date.now() > deadline) {
        this.signal("SIGKILL");
        throw new Error(`${this.peer.path} is not ready after ${timeoutMs} ms:\n${this.tail()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  tail(): string {
    return this.log.split("\n").slice(-15).join("\n");
  }

  /** kill -9: nothing is flushed, nothing is said. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** SIGTERM, then SIGKILL after 10 s; removes a temporary data directory. */
  async stop(): Promise<ExitStatus> {
    await Promise.all(this.companions.map((companion) => companion.stop()));
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), 10_000);
    const status = await this.exited;
    clearTimeout(timer);
    if (this.#ownsDirectory) rmSync(this.dataDirectory, { recursive: true, force: true });
    return status;
  }
}

const START_ATTEMPTS = 3;

/** Starts real etcd or nodetcd as one member and waits until it serves. */
export async function startServer(peer: Peer, options: ServerOptions = {}): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const ports = {
      client: options.clientPort ?? (await freePort()),
      peer: options.peerPort ?? (await freePort()),
    };
    const server = new ServerProcess(peer, ports, options);
    try {
      await server.ready(options.startTimeoutMs ?? 60_000);
      return server;
    } catch (error) {
      await server.stop();
      // Another program was quicker to take one of the ports.
      const isTaken = /address already in use|EADDRINUSE/.test(server.log);
      if (!isTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** Waits for all of them, and lets none run when one has failed. */
export async function allOrNone<T extends { stop(): Promise<unknown> }>(
  starts: readonly Promise<T>[],
): Promise<T[]> {
  const results = await Promise.allSettled(starts);
  const started = results.flatMap((result) =>
    result.status === "fulfilled" ? [result.value] : [],
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return started;
  await Promise.all(started.map((each) => each.stop()));
  throw failed.reason instanceof Error ? failed.reason : new Error(String(failed.reason));
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

export function httpGet(port: number, path: string, timeoutMs = 5000): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: "127.0.0.1", port, path, timeout: timeoutMs, agent: false },
      (answer) => {
        let body = "";
        answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            body,
            contentType: answer.headers["content-type"] ?? "",
          }),
        );
      },
    );
    call.on("timeout", () => call.destroy(new Error(`GET ${path} took more than ${timeoutMs} ms`)));
    call.on("error", reject);
    call.end();
  });
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    return (await httpGet(port, "/health", 2000)).status === 200;
  } catch {
    return false;
  }
}
