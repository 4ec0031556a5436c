/** `nodetcd jobs` as a process of its own: API, controllers, worker and an embedded member. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer, sayMissing } from "../peers.ts";
import { cleanEnvironment, freePort, httpGet } from "../processes.ts";

const START_TIMEOUT_MS = 300_000;

export interface JobsServerOptions {
  /** An empty folder for its data, its log and a kubeconfig. */
  readonly folder: string;
  /** More flags of `nodetcd jobs`. */
  readonly flags?: readonly string[];
  /** `/bin/sh` of its containers is bash, which knows `[[` and `$RANDOM` as busybox' shell does. */
  readonly bash?: true;
}

export class JobsServer {
  readonly url: string;
  readonly kubeconfig: string;
  readonly #log: string;
  readonly #child: ChildProcess;

  private constructor(
    { folder, flags = [], bash }: JobsServerOptions,
    program: string,
    port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.kubeconfig = join(folder, "kubeconfig");
    this.#log = join(folder, "jobs.log");
    writeFileSync(this.kubeconfig, kubeconfigOf(this.url));
    mkdirSync(join(folder, "data"), { recursive: true });
    const args = ["jobs", `--data-dir=${join(folder, "data")}`, `--listen=127.0.0.1:${port}`];
    const command = [...(bash === true ? withBash() : []), program, ...args, ...flags];
    const log = openSync(this.#log, "a");
    this.#child = spawn(command[0]!, command.slice(1), {
      env: cleanEnvironment(),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    process.on("exit", () => this.#child.kill("SIGKILL"));
  }

  /** Starts it and waits until it answers. Undefined, said aloud, where this machine cannot. */
  static async start(options: JobsServerOptions): Promise<JobsServer | undefined> {
    const nodetcd = peer("nodetcd");
    if (nodetcd === undefined || (options.bash === true && !canHaveBash())) return undefined;
    const port = await freePort();
    const server = new JobsServer(options, nodetcd.path, port);
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const answer = await httpGet(port, "/version").catch(() => undefined);
      if (answer?.status === 200) return server;
      if (server.#child.exitCode !== null || Date.now() > deadline) {
        await server.stop();
        throw new Error(`nodetcd jobs did not start:\n${server.logTail()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  logTail(): string {
    return readFileSync(this.#log, "utf8").split("\n").slice(-15).join("\n");
  }

  /** SIGTERM, then SIGKILL after 10 s. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await closed;
    clearTimeout(timer);
  }
}

/** A kubeconfig without users. */
export function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "jobs", cluster: { server } }],
    contexts: [{ name: "jobs", context: { cluster: "jobs", user: "" } }],
    "current-context": "jobs",
  });
}

/** A mount namespace in which the system's shell is bash. */
function withBash(): string[] {
  const namespace = process.getuid?.() === 0 ? ["unshare", "-m"] : ["unshare", "-Urm"];
  const script = 'mount --bind "$(command -v bash)" "$(readlink -f /bin/sh)" && exec "$@"';
  return [...namespace, "--propagation", "private", "sh", "-c", script, "sh"];
}

function canHaveBash(): boolean {
  const { status } = spawnSync("sh", ["-c", 'exec "$@"', "sh", ...withBash(), "true"]);
  if (status !== 0) sayMissing("bash as /bin/sh of containers (needs bash, unshare and mount)");
  return status === 0;
}
