/** Three controllers, three workers and an API, each a `nodetcd jobs` of its own, on one cluster. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../../peers.ts";
import { freePort, ServerProcess } from "../../processes.ts";

const PART = join(import.meta.dirname, "part.ts");

export interface CompanyOptions {
  readonly endpoints: readonly string[];
  /** Where workers keep their folders. */
  readonly folder: string;
  readonly speed: number;
  /** Wall time in milliseconds at which the compressed clock began. */
  readonly start: number;
  /** How many of controllers and of workers. */
  readonly each: number;
}

/** A part, running or not. */
export class Part {
  readonly name: string;
  readonly kind: "api" | "controllers" | "worker";
  readonly #flags: readonly string[];
  readonly #port: number;
  process: ServerProcess | undefined;
  /** `performance.now()` of its last start. */
  startedAt = 0;

  constructor(name: string, kind: Part["kind"], flags: readonly string[], port: number) {
    this.name = name;
    this.kind = kind;
    this.#flags = flags;
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get isRunning(): boolean {
    return this.process?.hasExited === false;
  }

  start(): void {
    if (this.isRunning) return;
    // Named by the built packages: a source tree would take seconds to start.
    const peer: Peer = { name: "nodetcd", path: process.execPath, version: "" };
    const flags = ["--import", "tsx", PART, ...this.#flags];
    const ports = { client: this.#port, peer: 0 };
    const options = { flags, isBare: true, dataDirectory: "/nonexistent" } as const;
    this.process = new ServerProcess(peer, ports, options);
    this.startedAt = performance.now();
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }
}

export class Company {
  readonly parts: readonly Part[];
  readonly #folder: string;

  private constructor(parts: readonly Part[], folder: string) {
    this.parts = parts;
    this.#folder = folder;
  }

  static async found({ endpoints, folder, speed, start, each }: CompanyOptions): Promise<Company> {
    const parts: Part[] = [];
    const add = async (name: string, kind: Part["kind"]): Promise<void> => {
      const port = await freePort();
      const flags = [
        String(speed),
        String(start),
        String(start),
        `--etcd-servers=${endpoints.join()}`,
        `--${kind}`,
        `--node-name=${name}`,
        `--data-dir=${join(folder, name)}`,
        `--listen=127.0.0.1:${port}`,
      ];
      parts.push(new Part(name, kind, flags, port));
    };
    await add("api", "api");
    for (let i = 1; i <= each; i++) {
      await add(`c${i}`, "controllers");
      await add(`w${i}`, "worker");
    }
    for (const part of parts) part.start();
    return new Company(parts, folder);
  }

  of(kind: Part["kind"]): Part[] {
    return this.parts.filter((part) => part.kind === kind);
  }

  part(name: string): Part | undefined {
    return this.parts.find((part) => part.name === name);
  }

  /** Ends all of them, and forgets what they kept. */
  async end(): Promise<void> {
    for (const part of this.parts) part.process?.signal("SIGCONT");
    await Promise.all(this.parts.map((part) => part.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
