/** Compactors of a cluster as processes, and what the cluster itself shows of their rounds. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Client } from "@nodetcd/client";
import { COMPACT_KEY } from "@nodetcd/compactor";
import type { Peer } from "../peers.ts";
import { cleanEnvironment } from "../processes.ts";

/** One round that somebody won. Times are milliseconds of this process' clock. */
export interface Win {
  readonly at: number;
  readonly clock: number;
  /** The revision chosen; 0 in the first round. */
  readonly revision: number;
  /** When the store had this revision. */
  readonly writtenAt: number;
}

const WRITE_MS = 20;

/** Writes all the time, and sees each win in a watch. */
export class WinWatch {
  readonly wins: Win[] = [];
  readonly #client: Client;
  readonly #writtenAt = new Map<number, number>();
  readonly #stop = new AbortController();
  readonly #ends: Promise<unknown>[];

  constructor(client: Client) {
    this.#client = client;
    this.#ends = [this.#watch(), this.#write()];
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    for await (const { keyValue } of this.#client.watch(COMPACT_KEY, { signal })) {
      const revision = Number(keyValue.text());
      const writtenAt = this.#timeOf(revision);
      this.wins.push({ at: Date.now(), clock: keyValue.version, revision, writtenAt });
    }
  }

  async #write(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { revision } = await this.#client.put("noise", String(Date.now()));
      this.#writtenAt.set(revision, Date.now());
      await new Promise((resolve) => setTimeout(resolve, WRITE_MS));
    }
  }

  /** When the newest own write up to this revision was made: others write as well. */
  #timeOf(revision: number): number {
    for (let at = revision; at > 0; at--) {
      const time = this.#writtenAt.get(at);
      if (time !== undefined) return time;
    }
    return Date.now();
  }

  /** Waits for this many wins in all. */
  async until(count: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.wins.length < count) {
      if (Date.now() > deadline) throw new Error(`${this.wins.length} wins instead of ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#ends);
  }
}

/** `nodetcd compactor`. */
export class CompactorProcess {
  readonly #child: ChildProcess;
  #log = "";

  constructor(program: Peer, endpoints: string, interval: string) {
    const flags = ["--endpoints", endpoints, "--interval", interval, "--log-format", "json"];
    this.#child = spawn(program.path, ["compactor", ...flags], {
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
    process.on("exit", () => this.#child.kill("SIGKILL"));
  }

  /** Values of the logical clock of the rounds that it says it has won. */
  get clocks(): number[] {
    return this.#lines
      .filter(
        ({ msg }) => /won the (first )?round/.test(String(msg)) && !/another/.test(String(msg)),
      )
      .map(({ clock }) => Number(clock));
  }

  get errors(): string[] {
    return this.#lines.filter(({ level }) => level === "error").map((line) => JSON.stringify(line));
  }

  get #lines(): Record<string, unknown>[] {
    const lines = this.#log.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }
}
