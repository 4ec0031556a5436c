/** Kubernetes' own programs on an etcd, without kubelets: objects are made, scheduled and counted, not run. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { type Finished, run } from "../processes.ts";

const TOKEN = "nodetcd-test";
const START_TIMEOUT_MS = 120_000;

export interface ApiReply {
  /** HTTP status; 0 when no reply came. */
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface ControlPlaneOptions {
  /** Folder of the programs, as `build-control-plane.sh` makes it. */
  readonly programs: string;
  /** An empty folder for keys, certificates and logs. */
  readonly folder: string;
  /** Several with commas between. */
  readonly etcdUrl: string;
  readonly port: number;
  /** More flags of the API server. */
  readonly flags?: readonly string[];
  /** Flags of the controllers, in place of the usual choice of controllers. */
  readonly controllerFlags?: readonly string[];
}

export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #children = new Map<string, ChildProcess>();
  /** The certificate is the server's own, made at its start. */
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** Starts the API server, waits until it is ready, then the controllers and the scheduler. */
  async start(): Promise<void> {
    await this.startApiServer();
    this.startControllers();
    this.#spawn("kube-scheduler", this.#clientFlags);
  }

  startControllers(): void {
    // Nodes stay ready although no kubelet says so.
    const { controllerFlags = ["--controllers=*,-node-lifecycle-controller"] } = this.#options;
    this.#spawn("kube-controller-manager", [
      ...this.#clientFlags,
      `--service-account-private-key-file=${this.#serviceAccountKey}`,
      ...controllerFlags,
    ]);
  }

  get #clientFlags(): string[] {
    return [`--kubeconfig=${this.kubeconfig}`, "--secure-port=0"];
  }

  get url(): string {
    return `https://127.0.0.1:${this.#options.port}`;
  }

  /** Of a user who may do everything. */
  readonly token = TOKEN;

  /** Starts the API server alone and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const { folder, etcdUrl, port, flags = [] } = this.#options;
    const key = this.#serviceAccountKey;
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(join(folder, "tokens.csv"), `${TOKEN},admin,1,"system:masters"\n`);
    writeFileSync(this.kubeconfig, kubeconfig(port));
    this.#spawn("kube-apiserver", [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, "certificates")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      "--service-cluster-ip-range=10.0.0.0/24",
      "--authorization-mode=AlwaysAllow",
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--endpoint-reconciler-type=none",
      "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
      ...flags,
    ]);
    await this.until("the API server to be ready", START_TIMEOUT_MS, async () => {
      return (await this.call("GET", "/readyz")).status === 200;
    });
  }

  /** kill -9. */
  kill(program: string): void {
    this.#children.get(program)?.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const children = [...this.#children.values()].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const ends = children.map((child) => new Promise((resolve) => child.once("close", resolve)));
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(ends);
  }

  /** Runs kubectl to its end. */
  kubectl(args: readonly string[], stdin = ""): Promise<Finished> {
    const path = join(this.#options.programs, "kubectl");
    return run(path, [`--kubeconfig=${this.kubeconfig}`, ...args], { stdin, timeoutMs: 60_000 });
  }

  /** One call of the API server. Never fails: status 0 says that no reply came. */
  call(method: string, path: string, body?: object): Promise<ApiReply> {
    return new Promise((resolve) => {
      const none = (): void => resolve({ status: 0, body: {} });
      const call = request(
        {
          host: "127.0.0.1",
          port: this.#options.port,
          method,
          path,
          agent: this.#agent,
          timeout: 60_000,
          headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", none);
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) });
          });
        },
      );
      call.on("error", none);
      call.on("timeout", () => call.destroy());
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Asks every quarter of a second; fails with the end of the API server's log. */
  async until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await holds())) {
      const ended = [...this.#children].find(([, child]) => child.exitCode !== null);
      const why = ended === undefined ? `after ${timeoutMs} ms` : `${ended[0]} has ended`;
      if (ended !== undefined || Date.now() > deadline) {
        throw new Error(`Waited for ${what}: ${why}\n${this.logTail(ended?.[0])}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  logTail(program = "kube-apiserver"): string {
    const log = join(this.#options.folder, `${program}.log`);
    return existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(-15).join("\n") : "";
  }

  get #serviceAccountKey(): string {
    return join(this.#options.folder, "service-account.key");
  }

  get kubeconfig(): string {
    return join(this.#options.folder, "kubeconfig");
  }

  #spawn(program: string, args: readonly string[]): void {
    const log = openSync(join(this.#options.folder, `${program}.log`), "a");
    const child = spawn(join(this.#options.programs, program), args, {
      cwd: this.#options.folder,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#children.set(program, child);
    process.on("exit", () => child.kill("SIGKILL"));
  }
}

function kubeconfig(port: number): string {
  const server = `https://127.0.0.1:${port}`;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token: TOKEN } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
    "current-context": "test",
  });
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    return { text: body.toString() };
  }
}
