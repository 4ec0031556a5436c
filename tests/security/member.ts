/** One member with TLS, real or ours, and the clients that try it. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../peers.ts";
import { cleanEnvironment, freePort, run } from "../processes.ts";

export interface Setting {
  readonly flags: readonly string[];
  /** Of the client URLs, at one port. Default https. */
  readonly schemes?: readonly ("http" | "https")[];
  /** Of the peer URL. Default http. */
  readonly peerScheme?: "https";
  /** Its own certificate at first. Default `server-ecdsa-p256`. */
  readonly own?: string;
}

/** What differs from run to run: addresses, ports, times, temporary folders, serial numbers. */
export function normalise(text: string, folder: string): string {
  return text
    .replaceAll(folder, "FOLDER")
    .replace(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replace(/localhost:\d+/g, "ADDRESS")
    .replace(/(expired or is not yet valid).*/, "$1")
    .replace(/serial [0-9a-f]+/g, "serial N");
}

export class TlsMember {
  readonly port: number;
  readonly folder: string;
  /** Where its own certificate is, to be replaced. */
  readonly own: string;
  readonly metricsPort: number;
  readonly peerPort: number;
  readonly dataDirectory: string;
  readonly #child: ChildProcess;
  #log = "";
  #seen = 0;
  readonly exited: Promise<number | string>;

  private constructor(peer: Peer, setting: Setting, folder: string, work: string, ports: number[]) {
    [this.port = 0, this.peerPort = 0, this.metricsPort = 0] = ports;
    this.folder = folder;
    this.own = join(work, "own");
    this.dataDirectory = join(work, "data");
    mkdirSync(work, { recursive: true });
    this.replace(setting.own ?? "server-ecdsa-p256");
    const { schemes = ["https"] } = setting;
    const urls = schemes.map((scheme) => `${scheme}://127.0.0.1:${this.port}`).join(",");
    const peerUrl = `${setting.peerScheme ?? "http"}://127.0.0.1:${this.peerPort}`;
    this.#child = spawn(
      peer.path,
      [
        `--data-dir=${this.dataDirectory}`,
        `--listen-client-urls=${urls}`,
        `--advertise-client-urls=${urls}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
        ...setting.flags.map((flag) => this.#fill(flag)),
      ],
      { env: cleanEnvironment(), stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
    this.exited = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => resolve(code ?? signal ?? -1));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** `FILES`, `OWN` and `METRICS` in flags stand for places of this member. */
  #fill(flag: string): string {
    return flag
      .replaceAll("FILES", this.folder)
      .replaceAll("OWN", this.own)
      .replaceAll("METRICS", `127.0.0.1:${this.metricsPort}`);
  }

  /** Starts it; resolves when it serves, or has ended. */
  static async start(
    peer: Peer,
    setting: Setting,
    folder: string,
    work: string,
  ): Promise<TlsMember> {
    const ports = [await freePort(), await freePort(), await freePort()];
    const member = new TlsMember(peer, setting, folder, work, ports);
    let over = false;
    void member.exited.then(() => (over = true));
    const end = Date.now() + 60_000;
    while (!over && !member.#log.includes("ready to serve client requests")) {
      if (Date.now() > end) throw new Error(`${peer.path} does not start:\n${member.#log}`);
      await pause(20);
    }
    return member;
  }

  /** Puts another certificate and key in the member's files, as `OWN.crt` and `OWN.key`. */
  replace(name: string): void {
    for (const kind of ["crt", "key"]) {
      copyFileSync(join(this.folder, `${name}.${kind}`), `${this.own}.${kind}`);
    }
  }

  /** What has been logged so far is not looked at again. */
  forget(): void {
    this.#seen = this.#log.length;
  }

  /** Errors of the lines about refused connections since the last call. */
  async rejections(): Promise<string> {
    await pause(300);
    const fresh = this.#log.slice(this.#seen);
    this.#seen = this.#log.length;
    const errors = fresh
      .split("\n")
      .filter((line) => line.includes("rejected connection on"))
      .map((line) => JSON.parse(line) as { level: string; msg: string; error: string })
      .map(({ level, msg, error }) => `${level} ${msg}: ${error}`);
    return [...new Set(errors)].join(" | ");
  }

  /** Whether a line with this text was logged. */
  logged(text: string): boolean {
    return this.#log.includes(text);
  }

  /** `error` of the line with which it has ended, and its exit code. */
  async failure(): Promise<string> {
    const code = await this.exited;
    const errors = [...this.#log.matchAll(/"error":"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text!);
    return `exit ${code}: ${errors.at(-1)?.replaceAll('\\"', '"') ?? this.#log.slice(-200)}`;
  }

  /** etcdctl with TLS: its exit code, and what it says. */
  etcdctl(client: Peer, certificate: string | undefined, ...args: string[]): Promise<string> {
    const own = certificate === undefined ? [] : this.certificate("cert", "key", certificate);
    const ca = `--cacert=${join(this.folder, "ca.crt")}`;
    return this.#etcdctl(client, `https://127.0.0.1:${this.port}`, [ca, ...own, ...args]);
  }

  /** etcdctl that is not told of TLS. */
  plainEtcdctl(client: Peer, ...args: string[]): Promise<string> {
    return this.#etcdctl(client, `127.0.0.1:${this.port}`, args);
  }

  /** What `etcdctl watch` has printed after so many milliseconds. */
  watch(client: Peer, key: string, timeoutMs: number): Promise<string> {
    const args = [`--cacert=${join(this.folder, "ca.crt")}`, "watch", key];
    return this.#etcdctl(client, `https://127.0.0.1:${this.port}`, args, timeoutMs);
  }

  async #etcdctl(
    client: Peer,
    endpoint: string,
    args: readonly string[],
    timeoutMs = 20_000,
  ): Promise<string> {
    const { status, stdout, stderr } = await run(
      client.path,
      [`--endpoints=${endpoint}`, ...args],
      { env: { ETCDCTL_API: "3" }, timeoutMs },
    );
    const said = stderr.split("\n").filter((line) => line.startsWith("Error:"));
    return `exit ${status}: ${stdout.toString()}${said.join("")}`.trim();
  }

  certificate(cert: string, key: string, name: string): string[] {
    const path = (kind: string): string => join(this.folder, `${name}.${kind}`);
    return [`--${cert}=${path("crt")}`, `--${key}=${path("key")}`];
  }

  /** curl's exit code and what it got. */
  async curl(url: string, ...args: string[]): Promise<string> {
    const all = ["-s", "-m", "5", "--cacert", join(this.folder, "ca.crt"), ...args, url];
    const { status, stdout } = await run("curl", all);
    return `exit ${status}: ${stdout.toString().trim()}`;
  }

  /** A handshake by openssl: what was agreed, and whether `/version` was served; or the alert. */
  async openssl(...args: string[]): Promise<string> {
    const connect = ["s_client", "-connect", `127.0.0.1:${this.port}`, "-ign_eof"];
    const { stdout, stderr } = await run("openssl", [...connect, ...args], {
      stdin: "GET /version HTTP/1.0\r\n\r\n",
      timeoutMs: 3_000,
    });
    const text = stdout.toString() + stderr;
    const alert = /alert number (\d+)/.exec(text)?.[1];
    if (alert !== undefined) return `alert ${alert}`;
    const version = /New, (TLSv[\d.]+)/.exec(text)?.[1] ?? "none";
    const subject = /subject=(.*)/.exec(text)?.[1] ?? "no certificate";
    return `${version}, ${subject}, ${text.includes("etcdserver") ? "served" : "not served"}`;
  }

  /** Suites of TLS 1.2, of all that openssl has, with which a handshake comes about. */
  async suites(): Promise<string[]> {
    const all = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    const { stdout } = await run("openssl", ["ciphers", "-tls1_2", "-s", all]);
    const taken: string[] = [];
    for (const suite of stdout.toString().trim().split(":")) {
      const said = await this.openssl("-tls1_2", "-cipher", `${suite}:@SECLEVEL=0`);
      if (!/^alert|^none/.test(said)) taken.push(suite);
    }
    return taken;
  }

  /** Whether a second handshake takes up the session of a first one. */
  async resumes(): Promise<string> {
    const session = `${this.own}.session`;
    const connect = ["s_client", "-connect", `127.0.0.1:${this.port}`, "-tls1_2"];
    await run("openssl", [...connect, "-sess_out", session]);
    const { stdout } = await run("openssl", [...connect, "-sess_in", session]);
    return /^(New|Reused),/m.exec(stdout.toString())?.[1] ?? "no session";
  }

  /** What becomes of a connection whose client asks for another handshake. */
  async renegotiates(): Promise<string> {
    const connect = ["s_client", "-connect", `127.0.0.1:${this.port}`, "-tls1_2"];
    const { stdout, stderr } = await run("openssl", connect, { stdin: "R\n", timeoutMs: 3_000 });
    const text = stdout.toString() + stderr;
    if (!text.includes("RENEGOTIATING")) return "not asked";
    return /no renegotiation|alert number \d+/.test(text) ? "refused" : "done";
  }

  /** What openssl says was agreed on by ALPN. */
  async alpn(offer: string): Promise<string> {
    const connect = ["s_client", "-connect", `127.0.0.1:${this.port}`, "-alpn", offer];
    const { stdout, stderr } = await run("openssl", connect, { timeoutMs: 3_000 });
    const text = stdout.toString() + stderr;
    const alert = /alert number (\d+)/.exec(text)?.[1];
    return alert ? `alert ${alert}` : (/ALPN protocol: (\S+)/.exec(text)?.[1] ?? "none");
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.exited;
    clearTimeout(timer);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
